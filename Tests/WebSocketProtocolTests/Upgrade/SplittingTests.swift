import TestSupport
import Testing
import WebSocketProtocol

@Suite("However the streams are cut and mixed, the outcomes stand at the same places")
struct SplittingTests {
    @Test("As it is", arguments: conversations)
    func whole(_ conversation: Conversation) {
        #expect(conversation.log == conversation.expected)
    }

    @Test("Byte by byte", arguments: conversations)
    func byteByByte(_ conversation: Conversation) {
        var driver = UpgradeDriver()
        for piece in conversation.pieces {
            for byte in piece.bytes { driver.feed(.init(side: piece.side, bytes: [byte])) }
        }
        #expect(driver.log == conversation.expected)
    }

    @Test("Each stream in one lump, either first", arguments: conversations)
    func lumped(_ conversation: Conversation) {
        for first in StreamSide.allCases {
            var driver = UpgradeDriver()
            for side in [first, first.other] {
                driver.feed(.init(side: side, bytes: conversation.stream(of: side)))
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
                pieces.insert(.init(side: piece.side, bytes: Array(piece.bytes[place...])), at: number + 1)
                var driver = UpgradeDriver()
                driver.feed(pieces)
                #expect(driver.log == conversation.expected, "piece \(number) cut at \(place)")
            }
        }
    }

    @Test("Random cuts of both streams, mixed at random", arguments: conversations)
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
        var rest: [StreamSide: ArraySlice<UInt8>] = [
            .initiator: stream(of: .initiator)[...], .responder: stream(of: .responder)[...],
        ]
        let longest = [1, 7, 60, 400].randomElement(using: &random)!
        var pieces: [Piece] = []
        while let side = StreamSide.allCases.filter({ !rest[$0]!.isEmpty }).randomElement(using: &random) {
            let bytes = rest[side]!.prefix(Int.random(in: 1...longest, using: &random))
            pieces.append(.init(side: side, bytes: Array(bytes)))
            rest[side]!.removeFirst(bytes.count)
        }
        return pieces
    }
}
