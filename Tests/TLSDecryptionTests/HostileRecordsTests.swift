import TLSDecryption
import TestSupport
import Testing
import WireFormat

@Suite("Hostile TLS records")
struct HostileRecordsTests {
    private static let text = [UInt8]("a message".utf8)

    /// A session in which both ends have begun to use their keys.
    private static func opened(_ session: inout SealedSession, _ bench: CipherBench? = nil) -> Reading {
        let reading = Reading(session.secrets(), bench: bench)
        session.open(reading)
        for direction in Direction.allCases { reading.receive(session.record(text, direction), direction) }
        reading.plaintext = [[], []]
        return reading
    }

    @Test("that are forged before the first authentic one blame no secret, and hide nothing")
    func beforeTheFirst() {
        for direction in Direction.allCases {
            var session = SealedSession()
            let reading = Reading(session.secrets())
            session.open(reading)
            reading.receive([23, 3, 3, 0, 40] + [UInt8](repeating: 9, count: 40), direction)
            let forged = reading.packet
            reading.receive(session.record(Self.text, direction), direction)
            reading.finish()
            #expect(reading.problems.map(\.problem) == [.badRecord] && reading.problems.map(\.packet) == [forged])
            #expect(reading.known(direction) == Self.text)
            #expect(reading.reader.obstacle == nil)
        }
    }

    /// Each record has a changed bit, and what it held is a gap.
    @Test(
        "that are damaged before the first authentic one blame no secret, however many there are",
        arguments: [1, 2, 3, 20, 60], [CipherSuite.aes128GCM, .chaCha20Poly1305])
    func damaged(count: Int, suite: CipherSuite) {
        for (direction, includesFinished) in [
            (Direction.fromInitiator, false), (.fromInitiator, true), (.fromResponder, false),
        ] {
            var session = SealedSession(suite)
            let reading = Reading(session.secrets())
            session.open(reading, damagesFinished: includesFinished)
            var packets = includesFinished ? [reading.packet] : []
            for _ in 0..<count {
                var record = session.record(Self.text, direction)
                record[10] ^= 1
                reading.receive(record, direction)
                packets.append(reading.packet)
            }
            #expect(reading.problems.isEmpty)
            reading.receive(session.record(Self.text, direction), direction)
            reading.receive(session.record(Self.text, direction.opposite), direction.opposite)
            reading.finish()
            #expect(reading.problems.map(\.problem) == packets.prefix(16).map { _ in .badRecord })
            #expect(reading.problems.map(\.packet) == Array(packets.prefix(16)))
            #expect(reading.known(direction) == Self.text)
            #expect(reading.known(direction.opposite) == Self.text && reading.reader.obstacle == nil)
            let lost = reading.plaintext[direction.index].count { $0 == nil }
            #expect(reading.unknownGaps[direction.index] == [0] || lost == count * Self.text.count)
        }
    }

    @Test(
        "that are all damaged have one finding, at the end, whose place is the first of them",
        arguments: [(1, true), (2, true), (400, false)])
    func allDamaged(count: Int, isAtEnd: Bool) {
        var session = SealedSession()
        let reading = Reading(session.secrets())
        session.open(reading)
        let first = reading.packet + 1
        for _ in 0..<count {
            var record = session.record(Self.text, .fromInitiator)
            record[10] ^= 1
            reading.receive(record, .fromInitiator)
        }
        #expect(reading.problems.isEmpty == isAtEnd)
        reading.finish()
        #expect(reading.problems.map(\.problem) == [.wrongSecret] && reading.problems.map(\.packet) == [first])
        #expect(reading.reader.obstacle(.fromInitiator) == .wrongSecret)
    }

    /// Nothing of an end can be read while it is unclear whether its secret is wrong: others need not wait.
    @Test("that no secret opens hide their end once they are answered or others follow, until one is authentic")
    func mistrust() {
        let forged = [23, 3, 3, 0, 40] + [UInt8](repeating: 9, count: 40)
        for (direction, isAnswered) in [
            (Direction.fromInitiator, true), (.fromInitiator, false), (.fromResponder, false),
        ] {
            var session = SealedSession()
            let reading = Reading(session.secrets())
            session.open(reading)
            reading.receive(forged, direction)
            #expect(reading.reader.obstacle(direction) == nil && reading.reader.isDecrypted)
            if isAnswered {
                reading.receive(session.record(Self.text, direction.opposite), direction.opposite)
            } else {
                reading.receive(forged, direction)
            }
            #expect(reading.reader.obstacle(direction) == .wrongSecret && !reading.reader.isDecrypted)
            #expect(reading.reader.obstacle(direction.opposite) == nil)
            #expect(reading.problems.isEmpty)
            reading.receive(session.record(Self.text, direction), direction)
            #expect(reading.reader.obstacle(direction) == nil && reading.reader.isDecrypted)
            #expect(reading.problems.map(\.problem) == (isAnswered ? [.badRecord] : [.badRecord, .badRecord]))
            #expect(reading.known(direction) == Self.text)
        }
    }

