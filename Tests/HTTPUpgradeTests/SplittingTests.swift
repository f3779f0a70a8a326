import HTTPUpgrade
import TestSupport
import Testing
import WireFormat

@Suite("Outcomes do not depend on how the streams are cut and interleaved")
struct SplittingTests {
    @Test("As captured", arguments: conversations)
    func whole(_ conversation: Conversation) {
        #expect(conversation.log == conversation.expected)
    }

    @Test("Byte by byte", arguments: conversations)
    func byteByByte(_ conversation: Conversation) {
        var driver = UpgradeDriver()
        for piece in conversation.pieces {
            for byte in piece.bytes { driver.feed(.init(direction: piece.direction, bytes: [byte])) }
        }
        #expect(driver.log == conversation.expected)
    }

    @Test("Each stream in one lump, either first", arguments: conversations)
    func lumped(_ conversation: Conversation) {
        for first in Direction.allCases {
            var driver = UpgradeDriver()
            for direction in [first, first.opposite] {
                driver.feed(.init(direction: direction, bytes: conversation.stream(of: direction)))
            }
            #expect(driver.log == conversation.expected)
        }
    }

    @Test("Each piece cut at every place", arguments: conversations)
    func everySplit(_ conversation: Conversation) {
        for (number, piece) in conversation.pieces.enumerated() {
            for place in piece.bytes.indices.dropFirst() {
                var pieces = conversation.pieces
                pieces[number].bytes = Array(piece.bytes[..<place])
                pieces.insert(.init(direction: piece.direction, bytes: Array(piece.bytes[place...])), at: number + 1)
                var driver = UpgradeDriver()
                driver.feed(pieces)
                #expect(driver.log == conversation.expected, "piece \(number) cut at \(place)")
            }
        }
    }

    @Test("Random cuts of both streams, interleaved at random", arguments: conversations)
    func mixed(_ conversation: Conversation) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            var driver = UpgradeDriver()
            driver.feed(conversation.mixed(using: &random))
            #expect(driver.log == conversation.expected, "seed \(seed)")
        }
    }
}

extension Conversation {
    /// The same two streams, cut and mixed at random.
    func mixed(using random: inout SeededGenerator) -> [Piece] {
        var rest: [Direction: ArraySlice<UInt8>] = [
            .fromInitiator: stream(of: .fromInitiator)[...], .fromResponder: stream(of: .fromResponder)[...],
        ]
        let longest = [1, 7, 60, 400].randomElement(using: &random)!
        var pieces: [Piece] = []
        while let direction = Direction.allCases.filter({ !rest[$0]!.isEmpty }).randomElement(using: &random) {
            let bytes = rest[direction]!.prefix(Int.random(in: 1...longest, using: &random))
            pieces.append(.init(direction: direction, bytes: Array(bytes)))
            rest[direction]!.removeFirst(bytes.count)
        }
        return pieces
    }
}
