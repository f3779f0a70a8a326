import TLSDecryption
import TestSupport
import Testing
import WireFormat

@Suite("TLS connections of which bytes are missing")
struct TLSGapTests {
    /// Whether the decrypted bytes are the sent ones: in order, and each at its offset unless a gap of unknown length
    /// comes before it.
    static func isTrue(_ reading: Reading, _ session: RecordedSession, _ direction: Direction) -> Bool {
        let (read, sent) = (reading.plaintext[direction.index], session.plaintext[direction.index])
        let gaps = reading.unknownGaps[direction.index]
        guard let first = gaps.first else {
            return read.count <= sent.count && zip(read, sent).allSatisfy { $0 == nil || $0 == $1 }
        }
        guard first <= sent.count, zip(read[..<first], sent).allSatisfy({ $0 == nil || $0 == $1 }) else { return false }
        // Bytes after the last gap of unknown length are at the end, where both agree, or anywhere.
        let tail = Array(read[(gaps.last ?? first)...])
        guard !tail.isEmpty else { return true }
        return (0...max(0, sent.count - tail.count)).contains { start in
            start + tail.count <= sent.count && zip(tail, sent[start...]).allSatisfy { $0 == nil || $0 == $1 }
        }
    }

    private static func read(_ session: RecordedSession, without lost: Int, cut: Int = .max) -> Reading {
        let reading = Reading(session.secrets)
        for (index, piece) in session.pieces.enumerated() {
            if index == lost {
                reading.lose(piece.bytes.count, piece.direction)
            } else {
                reading.receive(piece.bytes, piece.direction)
            }
        }
        reading.finish()
        return reading
    }

    @Test("go on after each lost piece", arguments: RecordedSession.names)
    func pieces(name: String) throws {
        let session = try RecordedSession(name)
        for lost in session.pieces.indices {
            let reading = Self.read(session, without: lost)
            for direction in Direction.allCases {
                #expect(Self.isTrue(reading, session, direction), "\(direction), piece \(lost) lost")
            }
            // Data, and both close_notify: earlier pieces may be handshake.
            guard lost >= session.pieces.count - 12 else { continue }
            let direction = session.pieces[lost].direction
            #expect(reading.known(direction.opposite) == session.plaintext[direction.opposite.index], "piece \(lost)")
            guard lost < session.pieces.count - 4 else { continue }
            // The last message of the direction is decrypted.
            #expect(reading.plaintext[direction.index].last == session.plaintext[direction.index].last, "piece \(lost)")
            #expect(reading.alerts.count == 2, "piece \(lost)")
        }
    }

    @Test(
        "count what an AEAD hides in lost records", arguments: ["tls13-aes128gcm", "tls12-aes256gcm", "tls13-chacha20"])
    func exactGaps(name: String) throws {
        let session = try RecordedSession(name)
        let reading = Reading(session.secrets)
        let direction = Direction.fromResponder
        // Three consecutive data records of the server's stream, lost in one gap.
        let own = session.pieces.indices.filter { session.pieces[$0].direction == direction }.suffix(5).prefix(3)
        for (index, piece) in session.pieces.enumerated() {
            if own.contains(index) {
                reading.lose(piece.bytes.count, direction)
            } else {
                reading.receive(piece.bytes, piece.direction)
            }
        }
        reading.finish()
        #expect(reading.unknownGaps[1].isEmpty)
        let sent = session.plaintext[1]
        #expect(reading.plaintext[1].count == sent.count)
        #expect(zip(reading.plaintext[1], sent).allSatisfy { $0 == nil || $0 == $1 })
        #expect(reading.plaintext[1].contains { $0 == nil } && reading.plaintext[1].last == sent.last)
    }

    @Test(
        "lose one record if the gap is inside it", arguments: ["tls13-aes128gcm", "tls12-aes128gcm", "tls12-chacha20"])
    func insideRecord(name: String) throws {
        let session = try RecordedSession(name)
        let reading = Reading(session.secrets)
        let lost = session.pieces.count - 5
        for (index, piece) in session.pieces.enumerated() {
            guard index == lost else {
                reading.receive(piece.bytes, piece.direction)
                continue
            }
            reading.receive(piece.bytes.prefix(20), piece.direction)
            reading.lose(30, piece.direction)
            reading.receive(piece.bytes.dropFirst(50), piece.direction)
        }
        reading.finish()
        let direction = session.pieces[lost].direction
        #expect(reading.unknownGaps == [[], []] && reading.problems.isEmpty)
        #expect(reading.plaintext[direction.index].count == session.plaintext[direction.index].count)
        #expect(Self.isTrue(reading, session, direction))
    }

