import CLiveBytes
import TLSDecryption
import TestSupport
import Testing
import WireFormat

/// The memory of 100,000 idle connections in TLS must not depend on their cipher.
@Suite("A connection inside TLS keeps")
struct EncryptedConnectionMemoryTests {
    private final class Connection {
        var reader: TLSReader

        init(_ bench: CipherBench) {
            reader = TLSReader(bench: bench)
        }
    }

    /// The heap bytes for each of many connections that have exchanged data, as the allocator counts them.
    private static func bytes(_ session: RecordedSession) -> Int {
        let store = SecretStore()
        store.add(Array(session.keyLog.utf8))
        let bench = CipherBench(secrets: store)
        let count = 4096
        var connections: [Connection] = []
        connections.reserveCapacity(count)
        var start = 0
        // The first few fill what all connections share.
        for number in 0..<(count + 64) {
            if number == 64 { start = live_bytes() }
            let connection = Connection(bench)
            var packet: UInt64 = 0
            // Everything but both close_notify alerts.
            for piece in session.pieces.dropLast(2) {
                packet += 1
                var output = TLSOutput()
                let origin = Origin(packet: packet, time: Timestamp(nanoseconds: Int64(packet)))
                let place = RecordPlace(
                    direction: piece.direction, origin: origin, carrier: 0..<UInt64(piece.bytes.count))
                connection.reader.receive(piece.bytes.span, at: place, into: &output)
            }
            precondition(connection.reader.isDecrypted)
            if number >= 64 { connections.append(connection) }
        }
        return (live_bytes() - start) / connections.count
    }

    @Test(
        "no more with CBC than with AES-GCM, except with one suite",
        arguments: [
            "tls12-aes128cbc-sha1-etm", "tls12-aes128cbc-sha256-mte", "tls12-aes256cbc-sha1-mte",
            "tls11-aes128cbc-sha1", "tls10-aes128cbc-sha1-etm", "tls10-aes256cbc-sha1-mte",
            "tls12-aes256cbc-sha384-etm", "tls10-aes128cbc-sha256-mte", "tls10-aes256cbc-sha384-etm",
        ])
    func chains(name: String) async {
        // A separate process, so that the heap is its alone.
        await #expect(processExitsWith: .success) { [name = name as String] in
            let known = try Self.bytes(RecordedSession("tls12-aes128gcm"))
            let bytes = try Self.bytes(RecordedSession(name))
            // The IV of TLS 1.0 takes the room that the end of a SHA-384 key needs.
            let more = name.hasPrefix("tls10") && name.contains("sha384") ? 96 : 4
            precondition(bytes <= known + more, "\(bytes), and \(known) with AES-GCM")
        }
    }
}
