import TLSDecryption
import TestSupport
import Testing
import WireFormat

@Suite("Key logs")
struct KeyLogTests {
    private static let randomDigits = String(repeating: "0123456789abcdef", count: 4)
    private static let secretDigits = String(repeating: "fe", count: 32)

    private static var random: Random? { random(randomDigits) }

    private static func random(_ digits: String) -> Random? { Random(bytes(hex: digits).span) }

    private static func store(_ text: String) -> SecretStore {
        let store = SecretStore()
        store.add(Array(text.utf8))
        return store
    }

    private static func line(_ label: String = "CLIENT_TRAFFIC_SECRET_0", secret: String = secretDigits) -> String {
        "\(label) \(randomDigits) \(secret)"
    }

    @Test(
        "are read with comments, other line endings, unknown labels, and no line ending at the end",
        arguments: [
            line() + "\n", line(), line() + "\r\n", line() + "  \n", "# a comment\n\n" + line() + "\n",
            "ECH_SECRET \(randomDigits) 00\nnot a key log\n" + line(), "\u{0}\u{1}\n" + line(),
            line().uppercased() + "\n", "RSA 0011223344556677 \(secretDigits)\n" + line(),
            String(repeating: "x", count: 3000) + "\n" + line(), line() + "\nCLIENT_TRAFFIC_SEC",
            line() + "\nSERVER_TRAFFIC_SECRET_0 \(randomDigits) fefefe", "\u{feff}" + line() + "\r\n",
        ])
    func messy(text: String) throws {
        let random = try #require(Self.random)
        let secrets = Self.store(text).secrets(.clientApplication, of: random, at: 1)
        #expect(secrets == [KeyBytes(bytes(hex: Self.secretDigits))])
    }

    @Test(
        "do not take truncated lines for secrets",
        arguments: [
            "", "CLIENT_TRAFFIC_SECRET_0", "CLIENT_TRAFFIC_SECRET_0 \(randomDigits)",
            "CLIENT_TRAFFIC_SECRET_0 \(randomDigits) ", String(line().dropLast(1)), String(line().dropLast(2)),
            line(secret: String(repeating: "fe", count: 49)), "CLIENT_RANDOM \(randomDigits) \(secretDigits)",
            "CLIENT_TRAFFIC_SECRET_0 \(randomDigits.dropLast()) \(secretDigits)", line().replacing("fe", with: "fg"),
        ])
    func cut(text: String) throws {
        let random = try #require(Self.random)
        #expect(!Self.store(text).has(random, at: 1))
    }

    @Test("keep all secrets of one label, each once, whatever is between them")
    func several() throws {
        let other = String(repeating: "ab", count: 48)
        let foreign = "CLIENT_TRAFFIC_SECRET_0 \(String(repeating: "9", count: 64)) \(Self.secretDigits)\n"
        let store = Self.store(
            Self.line() + "\n" + foreign + Self.line() + "\n\n" + Self.line("CLIENT_TRAFFIC_SECRET_N", secret: other))
        let random = try #require(Self.random)
        #expect(store.secrets(.clientApplication, of: random, at: 1).count == 2)
        #expect(store.secrets(.serverApplication, of: random, at: 1).isEmpty)
        var budget = 100
        #expect(store.applicationSecrets(atMost: 10, at: 1, budget: &budget).count == 4)
        #expect(store.applicationSecrets(atMost: 2, at: 1, budget: &budget).count == 2)
    }

    @Test("give a session's own lines, unchanged and each once")
    func excerpt() throws {
        let random = try #require(Self.random)
        let foreign = "CLIENT_TRAFFIC_SECRET_0 \(String(repeating: "9", count: 64)) \(Self.secretDigits)"
        let second = Self.line("CLIENT_TRAFFIC_SECRET_1", secret: String(repeating: "0A", count: 32))
        let store = Self.store("# x\n" + [Self.line(), foreign, second + "  \r", Self.line()].joined(separator: "\n"))
        #expect(String(decoding: store.keyLog(of: random, at: 1), as: UTF8.self) == Self.line() + "\n" + second + "\n")
        let unknown = try #require(Self.random(String(repeating: "8", count: 64)))
        #expect(store.keyLog(of: unknown, at: 1).isEmpty)
    }

