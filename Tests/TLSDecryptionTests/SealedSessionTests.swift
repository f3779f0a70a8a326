import TLSDecryption
import TestSupport
import Testing
import WireFormat

@Suite("TLS 1.3")
struct SealedSessionTests {
    @Test("after a HelloRetryRequest is decrypted (RFC 8446 4.1.4)")
    func retry() {
        var session = SealedSession()
        let reading = Reading(session.secrets())
        reading.receive(SealedSession.plain(session.clientHello()), .fromInitiator)
        reading.receive(
            SealedSession.plain(session.serverHello(SealedSession.retryRandom)) + SealedSession.plain([1], type: 20),
            .fromResponder)
        reading.receive(SealedSession.plain([1], type: 20), .fromInitiator)
        session.open(reading)
        reading.receive(session.record(SealedSession.text(1), .fromInitiator), .fromInitiator)
        reading.receive(session.record(SealedSession.text(2), .fromResponder), .fromResponder)
        reading.finish()
        #expect(reading.plaintext == [SealedSession.text(1).map { $0 }, SealedSession.text(2).map { $0 }])
        #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
    }

    @Test(
        "is decrypted from segments with parts of records, as on the slow path",
        arguments: [1, 4, 5, 6, 536, 1448, 9000])
    func gathering(size: Int) {
        for usesFastPath in [false, true] {
            var session = SealedSession(.aes128GCM)
            let reading = Reading(session.secrets(), usesFastPath: usesFastPath)
            session.open(reading)
            for direction in Direction.allCases {
                reading.receive(session.record(SealedSession.text(0), direction), direction)
            }
            reading.plaintext = [[], []]
            let texts = [16_384, 40, 0, 16_383, 3000].map { SealedSession.text($0, $0) }
            let stream = texts.reduce(into: [UInt8]()) { $0 += session.record($1, .fromResponder) }
            for start in stride(from: 0, to: stream.count, by: size) {
                let (before, gathered) = (reading.cost, reading.gathered)
                reading.receive(stream[start..<min(start + size, stream.count)], .fromResponder)
                if reading.gathered.count > gathered.count {
                    #expect(reading.cost - before == reading.gathered.cost - gathered.cost)
                }
            }
            #expect(reading.known(.fromResponder) == texts.flatMap { $0 })
            #expect(reading.plaintext[1].count == texts.map(\.count).reduce(0, +))
            #expect((reading.gathered.count > 0) == usesFastPath)
        }
    }