    @Test(
        "of TLS 1.3 in the clear count for nothing once there are keys (RFC 8446 5)", arguments: [21, 22] as [UInt8])
    func inTheClear(type: UInt8) {
        for direction in Direction.allCases {
            var session = SealedSession()
            let reading = Self.opened(&session)
            let random = [UInt8](repeating: 1, count: 32)
            let foreign = SealedSession.message(1, [3, 3] + random + [0, 0, 2, 19, 1, 1, 0, 0, 0])
            reading.receive(SealedSession.plain(type == 21 ? [2, 40] : foreign, type: type), direction)
            reading.receive(session.record(Self.text, direction), direction)
            reading.finish()
            #expect(reading.alerts.isEmpty && reading.reader.outcome.facts.fatalAlert == nil)
            #expect(reading.problems.map(\.problem) == [.badRecord])
            #expect(reading.reader.clientRandom == Random(bytes(hex: SealedSession.random).span))
            #expect(reading.known(direction) == Self.text)
        }
    }

    @Test("with a hello under keys change nothing: records after a KeyUpdate are decrypted")
    func lateHello() {
        for (direction, kind) in [(Direction.fromInitiator, UInt8(1)), (.fromResponder, 1), (.fromResponder, 2)] {
            var session = SealedSession()
            let reading = Self.opened(&session)
            let rest: [UInt8] = kind == 1 ? [0, 0, 2, 19, 1, 1, 0] : [0, 19, 3, 0]
            let hello = [3, 3] + [UInt8](repeating: 1, count: 32) + rest
            reading.receive(session.record(SealedSession.message(kind, hello), direction, type: 22), direction)
            for direction in Direction.allCases {
                reading.receive(session.keyUpdate(direction), direction)
                reading.receive(session.record(Self.text, direction), direction)
                #expect(reading.known(direction) == Self.text, "\(direction)")
            }
            reading.finish()
            #expect(reading.problems.isEmpty)
        }
    }

    @Test("of no bytes are the same, however they are cut")
    func empty() {
        let empty: [UInt8] = [23, 3, 3, 0, 0]
        for cut in 0...5 {
            var session = SealedSession()
            let reading = Self.opened(&session)
            reading.receive(empty.prefix(cut), .fromInitiator)
            reading.receive(
                empty.dropFirst(cut) + session.record(Self.text, .fromInitiator), .fromInitiator)
            reading.finish()
            #expect(reading.known(.fromInitiator) == Self.text, "cut at \(cut)")
            #expect(reading.problems.map(\.problem) == [.badRecord], "cut at \(cut)")
        }
    }

    @Test("may be lost any number of times, if the next one shows its number")
    func manyLosses() {
        var session = SealedSession()
        let bench = CipherBench(secrets: session.secrets())
        let reading = Self.opened(&session, bench)
        // Far less than the losses would take together.
        bench.trials.bytes = 8 << 10
        for _ in 0..<100 {
            reading.lose(1000, .fromInitiator)
            session.skipRecord(.fromInitiator)
            reading.receive(session.record(Self.text, .fromInitiator), .fromInitiator)
            #expect(reading.known(.fromInitiator) == Self.text)
            reading.plaintext = [[], []]
        }
        #expect(reading.problems.isEmpty)
        reading.receive(session.record(Self.text, .fromInitiator), .fromInitiator)
        #expect(reading.known(.fromInitiator) == Self.text)
    }

    @Test("that no secret opens are tried with a bounded number of keys")
    func manySecrets() {
        var session = SealedSession()
        let store = SecretStore()
        for number in 0..<64 {
            let secret = String(repeating: "0\(number % 8)\(number / 8)0", count: 16)
            let label = number % 2 == 0 ? "CLIENT_HANDSHAKE_TRAFFIC_SECRET" : "CLIENT_TRAFFIC_SECRET_0"
            store.add(Array("\(label) \(SealedSession.random) \(secret)\n".utf8))
        }
        let reading = Reading(store)
        session.open(reading)
        for number in 1...256 where reading.reader.obstacle(.fromInitiator) == nil {
            reading.receive(session.record(Self.text, .fromInitiator), .fromInitiator)
            #expect(number * 32 < 2048, "the 64th record at the latest")
        }
        #expect(reading.reader.obstacle(.fromInitiator) == .wrongSecret)
    }

    @Test("are opened by secrets that come later, one by one")
    func growing() {
        var session = SealedSession()
        let store = SecretStore(mayGrow: true)
        let reading = Reading(store)
        session.open(reading)
        reading.receive(session.record(Self.text, .fromInitiator), .fromInitiator)
        #expect(reading.known(.fromInitiator).isEmpty)
        for line in session.keyLog().split(separator: "\n") {
            store.add(Array((line + "\n").utf8), from: 0)
            reading.receive(session.record(Self.text, .fromResponder), .fromResponder)
        }
        reading.finish()
        #expect(reading.known(.fromInitiator) == Self.text)
        #expect(reading.known(.fromResponder) == Self.text + Self.text + Self.text + Self.text)
    }
}