    @Test("of hostile captures cost no more than may be read")
    func budget() {
        // A session whose application secret comes after more lines than are read for one session.
        let useless = Self.line("CLIENT_HANDSHAKE_TRAFFIC_SECRET") + "\n"
        let store = Self.store(String(repeating: useless, count: 5_000) + Self.line())
        var budget = 100
        #expect(store.applicationSecrets(atMost: 10, at: 1, budget: &budget).isEmpty)
        #expect(budget > 0 && budget < 100)
        #expect(store.applicationSecrets(atMost: 10, at: 1, budget: &budget).isEmpty && budget <= 0)
        let spent = budget
        #expect(store.applicationSecrets(atMost: 10, at: 1, budget: &budget).isEmpty && budget == spent)
    }

    @Test("find a session although other randoms were chosen to collide with its own")
    func collisions() throws {
        // Equal under each of the usual ways to mix words into a state without a secret.
        let mixes: [(UInt64, UInt64) -> UInt64] = [
            { state, word in
                let product = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
                return product ^ product >> 29
            },
            { state, word in state ^ word },
        ]
        let victim: [UInt64] = [1, 2, 3, 4]
        func digits(_ words: [UInt64]) -> String {
            words.map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        }
        for mix in mixes {
            let target = victim[..<3].reduce(0, mix) ^ victim[3]
            let others = (10..<200 as Range<UInt64>).map { number -> [UInt64] in
                let words: [UInt64] = [number, number &* 7, number &* 11]
                return words + [words.reduce(0, mix) ^ target]
            }
            let lines = ([victim] + others).map { "CLIENT_TRAFFIC_SECRET_0 \(digits($0)) \(Self.secretDigits)\n" }
            let random = try #require(Self.random(digits(victim)))
            #expect(Self.store(lines.joined()).has(random, at: 1))
        }
    }

    @Test("that grow more than 65,536 times are still read")
    func sections() throws {
        let store = SecretStore(mayGrow: true)
        let text = Array(Self.line().utf8)
        for _ in 0..<70_000 { store.add(text) }
        let last = String(repeating: "7", count: 64)
        store.add(Array("CLIENT_TRAFFIC_SECRET_0 \(last) \(Self.secretDigits)".utf8))
        let random = try #require(Self.random(last))
        #expect(store.has(random, at: 1))
    }

    @Test("count from the packet on before which they were known")
    func packets() throws {
        let store = SecretStore(mayGrow: true)
        store.add(Array(Self.line().utf8), from: 7)
        let random = try #require(Self.random)
        #expect(!store.has(random, at: 6) && store.has(random, at: 7) && store.has(random, at: 8))
    }

    @Test("that are written while they are read continue at an incomplete line")
    func growing() throws {
        let source = GrowingKeyLog()
        let store = SecretStore(mayGrow: true)
        source.append("# begun\n" + Self.line().prefix(100))
        let start = store.add(source)
        #expect(start == 8)
        source.append(Self.line().dropFirst(100) + "\n")
        #expect(store.add(source, startingAt: start) == UInt64(8 + Self.line().utf8.count + 1))
        let random = try #require(Self.random)
        #expect(store.has(random, at: 1))
    }

    @Test("that are rewritten leave nothing behind, and hide no other key log")
    func writtenAnew() throws {
        let random = try #require(Self.random)
        let second = String(repeating: "7", count: 64)
        let other = try #require(Self.random(second))
        let otherLine = "CLIENT_TRAFFIC_SECRET_0 \(second) \(Self.secretDigits)\n"
        let kept = String(repeating: "ab", count: 32)
        let store = SecretStore(mayGrow: true)
        let source = GrowingKeyLog()
        source.append(Self.line() + "\n" + otherLine)
        store.add(source)
        store.add(Array(Self.line(secret: kept).utf8))
        source.append(Self.line() + "\n")
        store.add(source)
        store.forget(source)
        #expect(store.secrets(.clientApplication, of: random, at: 1) == [KeyBytes(bytes(hex: kept))])
        #expect(!store.has(other, at: 1))
        store.add(source)
        #expect(store.has(other, at: 1) && store.secrets(.clientApplication, of: random, at: 1).count == 2)
    }

