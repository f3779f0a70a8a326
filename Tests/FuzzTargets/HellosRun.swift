import Synchronization
import TLSDecryption
import WireFormat

/// The handshake messages of a connection, and a key log.
///
/// Input: a byte of settings, then handshake messages: a byte with the direction (top bit) and type (other bits), a
/// length in two bytes, and this many bytes of body. A type of 127 makes the rest a key log, which consists of items: a
/// byte selects an ``Item``, and further bytes belong to it.
struct HellosRun {
    private var messages: [(direction: Direction, type: UInt8, body: [UInt8])] = []
    private var keyLog: [UInt8] = []

    private static let labels = [
        "CLIENT_RANDOM", "CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET",
        "CLIENT_TRAFFIC_SECRET_1",
    ]
    private static let randoms = (0..<4).map { String(repeating: "\($0)a", count: 32) }

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        _ = input.byte()
        while input.count > 0, messages.count < 64 {
            let kind = input.byte()
            guard kind & 0x7f != 127 else { break }
            let body = input.take(Int(input.short() & 0x3fff))
            messages.append((kind & 0x80 == 0 ? .fromInitiator : .fromResponder, kind & 0x7f, body))
        }
        // Fewer lines than are read for one random.
        var items = 0
        while input.count > 0, items < 60 {
            items += 1
            let item = input.byte()
            let which = Int(item >> 3)
            switch item & 7 {
            case 0: keyLog += input.take(which)
            case 1: keyLog += Array(Self.labels[which % 8].utf8)
            case 2: keyLog.append(0x20)
            case 3: keyLog += Array(Self.randoms[which % 4].utf8)
            case 4: keyLog += Self.secret(which, of: [32, 48, 31, 47][which % 4])
            case 5: keyLog += which & 1 == 0 ? [10] : [13, 10]
            default:
                let size = which % 8 == 0 ? 48 : 32
                keyLog += Array("\(Self.labels[which % 8]) \(Self.randoms[which / 8 % 4]) ".utf8)
                keyLog += Self.secret(which, of: size) + [10]
            }
        }
    }

    private static func secret(_ which: Int, of size: Int) -> [UInt8] {
        Array(String(repeating: which & 1 == 0 ? "b\(which % 10)" : "C\(which % 10)", count: size).utf8)
    }

    func check() throws(Disagreement) {
        try checkHellos()
        try checkKeyLog()
    }

    // MARK: Hellos

    /// The facts from hellos do not depend on how records and segments cut them.
    private func checkHellos() throws(Disagreement) {
        let whole = try facts(recordSize: 1 << 14, .whole)
        for (size, cutting) in [(1, Cutting.whole), (7, .random), (1 << 14, .byteByByte)] {
            let other = try facts(recordSize: size, cutting)
            guard other == whole else {
                throw Disagreement(words: "records of \(size), cut \(cutting): \(other), whole: \(whole)")
            }
        }
    }

    private func facts(recordSize: Int, _ cutting: Cutting) throws(Disagreement) -> String {
        // Without a key log, and with an empty one that may grow, since that decides whether the reader continues.
        let store = SecretStore(mayGrow: true)
        var reader = TLSReader(bench: CipherBench(secrets: store))
        var packet: UInt64 = 0
        var offsets: [UInt64] = [0, 0]
        for message in messages {
            let length = message.body.count
            let bytes = [message.type, 0, UInt8(length >> 8), UInt8(length & 0xff)] + message.body
            for start in stride(from: 0, to: bytes.count, by: recordSize) {
                let part = bytes[start..<min(bytes.count, start + recordSize)]
                let record = [22, 3, 3, UInt8(part.count >> 8), UInt8(part.count & 0xff)] + part
                for piece in cutting.pieces(of: record) {
                    packet += 1
                    let offset = offsets[message.direction.index]
                    offsets[message.direction.index] += UInt64(piece.count)
                    var output = TLSOutput()
                    reader.receive(
                        piece.span,
                        at: RecordPlace(
                            direction: message.direction,
                            origin: Origin(packet: packet, time: Timestamp(nanoseconds: 0)),
                            carrier: offset..<offset + UInt64(piece.count)), into: &output)
                    guard output.bytes.isEmpty else { throw Disagreement(words: "plaintext without secrets") }
                }
            }
            guard reader.cost <= 1 << 20 else { throw Disagreement(words: "keeps \(reader.cost) bytes") }
        }
        let facts = reader.facts
        let names = facts.offeredProtocols + [facts.serverName, facts.selectedProtocol].compactMap(\.self)
        guard names.count <= 6, names.allSatisfy({ $0.utf8.count <= 3 * 255 }) else {
            throw Disagreement(words: "long names: \(names)")
        }
        let suite = facts.suite.map { "\($0.name), \($0.hash), \($0.cipher.map { "\($0)" } ?? "none")" } ?? "none"
        return "\(facts.version?.name ?? "none") \(suite) \(facts.serverName ?? "none") \(facts.offeredProtocols) "
            + "\(facts.selectedProtocol ?? "none") \(facts.isResumed) \(facts.hasEncryptedHello) "
            + "\(reader.clientRandom?.bytes ?? []) \(reader.client.map { "\($0)" } ?? "none")"
    }

    // MARK: Key logs

    /// A key log yields what a simple reader finds, even if it grows while it is read.
    private func checkKeyLog() throws(Disagreement) {
        let whole = SecretStore()
        whole.add(keyLog)
        let growing = SecretStore(mayGrow: true)
        let source = GrowingText()
        var unread: UInt64 = 0
        for piece in Cutting.random.pieces(of: keyLog) {
            source.append(piece)
            unread = growing.add(source, startingAt: unread)
        }
        for digits in Self.randoms {
            guard let random = Random(Self.bytes(of: digits).span) else { continue }
            for (label, names) in [
                (SecretLabel.master, ["CLIENT_RANDOM"]), (.clientEarly, ["CLIENT_EARLY_TRAFFIC_SECRET"]),
                (.clientHandshake, ["CLIENT_HANDSHAKE_TRAFFIC_SECRET"]),
                (.serverHandshake, ["SERVER_HANDSHAKE_TRAFFIC_SECRET"]),
                (.clientApplication, ["CLIENT_TRAFFIC_SECRET_"]),
                (.serverApplication, ["SERVER_TRAFFIC_SECRET_"]),
            ] {
                let expected = obvious(names[0], digits)
                let found = Set(whole.secrets(label, of: random, at: 1).map(Self.text))
                guard found == expected else {
                    throw Disagreement(words: "\(names[0]) of \(digits): \(found), not \(expected)")
                }
                // An incomplete line may have looked like a whole one.
                let grown = Set(growing.secrets(label, of: random, at: 1).map(Self.text))
                guard grown.isSuperset(of: expected) else {
                    throw Disagreement(words: "\(names[0]) of \(digits), growing: \(grown), not \(expected)")
                }
            }
            let excerpt = SecretStore()
            excerpt.add(whole.keyLog(of: random, at: 1))
            for label in [SecretLabel.master, .clientApplication, .serverHandshake] {
                let (one, other) = (
                    whole.secrets(label, of: random, at: 1), excerpt.secrets(label, of: random, at: 1)
                )
                guard Set(one.map(Self.text)) == Set(other.map(Self.text)) else {
                    throw Disagreement(words: "the excerpt of \(digits) differs")
                }
            }
        }
    }

    /// The secrets of a label and a random, read line by line.
    private func obvious(_ label: String, _ random: String) -> Set<[UInt8]> {
        var found: Set<[UInt8]> = []
        for line in keyLog.split(separator: 10, omittingEmptySubsequences: false) {
            var line = Array(line)
            guard line.count <= 512 else { continue }
            while let last = line.last, [32, 9, 13, 10].contains(last) { line.removeLast() }
            let words = line.split(separator: 32, omittingEmptySubsequences: false).map(Array.init)
            guard words.count == 3, words[1] == Array(random.utf8) else { continue }
            let isGeneration = label.hasSuffix("_")
            let fits =
                isGeneration ? words[0].starts(with: Array(label.utf8)) : words[0] == Array(label.utf8)
            let secret = Self.bytes(of: String(decoding: words[2], as: UTF8.self))
            let sizes = label == "CLIENT_RANDOM" ? [48] : [32, 48]
            guard fits, words[2].count == 2 * secret.count, sizes.contains(secret.count) else { continue }
            found.insert(secret)
        }
        return found
    }

    private static func text(_ secret: KeyBytes) -> [UInt8] { (0..<secret.count).map { secret.span[$0] } }

    private static func bytes(of digits: String) -> [UInt8] {
        let values = digits.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue.map { UInt8($0) } }
        return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}

/// A key log that is still being written.
private final class GrowingText: KeyLogSource {
    private let bytes = Mutex<[UInt8]>([])

    func append(_ new: [UInt8]) { bytes.withLock { $0 += new } }

    func read(at offset: UInt64, count: Int) -> [UInt8] {
        bytes.withLock { bytes in
            guard let start = Int(exactly: offset), start < bytes.count else { return [] }
            return Array(bytes[start...].prefix(count))
        }
    }
}
