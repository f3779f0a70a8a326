import TLSDecryption
import TestSupport
import Testing
import WireFormat

@Suite("TLS connections")
struct TLSReaderTests {
    private static func read(
        _ session: RecordedSession, _ secrets: SecretStore?, cut: Int = .max, flipping: (piece: Int, byte: Int)? = nil
    ) -> Reading {
        let reading = Reading(secrets)
        for (index, piece) in session.pieces.enumerated() {
            var bytes = piece.bytes
            if let flipping, flipping.piece == index { bytes[flipping.byte] ^= 0x10 }
            var rest = bytes[...]
            while !rest.isEmpty {
                reading.receive(rest.prefix(cut), piece.direction)
                rest = rest.dropFirst(cut)
            }
        }
        reading.finish()
        return reading
    }

    @Test("are decrypted to what OpenSSL's ends sent", arguments: RecordedSession.names)
    func recorded(name: String) throws {
        let session = try RecordedSession(name)
        let reading = Self.read(session, session.secrets)
        for direction in Direction.allCases {
            #expect(reading.plaintext[direction.index] == session.plaintext[direction.index].map { $0 })
        }
        #expect(reading.unknownGaps == [[], []] && reading.problems.isEmpty)
        let facts = reading.reader.facts
        #expect(facts.suite?.name == session.suite && facts.serverName == "server.example")
        #expect(facts.version?.name == name.dropFirst(3).prefix(2).map { "\($0)" }.joined(separator: "."))
        #expect(facts.selectedProtocol == "http/1.1")
        #expect(facts.isResumed == name.contains("resumed"))
        #expect(reading.reader.isDecrypted && reading.reader.obstacle == nil)
        #expect(reading.alerts.map(\.alert.name) == ["close_notify", "close_notify"])
        #expect(Direction.allCases.allSatisfy { reading.alerts.map(\.direction).contains($0) })
    }

    @Test("are decrypted alike however they are cut", arguments: RecordedSession.names, [1, 2, 5, 7, 1000])
    func cuts(name: String, size: Int) throws {
        let session = try RecordedSession(name)
        let reading = Self.read(session, session.secrets, cut: size)
        for direction in Direction.allCases {
            #expect(reading.plaintext[direction.index] == session.plaintext[direction.index].map { $0 })
        }
        #expect(reading.unknownGaps == [[], []] && reading.problems.isEmpty && reading.alerts.count == 2)
    }

    @Test("are decrypted if one direction was captured late", arguments: RecordedSession.names, Direction.allCases)
    func late(name: String, direction: Direction) throws {
        let session = try RecordedSession(name)
        let reading = Reading(session.secrets)
        for own in [direction.opposite, direction] {
            for piece in session.pieces where piece.direction == own {
                reading.receive(piece.bytes, piece.direction, milliseconds: 0)
            }
        }
        reading.finish()
        for direction in Direction.allCases {
            #expect(reading.plaintext[direction.index] == session.plaintext[direction.index].map { $0 })
        }
        #expect(reading.problems.isEmpty)
    }

    @Test("without any key log are named, and nothing is decrypted")
    func noKeyLog() throws {
        let session = try RecordedSession("tls13-aes128gcm")
        for secrets in [nil, SecretStore()] {
            let reading = Self.read(session, secrets)
            #expect(reading.plaintext == [[], []] && reading.problems.isEmpty)
            #expect(reading.reader.obstacle == .noKeyLog && !reading.reader.isDecrypted)
            #expect(reading.reader.facts.serverName == "server.example")
        }
    }

    @Test("with a key log of another session have no secret for their client random")
    func foreignKeyLog() throws {
        let other = try RecordedSession("tls13-aes256gcm")
        for name in ["tls13-aes128gcm", "tls12-aes128gcm"] {
            let reading = Self.read(try RecordedSession(name), other.secrets)
            #expect(reading.plaintext == [[], []] && reading.problems.isEmpty)
            #expect(reading.reader.obstacle == .noSecret)
        }
    }

