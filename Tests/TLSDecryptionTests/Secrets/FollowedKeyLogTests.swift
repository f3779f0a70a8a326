import TLSDecryption
import TestSupport
import Testing
import WireFormat

@Suite("Key logs that are followed")
struct FollowedKeyLogTests {
    private static func digits(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 64 - digits.count) + digits
    }

    private static func random(_ digits: String) -> Random? { Random(bytes(hex: digits).span) }

    /// A line whose random and secret are a number.
    private static func line(_ number: Int) -> String {
        "CLIENT_TRAFFIC_SECRET_0 \(digits(number)) \(digits(number))\n"
    }

    private static func lines(_ numbers: Range<Int>) -> String { numbers.map(line).joined() }

    /// How a key log is written: its text at first, and what stands in it after each further step.
    struct Writing: CustomTestStringConvertible {
        let testDescription: String
        let first: String
        let steps: [String]
        /// The numbers of the last text's lines.
        let numbers: [Int]

        init(_ description: String, _ first: String, _ steps: [String], _ numbers: Range<Int>) {
            testDescription = description
            self.first = first
            self.steps = steps
            self.numbers = Array(numbers)
        }
    }

    /// A key log of many reads.
    private static let filler = String(repeating: "# nothing that counts\n", count: 120_000)

    static let writings = [
        Writing("whole lines", lines(1..<5), [lines(1..<9)], 1..<9),
        Writing("half a line", lines(1..<5), [lines(1..<5) + line(5).prefix(120), lines(1..<6)], 1..<6),
        Writing("a line without its end", lines(1..<5), [String(lines(1..<6).dropLast()), lines(1..<7)], 1..<7),
        Writing("the same length", lines(1..<5), [lines(11..<15)], 11..<15),
        Writing("the same length, after nothing", lines(1..<5), ["", lines(11..<15)], 11..<15),
        Writing("the same length, half by half", lines(1..<5), [lines(11..<13), lines(11..<15)], 11..<15),
        Writing("longer", lines(1..<5), [lines(11..<20)], 11..<20),
        Writing("longer, with the same first line", lines(1..<5), [line(1) + lines(11..<20)], 11..<20),
        Writing("shorter", lines(1..<9), [lines(11..<13)], 11..<13),
        Writing("shorter, then longer", lines(1..<9), ["", lines(11..<12), lines(11..<40)], 11..<40),
        Writing("nothing, then as before", lines(1..<5), ["", lines(1..<5)], 1..<5),
        Writing("long, the end", filler + lines(1..<5), [filler + lines(11..<15)], 11..<15),
        Writing("long, the beginning", lines(1..<5) + filler, [lines(11..<15) + filler], 11..<15),
        Writing("long, on and on", filler + lines(1..<5), [filler + lines(1..<9) + filler + lines(9..<12)], 1..<12),
        Writing("long, then short", filler + lines(1..<5), [lines(11..<15)], 11..<15),
    ]

    /// Each step of the writer comes before any read of the reader's, or of its next turn.
    @Test("have the lines that stand in them, whenever they are written", arguments: writings, [true, false])
    func written(writing: Writing, isTimeCoarse: Bool) throws {
        for delay in 0..<16 {
            let file = WrittenKeyLog(writing.first)
            let store = SecretStore(mayGrow: true)
            var keyLog = FollowedKeyLog(file)
            file.isTimeCoarse = isTimeCoarse
            keyLog.readOn(store, at: file.state, from: 1)
            for (index, text) in writing.steps.enumerated() { file.schedule(text, after: delay * (index + 1)) }
            for _ in 0..<6 { keyLog.readOn(store, at: file.state, from: 1) }
            file.writeAll()
            keyLog.readOn(store, at: file.state, from: 1)
            for number in 0..<50 {
                let digits = Self.digits(number)
                let random = try #require(Self.random(digits))
                let secrets = store.secrets(.clientApplication, of: random, at: 1)
                guard writing.numbers.contains(number) else { continue }
                #expect(secrets == [KeyBytes(bytes(hex: digits))], "\(number), after \(delay) reads")
            }
        }
    }

    @Test("are not read if nothing has changed")
    func unchanged() {
        let file = WrittenKeyLog(Self.lines(1..<5))
        let store = SecretStore(mayGrow: true)
        var keyLog = FollowedKeyLog(file)
        keyLog.readOn(store, at: file.state, from: 1)
        let settled = file.settledState
        keyLog.readOn(store, at: settled, from: 1)
        let count = file.readCount
        for _ in 0..<10 { keyLog.readOn(store, at: settled, from: 1) }
        #expect(file.readCount == count)
    }
}

/// A key log that is written between the reads of its reader.
private final class WrittenKeyLog: KeyLogSource, @unchecked Sendable {
    private var text: [UInt8]
    private var steps: [(text: [UInt8], read: Int)] = []
    private(set) var readCount = 0
    private var time: Int64 = 1_000_000_000_000
    /// Whether the time of the file stands still.
    var isTimeCoarse = false

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    /// Writes a text before a read, counted from now on.
    func schedule(_ text: String, after reads: Int) { steps.append((Array(text.utf8), readCount + reads)) }

    func writeAll() {
        while !steps.isEmpty { write() }
    }

    private func write() {
        text = steps.removeFirst().text
        if !isTimeCoarse { time += 10_000_000_000 }
    }

    /// How it is just after it was written.
    var state: KeyLogState { KeyLogState(size: UInt64(text.count), changed: time, now: time + 1) }
    /// How it is some time later.
    var settledState: KeyLogState {
        KeyLogState(size: UInt64(text.count), changed: time, now: time + 10_000_000_000)
    }

    func read(at offset: UInt64, count: Int) -> [UInt8] {
        while let step = steps.first, step.read <= readCount { write() }
        readCount += 1
        return Array(text.dropFirst(Int(offset)).prefix(count))
    }
}