    @Test(
        "is decrypted record by record on the fast path, whatever their lengths",
        arguments: [CipherSuite.aes128GCM, .chaCha20Poly1305])
    func fastPath(suite: CipherSuite) {
        // From 1,024 bytes of plaintext and type on, AES-GCM is decrypted in another way.
        let lengths = Array(0...70) + [255, 256, 257, 1006, 1007, 1008, 1022, 1023, 1024, 1025, 5000, 16_384]
        for direction in Direction.allCases {
            var session = SealedSession(suite)
            let reading = Reading(session.secrets(), usesFastPath: true)
            session.open(reading)
            // The first record of each direction establishes its keys.
            for direction in Direction.allCases {
                reading.receive(session.record(SealedSession.text(0), direction), direction)
            }
            let before = reading.fastRecords
            reading.plaintext = [[], []]
            for length in lengths {
                let one = session.record(SealedSession.text(length, length), direction)
                let other = session.record(SealedSession.text(length + 1, length), direction, padding: length % 3)
                reading.receive(one + other, direction)
            }
            #expect(reading.fastRecords - before == 2 * lengths.count)
            let expected = lengths.flatMap { SealedSession.text($0, $0) + SealedSession.text($0 + 1, $0) }
            #expect(reading.plaintext[direction.index] == expected.map { $0 })
            // A record that is not authentic is left to the slow path, which reports it; the records after it are
            // decrypted.
            for length in [0, 1, 15, 16, 17, 40, 1023, 1024] {
                for place in [5, 5 + length, 5 + length + 16] {
                    reading.plaintext = [[], []]
                    var forged = session.record(SealedSession.text(3, length), direction)
                    forged[place] ^= 0x20
                    reading.receive(forged, direction)
                    reading.receive(session.record(SealedSession.text(4), direction), direction)
                    #expect(
                        reading.known(direction) == SealedSession.text(4),
                        "\(direction), \(length) bytes, changed at \(place)")
                }
            }
            #expect(reading.problems.count == 16 && reading.problems.allSatisfy { $0.problem == .badRecord })
            // A KeyUpdate, an alert and half a record are also left to the slow path.
            reading.plaintext = [[], []]
            reading.receive(session.keyUpdate(direction), direction)
            let record = session.record(SealedSession.text(5), direction)
            reading.receive(record.prefix(20), direction)
            reading.receive(record.dropFirst(20) + session.record(SealedSession.text(6), direction), direction)
            reading.receive(session.record([1, 0], direction, type: 21), direction)
            #expect(
                reading.known(direction) == SealedSession.text(5) + SealedSession.text(6) && reading.alerts.count == 1)
        }
    }

    @Test("is decrypted with more keys than there are contexts for them")
    func contexts() {
        let bench = CipherBench(secrets: SealedSession().secrets(), placeBits: 6)
        let suites: [CipherSuite] = [.aes128GCM, .chaCha20Poly1305]
        var sessions: [SealedSession] = []
        var readings: [Reading] = []
        for number in 0..<300 {
            var session = SealedSession(suites[number % 2])
            let reading = Reading(nil, bench: bench)
            session.open(reading)
            // All sessions have the same secrets: updates make their keys differ.
            for _ in 0..<(number % 7) { reading.receive(session.keyUpdate(.fromInitiator), .fromInitiator) }
            sessions.append(session)
            readings.append(reading)
        }
        for round in 0..<3 {
            for number in sessions.indices {
                for direction in Direction.allCases {
                    readings[number].receive(sessions[number].record(SealedSession.text(round), direction), direction)
                }
            }
        }
        let expected = (0..<3).flatMap { SealedSession.text($0) }.map { Optional($0) }
        for reading in readings {
            reading.finish()
            #expect(reading.plaintext == [expected, expected])
            #expect(reading.problems.isEmpty)
        }
    }

    @Test(
        "goes on with its keys after post-handshake authentication (RFC 8446 4.6.2)",
        arguments: [CipherSuite.aes128GCM, .chaCha20Poly1305])
    func lateAuthentication(suite: CipherSuite) {
        var session = SealedSession(suite)
        let reading = Reading(session.secrets())
        session.open(reading)
        for direction in Direction.allCases {
            reading.receive(session.record(SealedSession.text(1), direction), direction)
        }
        let request = SealedSession.message(13, [0, 0, 0])
        reading.receive(session.record(request, .fromResponder, type: 22), .fromResponder)
        let answer = SealedSession.message(11, [0, 0, 0, 0]) + SealedSession.finished
        reading.receive(session.record(answer, .fromInitiator, type: 22), .fromInitiator)
        for direction in Direction.allCases {
            reading.receive(session.record(SealedSession.text(2), direction), direction)
        }
        reading.finish()
        let expected = (SealedSession.text(1) + SealedSession.text(2)).map { Optional($0) }
        #expect(reading.plaintext == [expected, expected])
        #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
    }

    @Test("with early data has a gap there if its secret is missing", arguments: [true, false])
    func earlyData(hasSecret: Bool) {
        var session = SealedSession()
        let reading = Reading(session.secrets(withEarly: hasSecret))
        reading.receive(SealedSession.plain(session.clientHello(hasEarlyData: true)), .fromInitiator)
        session.begin(.early, .fromInitiator)
        for number in 0..<3 {
            reading.receive(session.record(SealedSession.text(number), .fromInitiator), .fromInitiator)
        }
        let flight = SealedSession.serverFlight(acceptsEarlyData: true)
        reading.receive(
            SealedSession.plain(session.serverHello()) + session.record(flight, .fromResponder, type: 22),
            .fromResponder)
        // EndOfEarlyData (RFC 8446 4.5).
        reading.receive(session.record([5, 0, 0, 0], .fromInitiator, type: 22), .fromInitiator)
        session.begin(.handshake, .fromInitiator)
        reading.receive(session.record(SealedSession.finished, .fromInitiator, type: 22), .fromInitiator)
        for direction in Direction.allCases { session.begin(.application, direction) }
        reading.receive(session.record(SealedSession.text(9), .fromInitiator), .fromInitiator)
        reading.finish()
        let early: [UInt8?] = (0..<3).flatMap { SealedSession.text($0) }.map { hasSecret ? $0 : nil }
        #expect(reading.plaintext[0] == early + SealedSession.text(9).map { $0 })
        #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
    }

    @Test("with early data needs no handshake secret, and has no rejected early data", arguments: [true, false])
    func earlyDataWithoutHandshakes(isAccepted: Bool) {
        var session = SealedSession()
        let store = SecretStore()
        let lines = session.keyLog(withEarly: true).split(separator: "\n").filter { !$0.contains("HANDSHAKE") }
        store.add(Array(lines.joined(separator: "\n").utf8))
        let reading = Reading(store)
        reading.receive(SealedSession.plain(session.clientHello(hasEarlyData: true)), .fromInitiator)
        session.begin(.early, .fromInitiator)
        for number in 0..<3 {
            reading.receive(session.record(SealedSession.text(number), .fromInitiator), .fromInitiator)
        }
        let flight = SealedSession.serverFlight(acceptsEarlyData: isAccepted)
        reading.receive(
            SealedSession.plain(session.serverHello()) + session.record(flight, .fromResponder, type: 22),
            .fromResponder)
        if isAccepted { reading.receive(session.record([5, 0, 0, 0], .fromInitiator, type: 22), .fromInitiator) }
        session.begin(.handshake, .fromInitiator)
        reading.receive(session.record(SealedSession.finished, .fromInitiator, type: 22), .fromInitiator)
        for direction in Direction.allCases { session.begin(.application, direction) }
        reading.receive(session.record(SealedSession.text(9), .fromInitiator), .fromInitiator)
        reading.receive(session.record(SealedSession.text(8), .fromResponder), .fromResponder)
        reading.finish()
        #expect(
            reading.plaintext[0]
                == ((isAccepted ? (0..<3).flatMap { SealedSession.text($0) } : []) + SealedSession.text(9)).map { $0 })
        #expect(reading.plaintext[1] == SealedSession.text(8).map { $0 })
        #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
    }

    @Test("with KeyUpdates of both ends is decrypted", arguments: [CipherSuite.aes128GCM, .chaCha20Poly1305])
    func keyUpdates(suite: CipherSuite) {
        var session = SealedSession(suite)
        let reading = Reading(session.secrets())
        session.open(reading)
        for number in 0..<6 {
            for direction in Direction.allCases {
                // A record under old keys, the KeyUpdate and a record under new keys, in one segment.
                let before = session.record(SealedSession.text(number), direction)
                let update = number % 2 == direction.index ? session.keyUpdate(direction) : []
                reading.receive(
                    before + update + session.record(SealedSession.text(number + 100), direction), direction)
            }
        }
        reading.finish()
        let expected: [UInt8?] = (0..<6).flatMap { SealedSession.text($0) + SealedSession.text($0 + 100) }
        #expect(reading.plaintext == [expected, expected])
        #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
    }

    @Test("may put tickets and empty and padded records amid data, and data after Finished in one segment")
    func others() {
        var session = SealedSession()
        let reading = Reading(session.secrets())
        reading.receive(SealedSession.plain(session.clientHello()), .fromInitiator)
        let flight = session.record(SealedSession.serverFlight(), .fromResponder, type: 22)
        session.begin(.application, .fromResponder)
        // 0.5-RTT data: the server may send before the client's Finished (RFC 8446 2).
        let early = session.record(SealedSession.text(1), .fromResponder)
        reading.receive(SealedSession.plain(session.serverHello()) + flight + early, .fromResponder)
        let finished = session.record(SealedSession.finished, .fromInitiator, type: 22)
        session.begin(.application, .fromInitiator)
        let padded = session.record(SealedSession.text(2), .fromInitiator, padding: 300)
        reading.receive(finished + SealedSession.plain([1], type: 20) + padded, .fromInitiator)
        // A NewSessionTicket in two records, between empty ones.
        let ticket = SealedSession.message(4, SealedSession.text(7, 200))
        for content in [ticket.prefix(50), ticket.dropFirst(50)] {
            reading.receive(session.record([], .fromResponder), .fromResponder)
            reading.receive(session.record(Array(content), .fromResponder, type: 22), .fromResponder)
        }
        reading.receive(session.record(SealedSession.text(3), .fromResponder), .fromResponder)
        reading.finish()
        #expect(reading.known(.fromInitiator) == SealedSession.text(2))
        #expect(reading.known(.fromResponder) == SealedSession.text(1) + SealedSession.text(3))
        #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
    }

    @Test("is read from hellos that span several records", arguments: [1, 7, 30])
    func splitHellos(size: Int) {
        var session = SealedSession()
        let reading = Reading(session.secrets())
        func records(_ message: [UInt8]) -> [UInt8] {
            stride(from: 0, to: message.count, by: size).flatMap { start in
                SealedSession.plain(Array(message[start..<min(message.count, start + size)]))
            }
        }
        reading.receive(records(session.clientHello()), .fromInitiator)
        reading.receive(records(session.serverHello()), .fromResponder)
        let flight = SealedSession.serverFlight()
        for byte in flight { reading.receive(session.record([byte], .fromResponder, type: 22), .fromResponder) }
        reading.receive(session.record(SealedSession.finished, .fromInitiator, type: 22), .fromInitiator)
        for direction in Direction.allCases { session.begin(.application, direction) }
        reading.receive(session.record(SealedSession.text(1), .fromResponder), .fromResponder)
        reading.finish()
        #expect(reading.known(.fromResponder) == SealedSession.text(1) && reading.problems.isEmpty)
        #expect(reading.reader.facts.serverName == "host")
    }

    @Test("has records of up to 16,640 bytes: longer ones are not authentic (RFC 8446 5.2)")
    func longRecords() {
        var session = SealedSession()
        let reading = Reading(session.secrets())
        session.open(reading)
        let longest = session.record(SealedSession.text(1, 1 << 14), .fromResponder, padding: 239)
        #expect(longest.count == 5 + 16_640)
        reading.receive(longest, .fromResponder)
        reading.receive(session.record(SealedSession.text(2, 1 << 14), .fromResponder, padding: 240), .fromResponder)
        reading.receive(session.record(SealedSession.text(3), .fromResponder), .fromResponder)
        reading.finish()
        #expect(reading.known(.fromResponder) == SealedSession.text(1, 1 << 14) + SealedSession.text(3))
        #expect(reading.problems.map(\.problem) == [.badRecord])
    }
}
