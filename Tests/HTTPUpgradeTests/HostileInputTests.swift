import TestSupport
import Testing
import WireFormat

@testable import HTTPUpgrade

@Suite("Hostile input")
struct HostileInputTests {
    @Test("Random bytes are taken or left, and never trap", arguments: 0..<20)
    func noise(number: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let alphabet: [UInt8] = [0, 4, 5, 1, 3, 0x16, 13, 10, 32, 58, 47, 48, 49, 46] + Array("GETHP".utf8)
            let pieces = (0..<20).map { _ in
                Conversation.Piece(
                    direction: .allCases.randomElement(using: &random)!,
                    bytes: (0..<Int.random(in: 0...30, using: &random)).map { _ in
                        alphabet.randomElement(using: &random)!
                    })
            }
            run(pieces, &random, "seed \(seed)")
        }
    }

    @Test("Valid conversations with a few bytes changed, removed or doubled", arguments: conversations)
    func mutations(_ conversation: Conversation) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            var pieces = conversation.mixed(using: &random)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let piece = pieces.indices.randomElement(using: &random)!
                guard let place = pieces[piece].bytes.indices.randomElement(using: &random) else { continue }
                switch Int.random(in: 0..<5, using: &random) {
                case 0: pieces[piece].bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: pieces[piece].bytes.remove(at: place)
                case 2: pieces[piece].bytes.insert(pieces[piece].bytes[place], at: place)
                case 3: pieces[piece].bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                default: pieces.swapAt(piece, pieces.indices.randomElement(using: &random)!)
                }
            }
            run(pieces, &random, "seed \(seed)")
        }
    }

    /// Feeds pieces with gaps between them; the follower must finish each, and keep no more than allowed.
    private func run(_ pieces: [Conversation.Piece], _ random: inout SeededGenerator, _ comment: Comment) {
        var limits = UpgradeFollower.Limits()
        limits.head = 400
        var follower = UpgradeFollower(limits: limits, beganBeforeCapture: Int.random(in: 0..<4, using: &random) == 0)
        var held: [Direction: [UInt8]] = [.fromInitiator: [], .fromResponder: []]
        for piece in pieces {
            held[piece.direction]! += piece.bytes
            if Int.random(in: 0..<20, using: &random) == 0, held[piece.direction]!.isEmpty {
                _ = follower.skip([nil, 0, 1, 50, .max].randomElement(using: &random)!, from: piece.direction)
            }
            var steps = 0
            for direction in [piece.direction, piece.direction.opposite, piece.direction] {
                while !held[direction]!.isEmpty {
                    let bytes = held[direction]!
                    let step = follower.receive(bytes.span, from: direction)
                    held[direction]!.removeFirst(step.consumed)
                    steps += 1
                    if case .waits = step.outcome { break }
                    if case .finished = step.outcome { break }
                    if case .consumed = step.outcome { #expect(held[direction]!.isEmpty, comment) }
                }
            }
            // Each step but the last of a stream ends in an outcome of its own, that is, in a head.
            #expect(steps < 100, comment)
            if Int.random(in: 0..<200, using: &random) == 0 { _ = follower.giveUpWaiting() }
        }
        #expect(follower.keptBytes <= 2 * limits.head + 600, comment)
    }
}

extension UpgradeFollower {
    /// The bytes of incomplete heads and messages kept.
    fileprivate var keptBytes: Int {
        var count = streams[0].head.count + streams[1].head.count
        if case .proxy(let exchange) = phase { count += exchange.cost / 2 }
        return count
    }
}