    @Test("of many sessions are forgotten line by line, and those of others stay in order")
    func manyWrittenAnew() throws {
        func digits(_ number: Int) -> String {
            String(String(number + 1_000_000).suffix(4)) + Self.randomDigits.dropFirst(4)
        }
        func lines(_ numbers: Range<Int>) -> String {
            numbers.map { "CLIENT_TRAFFIC_SECRET_0 \(digits($0)) \(Self.secretDigits)\n" }.joined()
        }
        let store = SecretStore(mayGrow: true)
        let (one, other) = (GrowingKeyLog(), GrowingKeyLog())
        one.append(lines(0..<3000))
        let end = store.add(one)
        other.append(lines(3000..<6000))
        store.add(other)
        one.append(lines(6000..<9000))
        store.add(one, startingAt: end)
        store.forget(one)
        for number in stride(from: 0, to: 9000, by: 7) {
            let random = try #require(Self.random(digits(number)))
            #expect(store.has(random, at: 1) == (3000..<6000).contains(number), "\(number)")
        }
        var budget = 1000
        let latest = store.applicationSecrets(atMost: 3, at: 1, budget: &budget)
        #expect(latest.map(\.random) == [5999, 5998, 5997].map { Self.random(digits($0)) })
    }

    @Test(
        "of a session that updates its keys often are read to the end, though lines come one by one",
        arguments: [5, 20, 60])
    func updates(count: Int) throws {
        let source = GrowingKeyLog()
        let store = SecretStore(mayGrow: true)
        let random = try #require(Self.random)
        var start: UInt64 = 0
        for generation in 0..<count {
            let digits = String(
                repeating: String(generation / 16, radix: 16) + String(generation % 16, radix: 16), count: 32)
            source.append("CLIENT_TRAFFIC_SECRET_\(generation) \(Self.randomDigits) \(digits)\n")
            start = store.add(source, startingAt: start)
        }
        #expect(store.secrets(.clientApplication, of: random, at: 1).count == count)
        var budget = 1000
        #expect(store.applicationSecrets(atMost: 100, at: 1, budget: &budget).count == count)
        #expect(budget == 1000 - count)
    }

    @Test("of many sessions find each")
    func many() throws {
        var text = ""
        let randoms = (0..<20_000).map { number in
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 64 - digits.count) + digits
        }
        for random in randoms {
            text += "CLIENT_RANDOM \(random) \(Self.master(of: random))\n"
        }
        let store = Self.store(text)
        for random in [0, 1, 255, 9_999, 19_999].map({ randoms[$0] }) {
            let key = try #require(Self.random(random))
            let found = store.secrets(.master, of: key, at: 1)
            #expect(found == [KeyBytes(bytes(hex: Self.master(of: random)))])
        }
    }

    private static func master(of random: String) -> String {
        String(repeating: String(random.suffix(2)), count: 48)
    }

    @Test("show no secret in a description")
    func descriptions() {
        let key = KeyBytes(bytes(hex: Self.secretDigits))
        #expect(!"\(key)\(String(reflecting: key))".contains("254") && "\(key)" == "32 secret bytes")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("254") && !dumped.contains("fe"))
    }
}

private final class GrowingKeyLog: KeyLogSource, @unchecked Sendable {
    private var text: [UInt8] = []

    func append(_ more: some StringProtocol) { text += Array(more.utf8) }

    func read(at offset: UInt64, count: Int) -> [UInt8] {
        Array(text.dropFirst(Int(offset)).prefix(count))
    }
}
