import BasicContainers
import CZlib
import TestSupport
import Testing
import WireFormat

@testable import WebSocketProtocol

@Suite("Inflating, compared with zlib")
struct InflaterTests {
    /// Inflates messages of one direction, each cut at random into output of random length, and as a short or a long
    /// message whatever its length.
    private struct Direction: ~Copyable {
        var inflater: Inflater
        let mostBytes = 1 << 22

        init(windowBits: Int = 15) {
            inflater = Inflater(windowBits: windowBits)!
        }

        mutating func inflate(
            _ message: [UInt8], _ random: inout SeededGenerator
        ) -> ReferenceInflating.Outcome {
            if Bool.random(using: &random) { inflater.beginLong() }
            let outcome = inflateAll(message, &random)
            switch outcome {
            case .inflated, .unfinished: inflater.end()
            default: inflater.reset()
            }
            return outcome
        }

        private mutating func inflateAll(
            _ message: [UInt8], _ random: inout SeededGenerator
        ) -> ReferenceInflating.Outcome {
            var output: [UInt8] = []
            var rest = message[...]
            while !rest.isEmpty {
                let most = Bool.random(using: &random) ? rest.count : min(20, rest.count)
                let piece = Array(rest.prefix(Int.random(in: 1...most, using: &random)))
                rest = rest.dropFirst(piece.count)
                if let failure = inflate(piece, into: &output, &random) { return failure }
            }
            if !inflater.isAtStreamEnd,
                let failure = inflate([0x00, 0x00, 0xff, 0xff], into: &output, &random)
            {
                return failure
            }
            if inflater.isAtBlockEnd { return .inflated(output) }
            var last = UniqueArray<UInt8>(minimumCapacity: 16)
            inflater.takeLast(into: &last)
            for index in last.indices { output.append(last[index]) }
            return .unfinished(output)
        }

        private mutating func inflate(
            _ piece: [UInt8], into output: inout [UInt8], _ random: inout SeededGenerator
        ) -> ReferenceInflating.Outcome? {
            var input = ByteCursor(piece.span)
            while true {
                let length = [1, Int.random(in: 1...300, using: &random), 16384, 100_000].randomElement(using: &random)!
                var room = UniqueArray<UInt8>(minimumCapacity: length)
                let status = inflater.inflate(&input, into: &room)
                for index in room.indices { output.append(room[index]) }
                if output.count > mostBytes { return .tooLong }
                switch status {
                case .broken: return .broken
                case .inputTaken: return input.isEmpty ? nil : .broken
                case .outputFull: if room.freeCapacity > 0 { return .broken }
                }
            }
        }
    }

    /// Random payloads: noise, few letters, words, numbers, copies from far back.
    private static func payload(_ random: inout SeededGenerator) -> [UInt8] {
        let count = Int.random(in: 0...([30, 600, 20_000, 150_000].randomElement(using: &random)!), using: &random)
        let words = ["the ", "quick ", "{\"price\":", "€", "\",\"", "😀", "aaaaaaaaaaaaaaaa"].map { Array($0.utf8) }
        var bytes: [UInt8] = []
        let kind = Int.random(in: 0...4, using: &random)
        while bytes.count < count {
            switch kind {
            case 0: bytes += random.bytes(100)
            case 1: bytes.append(UInt8.random(in: 97...99, using: &random))
            case 2: bytes += words.randomElement(using: &random)!
            case 3: bytes += Array("\(UInt16.random(in: 0 ... .max, using: &random)),".utf8)
            default:
                bytes += random.bytes(Int.random(in: 1...50, using: &random))
                let start = Int.random(in: max(0, bytes.count - 32768)..<bytes.count, using: &random)
                bytes += Array(bytes[start...].prefix(Int.random(in: 3...300, using: &random)))
            }
        }
        return Array(bytes.prefix(count))
    }

    private static func deflating(
        takeover: Bool, windowBits: Int, _ random: inout SeededGenerator
    ) -> Deflating {
        let strategies = [Z_DEFAULT_STRATEGY, Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED]
        return Deflating(
            takeover: takeover, windowBits: windowBits, level: Int32.random(in: 0...9, using: &random),
            strategy: strategies.randomElement(using: &random)!)
    }