    @Test("that began before the capture are found by the key log", arguments: ["tls13-aes128gcm", "tls13-aes256gcm"])
    func midstream(name: String) throws {
        let session = try RecordedSession(name)
        let others = try RecordedSession(name == "tls13-aes128gcm" ? "tls13-resumed" : "tls13-chacha20")
        let store = SecretStore()
        store.add(Array((others.keyLog + session.keyLog).utf8))
        let reading = Reading(store, beginsMidstream: true)
        // From the middle of the data on, and from the middle of a record.
        let start = session.pieces.count - 9
        reading.receive(session.pieces[start].bytes.dropFirst(3), session.pieces[start].direction)
        for piece in session.pieces[(start + 1)...] { reading.receive(piece.bytes, piece.direction) }
        reading.finish()
        for direction in Direction.allCases {
            let known = reading.known(direction)
            #expect(known.count > 400 && known == session.plaintext[direction.index].suffix(known.count))
        }
        #expect(reading.reader.client == .fromInitiator && reading.alerts.count == 2)
        #expect(reading.reader.facts.suite?.name == session.suite)
    }

    @Test("that began before the capture are found again once enough follows the last trials")
    func furtherTrials() throws {
        let session = try RecordedSession("tls13-aes128gcm")
        let bench = CipherBench(secrets: session.secrets)
        bench.trials.secrets = 0
        bench.trials.lines = 0
        for (captured, isFound) in [(4095, false), (1 << 20, true)] {
            bench.allowTrials(after: captured)
            let reading = Reading(nil, bench: bench, beginsMidstream: true)
            for piece in session.pieces.suffix(8) { reading.receive(piece.bytes, piece.direction) }
            reading.finish()
            #expect((reading.known(.fromInitiator).count > 100) == isFound)
        }
        bench.allowTrials(after: 1 << 40)
        #expect(bench.trials.secrets == 1 << 20 && bench.trials.bytes == 4 << 30)
    }

    @Test(
        "are found by the key log if their ClientHello is lost, whatever the cipher",
        arguments: RecordedSession.names.filter {
            !["tls13-aes128gcm", "tls13-aes256gcm", "tls13-resumed"].contains($0)
        }
    )
    func lostHello(name: String) throws {
        let session = try RecordedSession(name)
        let store = SecretStore()
        for other in RecordedSession.names where other != name {
            store.add(Array(try RecordedSession(other).keyLog.utf8))
        }
        store.add(Array(session.keyLog.utf8))
        let reading = Reading(store)
        reading.receive(session.pieces[0].bytes.prefix(3), .fromInitiator)
        reading.lose(session.pieces[0].bytes.count - 3, .fromInitiator)
        for piece in session.pieces.dropFirst() { reading.receive(piece.bytes, piece.direction) }
        reading.finish()
        for direction in Direction.allCases {
            #expect(reading.plaintext[direction.index] == session.plaintext[direction.index].map { $0 }, "\(direction)")
        }
        #expect(reading.unknownGaps == [[], []] && reading.problems.isEmpty && reading.alerts.count == 2)
        #expect(reading.reader.isDecrypted && reading.reader.facts.suite?.name == session.suite)
    }

    @Test("are not searched for without end if their ClientHello is lost")
    func lostHellos() throws {
        let session = try RecordedSession("tls13-chacha20")
        let store = SecretStore()
        for number in 1000..<4000 {
            let digits = String(repeating: "\(number)", count: 16)
            store.add(Array("SERVER_HANDSHAKE_TRAFFIC_SECRET \(digits) \(digits)\n".utf8))
        }
        let bench = CipherBench(secrets: store)
        var spent: [Int] = []
        for _ in 0..<100 {
            let before = bench.trials.secrets
            let reading = Reading(nil, bench: bench)
            reading.lose(session.pieces[0].bytes.count, .fromInitiator)
            for piece in session.pieces.dropFirst() { reading.receive(piece.bytes, piece.direction) }
            reading.finish()
            #expect(reading.plaintext == [[], []])
            spent.append(before - bench.trials.secrets)
        }
        #expect(spent[0] == 2 * 16 * 1024 && spent[99] == 0)
        #expect(bench.trials.secrets > -16)
    }

    @Test("of TLS 1.2 that began before the capture need the handshake")
    func midstreamOfTLS12() throws {
        let session = try RecordedSession("tls12-aes128gcm")
        let reading = Reading(session.secrets, beginsMidstream: true)
        for piece in session.pieces.suffix(8) { reading.receive(piece.bytes, piece.direction) }
        reading.finish()
        #expect(reading.plaintext == [[], []] && reading.problems.isEmpty)
        #expect(reading.reader.obstacle == .noHandshake)
    }
}