    @Test(
        "with a wrong secret have one finding, at the first record", arguments: ["tls13-aes128gcm", "tls12-aes128gcm"])
    func wrongSecret(name: String) throws {
        let session = try RecordedSession(name)
        let store = SecretStore()
        // The last digit of each secret is changed.
        let lines = session.keyLog.split(separator: "\n").map { line in
            String(line.dropLast()) + (line.last == "0" ? "1" : "0")
        }
        store.add(Array(lines.joined(separator: "\n").utf8))
        let reading = Self.read(session, store)
        #expect(reading.plaintext == [[], []] && reading.unknownGaps == [[], []])
        #expect(reading.problems.map(\.problem) == [.wrongSecret])
        #expect(reading.reader.obstacle == .wrongSecret)
    }

    @Test(
        "with one side's secrets wrong have one finding, and are decrypted in the other",
        arguments: ["CLIENT", "SERVER", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"])
    func oneWrongSide(label: String) throws {
        let session = try RecordedSession("tls13-aes128gcm")
        let store = SecretStore()
        let lines = session.keyLog.split(separator: "\n").map { line in
            line.hasPrefix(label) ? String(line.dropLast()) + (line.last == "0" ? "1" : "0") : String(line)
        }
        store.add(Array(lines.joined(separator: "\n").utf8))
        let reading = Self.read(session, store)
        let wrong: Direction = label.hasPrefix("CLIENT") ? .fromInitiator : .fromResponder
        #expect(reading.problems.map(\.problem) == [.wrongSecret] && reading.problems.map(\.direction) == [wrong])
        #expect(reading.plaintext[wrong.index].isEmpty)
        #expect(reading.known(wrong.opposite) == session.plaintext[wrong.opposite.index])
    }

    @Test(
        "are decrypted by the right one of several secrets",
        arguments: ["tls13-chacha20", "tls12-aes256cbc-sha384-etm"])
    func severalSecrets(name: String) throws {
        let session = try RecordedSession(name)
        let store = SecretStore()
        let wrong = session.keyLog.split(separator: "\n").map { String($0.dropLast()) + ($0.last == "0" ? "1" : "0") }
        store.add(Array((wrong.joined(separator: "\n") + "\n" + session.keyLog).utf8))
        let reading = Self.read(session, store)
        #expect(reading.known(.fromInitiator) == session.plaintext[0])
        #expect(reading.known(.fromResponder) == session.plaintext[1] && reading.problems.isEmpty)
    }

    @Test("with one side's secrets are decrypted in that direction")
    func oneSide() throws {
        let session = try RecordedSession("tls13-aes128gcm")
        let store = SecretStore()
        let lines = session.keyLog.split(separator: "\n").filter { $0.hasPrefix("SERVER") }
        store.add(Array(lines.joined(separator: "\n").utf8))
        let reading = Self.read(session, store)
        #expect(reading.plaintext[0].isEmpty && reading.known(.fromResponder) == session.plaintext[1])
        #expect(reading.reader.obstacle == nil && !reading.reader.isDecrypted)
        #expect(reading.reader.obstacle(.fromInitiator) == .noSecret)
    }

    /// The key log's lines come one by one, each after another piece; or all of them after the last piece.
    @Test("wait for secrets that come later", arguments: ["tls13-aes128gcm", "tls12-aes128gcm"], [false, true])
    func laterSecrets(name: String, comeLast: Bool) throws {
        let session = try RecordedSession(name)
        let store = SecretStore(mayGrow: true)
        var lines = session.keyLog.split(separator: "\n")[...]
        let reading = Reading(store)
        for (index, piece) in session.pieces.enumerated() {
            reading.receive(piece.bytes, piece.direction)
            guard !comeLast, let line = lines.popFirst() else { continue }
            store.add(Array(line.utf8), from: UInt64(index) + 2)
        }
        store.add(Array(lines.joined(separator: "\n").utf8), from: UInt64(session.pieces.count) + 1)
        reading.finish()
        #expect(reading.known(.fromInitiator) == session.plaintext[0] && reading.problems.isEmpty)
        #expect(reading.known(.fromResponder) == session.plaintext[1] && reading.unknownGaps == [[], []])
    }

    @Test("do not wait for secrets for longer than a second")
    func tooLateSecrets() throws {
        let session = try RecordedSession("tls13-aes128gcm")
        let store = SecretStore(mayGrow: true)
        let reading = Reading(store)
        for (index, piece) in session.pieces.enumerated() {
            reading.receive(piece.bytes, piece.direction, milliseconds: Int64(index) * 500)
        }
        store.add(Array(session.keyLog.utf8), from: UInt64(session.pieces.count) + 1)
        reading.finish()
        #expect(reading.plaintext == [[], []] && reading.problems.isEmpty)
        #expect(reading.reader.obstacle == .noSecret || reading.reader.obstacle == .noKeyLog)
    }

    @Test("without handshake secrets begin with the first record of the application")
    func applicationSecretsOnly() throws {
        let session = try RecordedSession("tls13-aes256gcm")
        let store = SecretStore()
        let lines = session.keyLog.split(separator: "\n").filter { $0.contains("_TRAFFIC_SECRET_0") }
        store.add(Array(lines.joined(separator: "\n").utf8))
        let reading = Self.read(session, store)
        #expect(reading.known(.fromInitiator) == session.plaintext[0])
        #expect(reading.known(.fromResponder) == session.plaintext[1] && reading.problems.isEmpty)
    }

    @Test(
        "have a gap where the first records were damaged, Finished among them, and no wrong secret",
        arguments: RecordedSession.names.filter { !$0.hasPrefix("tls13") }, Direction.allCases)
    func damagedBeginning(name: String, direction: Direction) throws {
        let session = try RecordedSession(name)
        let reading = Reading(session.secrets)
        var left = 2
        var isEncrypted = false
        for piece in session.pieces {
            var bytes = piece.bytes
            if piece.direction == direction, left > 0 {
                // Where records of the piece are encrypted, each is another one.
                var start = 0
                while start + 5 <= bytes.count, left > 0 {
                    let length = Int(bytes[start + 3]) << 8 | Int(bytes[start + 4])
                    if isEncrypted {
                        bytes[start + 5] ^= 1
                        left -= 1
                    }
                    if bytes[start] == 20 { isEncrypted = true }
                    start += 5 + length
                }
            }
            reading.receive(bytes, piece.direction)
        }
        reading.finish()
        let known = reading.known(direction)
        #expect(reading.problems.map(\.problem) == [.badRecord, .badRecord] && !known.isEmpty)
        let beginsWithGap = reading.plaintext[direction.index].first.map { $0 == nil } ?? false
        #expect(reading.unknownGaps[direction.index].first == 0 || beginsWithGap)
        #expect(known == session.plaintext[direction.index].suffix(known.count))
        #expect(reading.known(direction.opposite) == session.plaintext[direction.opposite.index])
    }

    @Test("lose a record with a changed bit, and go on with the next", arguments: RecordedSession.names)
    func flippedBit(name: String) throws {
        let session = try RecordedSession(name)
        // The fifth piece from the end, before both close_notify: data of one end.
        let piece = session.pieces.count - 5
        let count = session.pieces[piece].bytes.count
        let direction = session.pieces[piece].direction
        // In TLS 1.0, the last block is what the next record's first one depends on: before the HMAC, if it is there.
        for byte in [count - 40, count - 1, count - 20 - 1, count - 48 - 1] {
            let reading = Self.read(session, session.secrets, flipping: (piece, byte))
            let known = reading.known(direction)
            let last = known.suffix(40)
            #expect(last == session.plaintext[direction.index].suffix(40), "byte \(byte) of \(count)")
        }
        let reading = Self.read(session, session.secrets, flipping: (piece, count - 40))
        #expect(reading.problems.map(\.problem) == [.badRecord] && reading.problems[0].direction == direction)
        #expect(reading.known(direction.opposite) == session.plaintext[direction.opposite.index])
        #expect(reading.known(direction).count < session.plaintext[direction.index].count)
        #expect(reading.known(direction).count > session.plaintext[direction.index].count / 4)
        #expect(reading.alerts.count == 2)
    }
}