    private static func compressed(
        _ payload: [UInt8], _ deflating: Deflating, _ random: inout SeededGenerator
    ) -> [UInt8] {
        let ending =
            Int.random(in: 0...3, using: &random) == 0
            ? Deflating.Ending.allCases.randomElement(using: &random)! : .flush
        let isParted = payload.count < 5000 && Int.random(in: 0...3, using: &random) == 0
        return deflating.compress(
            payload, ending: ending, blockLength: isParted ? Int.random(in: 100...1000, using: &random) : nil)
    }

    @Test("Deflated data inflates again, however it is cut", arguments: 8...15, [true, false])
    func whole(windowBits: Int, takeover: Bool) {
        var random = SeededGenerator()
        for _ in 0..<12 {
            let deflating = Self.deflating(takeover: takeover, windowBits: windowBits, &random)
            var direction = Direction(windowBits: windowBits)
            for _ in 0..<8 {
                let payload = Self.payload(&random)
                let message = Self.compressed(payload, deflating, &random)
                #expect(direction.inflate(message, &random) == .inflated(payload))
                if !takeover { direction.inflater.reset() }
            }
        }
    }

    /// Damages a message: flips bits, and replaces, removes or appends bytes.
    private static func damage(_ message: inout [UInt8], _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            guard !message.isEmpty else { return }
            // The first bytes contain the codes.
            let most = Bool.random(using: &random) ? min(80, message.count) : message.count
            let place = Int.random(in: 0..<most, using: &random)
            switch Int.random(in: 0...4, using: &random) {
            case 0: message[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 1: message[place] = UInt8.random(in: 0 ... .max, using: &random)
            case 2: message.removeSubrange(place...)
            case 3: message.removeSubrange(place..<Int.random(in: place..<message.count, using: &random))
            default: message += random.bytes(Int.random(in: 1...8, using: &random))
            }
        }
    }

    /// Whether zlib refuses a message whatever follows it, judged by many continuations.
    private static func isHopeless(_ message: [UInt8], _ random: inout SeededGenerator) -> Bool {
        let continuations = [[UInt8](repeating: 0, count: 500)] + (0..<200).map { _ in random.bytes(500) }
        return continuations.allSatisfy { continuation in
            switch ReferenceInflating().inflate(message + continuation) {
            case .broken, .incompleteCode: true
            default: false
            }
        }
    }

    @Test("Damaged data is refused where zlib refuses it, and otherwise inflates to the same bytes")
    func damaged() {
        var random = SeededGenerator()
        var counts = (inflated: 0, unfinished: 0, broken: 0)
        for _ in 0..<300 {
            let deflating = Self.deflating(takeover: true, windowBits: 15, &random)
            var direction = Direction()
            let reference = ReferenceInflating()
            for _ in 0..<6 {
                var message = Self.compressed(Array(Self.payload(&random).prefix(20_000)), deflating, &random)
                Self.damage(&message, &random)
                // An empty payload is not inflated at all.
                if message.isEmpty { continue }
                let expected = reference.inflate(message)
                let outcome = direction.inflate(message, &random)
                // The first of these is tested below.
                if expected == .incompleteCode || expected == .tooLong { break }
                if outcome == .broken, case .unfinished = expected {
                    // ISA-L refuses a header without an end-of-block code before the rest of it has come.
                    #expect(Self.isHopeless(message, &random))
                    break
                }
                #expect(outcome == expected)
                if outcome != expected { return }
                switch outcome {
                case .inflated: counts.inflated += 1
                case .unfinished: counts.unfinished += 1
                default:
                    counts.broken += 1
                    reference.reset()
                }
            }
        }
        #expect(counts.inflated > 200 && counts.unfinished > 50 && counts.broken > 50)
    }

