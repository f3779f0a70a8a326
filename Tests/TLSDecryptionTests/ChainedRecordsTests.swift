import TLSDecryption
import TestSupport
import Testing
import WireFormat

/// Records of TLS 1.0 are chained: the first block of one depends on the last block of the record before (RFC 2246
/// 6.2.3.2), which an HMAC of the encrypted bytes does not cover (RFC 7366 3).
@Suite("Records of TLS 1.0 after lost bytes")
struct ChainedRecordsTests {
    private static let names = RecordedSession.names.filter { $0.hasPrefix("tls10") } + ["websocket-tls10"]

    /// A piece whose first record has another byte, counted from the record's end.
    ///
    /// In all but the last session, OpenSSL sends the first byte of data in a record of its own.
    private static func damaged(_ piece: [UInt8], fromEnd: Int) -> [UInt8] {
        var bytes = piece
        let end = 5 + (Int(bytes[3]) << 8 | Int(bytes[4]))
        if end - fromEnd >= 5 { bytes[end - fromEnd] ^= 1 }
        return bytes
    }

    /// The last block before an HMAC of SHA-1 or SHA-384, or before the end, is the one that matters.
    @Test("show no wrong byte if what comes right before them is damaged", arguments: names, [1, 21, 49])
    func damaged(name: String, fromEnd: Int) throws {
        let session = try RecordedSession(name)
        for lost in session.pieces.indices {
            let direction = session.pieces[lost].direction
            let damaged = session.pieces.indices.first { $0 > lost && session.pieces[$0].direction == direction }
            let reading = Reading(session.secrets)
            for (index, piece) in session.pieces.enumerated() {
                if index == lost {
                    reading.lose(piece.bytes.count, direction)
                } else {
                    let isDamaged = index == damaged
                    reading.receive(
                        isDamaged ? Self.damaged(piece.bytes, fromEnd: fromEnd) : piece.bytes, piece.direction)
                }
            }
            reading.finish()
            #expect(TLSGapTests.isTrue(reading, session, direction), "piece \(lost) lost")
        }
    }

    @Test("show no wrong byte if a record before them lacks bytes, Finished among others", arguments: names)
    func insideRecord(name: String) throws {
        let session = try RecordedSession(name)
        for lost in session.pieces.indices where session.pieces[lost].bytes.count > 40 {
            let direction = session.pieces[lost].direction
            let reading = Reading(session.secrets)
            for (index, piece) in session.pieces.enumerated() {
                if index == lost {
                    reading.receive(piece.bytes.dropLast(30), direction)
                    reading.lose(10, direction)
                    reading.receive(piece.bytes.suffix(20), direction)
                } else {
                    reading.receive(piece.bytes, piece.direction)
                }
            }
            reading.finish()
            #expect(TLSGapTests.isTrue(reading, session, direction), "piece \(lost)")
        }
    }
}