    /// A dynamic block (RFC 1951 3.2.7) that codes A, B and its end as 00, 01 and 10, so that 11 has no meaning; and
    /// the header of a stored block.
    private static func incomplete(_ data: String) -> [UInt8] {
        func number(_ value: Int, bits: Int) -> String {
            String((0..<bits).map { value >> $0 & 1 == 1 ? "1" : "0" })
        }
        // The code for code lengths: 0 for 18 (a run of zeros), 10 for 0, 11 for 2.
        let lengths = [0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
        let header = "001" + number(0, bits: 5) + number(0, bits: 5) + number(12, bits: 4)
        let codes =
            "0" + number(65 - 11, bits: 7) + "11" + "11" + "0" + number(127, bits: 7) + "0" + number(51 - 11, bits: 7)
            + "11" + "10"
        let bits = Array(header + lengths.map { number($0, bits: 3) }.joined() + codes + data + "000")
        return stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<min(start + 8, bits.count)].reversed().reduce(0) { $0 << 1 | ($1 == "1" ? 1 : 0) }
        }
    }

    @Test("ISA-L accepts an incomplete code until an undefined bit sequence comes")
    func incompleteCode() {
        // zlib refuses such a code at once. RFC 1951 does not forbid it, and there is only one way to read it.
        #expect(ReferenceInflating().inflate(Self.incomplete("000110")) == .incompleteCode)
        for (data, expected) in [("000110", "AB"), ("00010110", "ABB"), ("001110", nil), ("1110", nil)] {
            var inflater = ISALInflater(windowBits: 15, after: ZlibInflater(windowBits: 15)!)
            let message = Self.incomplete(data) + [0x00, 0x00, 0xff, 0xff]
            var input = ByteCursor(message.span)
            var output = UniqueArray<UInt8>(minimumCapacity: 100)
            let status = inflater.inflate(&input, into: &output)
            #expect((status == .broken) == (expected == nil))
            if let expected {
                let isAtBlockEnd = inflater.isAtBlockEnd
                #expect(isAtBlockEnd)
                #expect(output.span.withUnsafeBufferPointer { Array($0) } == Array(expected.utf8))
            }
        }
    }

    @Test("Known bytes of the window are counted alike for short and long messages", arguments: [false, true])
    func wholeWindow(areLong: Bool) {
        var random = SeededGenerator()
        let deflating = Deflating()
        var inflater = Inflater(windowBits: 15)!
        for (payload, isWhole) in [(random.bytes(20_000), false), (random.bytes(12_767), false), ([1], true)] {
            if areLong { inflater.beginLong() }
            let message = deflating.compress(payload) + [0x00, 0x00, 0xff, 0xff]
            var input = ByteCursor(message.span)
            var output = UniqueArray<UInt8>(minimumCapacity: 30_000)
            let status = inflater.inflate(&input, into: &output)
            #expect(status == .inputTaken)
            inflater.end()
            let hasWholeWindow = inflater.inflatedCount >= 1 << 15
            #expect(hasWholeWindow == isWhole)
        }
        inflater.reset()
        let isForgotten = inflater.inflatedCount == 0
        #expect(isForgotten)
    }

    @Test("Final blocks after very long messages keep the window (RFC 7692 7.2.3.4)")
    func finalBlocksOfLongMessages() {
        var random = SeededGenerator()
        let deflating = Deflating()
        var direction = Direction()
        for count in [30_000, 70_000, 200_000, 10, 65_536, 32_768, 10] {
            let payload = random.bytes(count / 2) + [UInt8](repeating: 0x41, count: count / 2)
            for payload in [payload, Array(payload.suffix(32_000))] {
                let message = deflating.compress(payload, ending: .finalBlock)
                #expect(direction.inflate(message, &random) == .inflated(payload))
            }
        }
    }

    @Test("The farthest distance is the one up to which zlib needs its window, however the data is cut")
    func distances() {
        var random = SeededGenerator()
        var far = 0
        for _ in 0..<40 {
            let deflating = Self.deflating(takeover: true, windowBits: 15, &random)
            let reader = DistanceReader(window: 0)
            var messages: [[UInt8]] = []
            var farthest = 0
            for _ in 0..<3 {
                let message = Self.compressed(Array(Self.payload(&random).prefix(20_000)), deflating, &random)
                messages.append(message)
                reader.begin(reach: 0)
                var rest = message[...]
                while !rest.isEmpty {
                    let most = Bool.random(using: &random) ? rest.count : min(20, rest.count)
                    let piece = Array(rest.prefix(Int.random(in: 1...most, using: &random)))
                    rest = rest.dropFirst(piece.count)
                    reader.receive(piece.span, reach: .max)
                }
                farthest = max(farthest, reader.farthest)
                for bits in 9...14 {
                    let fits = ReferenceInflating.fits(messages, windowBits: bits)
                    #expect(fits == (farthest <= 1 << bits), "\(farthest) against 2^\(bits)")
                }
            }
            if farthest > 1 << 9 { far += 1 }
        }
        #expect((5...35).contains(far))
    }

    @Test("Random data is read for distances to its end")
    func randomDistances() {
        var random = SeededGenerator()
        for _ in 0..<3000 {
            let reader = DistanceReader(window: 0)
            reader.begin(reach: 0)
            for _ in 0..<4 { reader.receive(random.bytes(Int.random(in: 0...60, using: &random)).span, reach: .max) }
            #expect((0...32768).contains(reader.farthest))
        }
    }

    @Test("Only messages that can reach beyond the window are read, from their beginning, until the window is proven")
    func readsOnlyWhatMayExceed() {
        var random = SeededGenerator()
        let near = random.bytes(300)
        let message = Deflating().compress(near + [UInt8](repeating: 0x2e, count: 700) + near)
        let reader = DistanceReader(window: 512)
        let (head, tail) = (Array(message.prefix(200)), Array(message.dropFirst(200)))
        // It begins within the window and ends beyond it.
        reader.begin(reach: 0)
        reader.receive(head.span, reach: 200)
        #expect(reader.farthest == 0)
        reader.receive(tail.span, reach: 1300)
        #expect(reader.farthest == 1000)
        #expect(reader.exceedsWindow)
        reader.begin(reach: 0)
        #expect(!reader.exceedsWindow && !reader.isProven)
        // 500 matches with a short period, repeated.
        let periods = (0..<500).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] + near.prefix(9) }
        let near512 = Deflating(windowBits: 9).compress(periods)
        for _ in 0..<8 where !reader.isProven {
            reader.begin(reach: 0)
            reader.receive(near512.span, reach: 6000)
            #expect(!reader.exceedsWindow)
        }
        #expect(reader.isProven)
    }

    /// Reads conversations of words, a few frequent and most rare, up to the first message that exceeds the window or
    /// proves it.
    private static func judge(windowBits: Int, actualBits: Int, _ random: inout SeededGenerator) -> (
        exceeds: Bool, compressedBytes: Int
    ) {
        let words = (0..<800).map { _ in
            (0..<Int.random(in: 2...9, using: &random)).map { _ in
                UInt8.random(in: 0x61...0x7a, using: &random)
            }
        }
        let deflating = Deflating(windowBits: actualBits)
        let reader = DistanceReader(window: 1 << windowBits)
        var reach = 0
        var read = 0
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 5...80, using: &random)).flatMap { _ in
                let rank = Double.random(in: 0..<1, using: &random)
                return words[Int(rank * rank * 800)] + [0x20]
            }
            let message = deflating.compress(text)
            reach += text.count
            read += message.count
            reader.begin(reach: min(reach - text.count, 32_768))
            reader.receive(message.span, reach: min(reach, 32_768))
            if reader.exceedsWindow || reader.isProven { return (reader.exceedsWindow, read) }
        }
        return (false, read)
    }

    @Test("A sender with a larger window shows it before its window is proven", arguments: 9...13)
    func largerWindow(bits: Int) {
        var random = SeededGenerator()
        for larger in bits + 1...15 {
            for _ in 0..<4 {
                #expect(Self.judge(windowBits: bits, actualBits: larger, &random).exceeds, "2^\(larger) for 2^\(bits)")
            }
        }
    }

    @Test("A sender that keeps to its window soon proves it", arguments: 9...13)
    func keptWindow(bits: Int) {
        var random = SeededGenerator()
        for _ in 0..<4 {
            let judged = Self.judge(windowBits: bits, actualBits: bits, &random)
            #expect(!judged.exceeds)
            #expect(judged.compressedBytes < 33 << 10)
        }
    }
}
