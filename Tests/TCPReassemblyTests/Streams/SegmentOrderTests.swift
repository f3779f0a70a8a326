import PacketDecoding
import TestSupport
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("Segments in any order")
struct SegmentOrderTests {
    /// Initial sequence numbers; the last ones make the numbers wrap around within the tests' streams.
    static let initialSequences: [UInt32] = [0, 1000, 0x7fff_fffe, 0xffff_fffa, 0xffff_fffe, 0xffff_ffff]

    /// Up to five segments that overlap in some way.
    static let shapes: [[Range<UInt64>]] = [
        [0..<2, 2..<4, 4..<6, 6..<8, 8..<10],
        [0..<4, 2..<6, 4..<8, 6..<10, 8..<12],
        [0..<10, 0..<10, 0..<10, 0..<10],
        [0..<10, 1..<9, 2..<8, 3..<7, 4..<6],
        [0..<10, 0..<8, 0..<6, 0..<4, 0..<2],
        [0..<10, 2..<10, 4..<10, 6..<10, 8..<10],
        [0..<3, 1..<2, 2..<9, 3..<4, 8..<12],
        [0..<1, 1..<12, 3..<4, 6..<7, 9..<10],
        [2..<3, 5..<6, 8..<9, 1..<10, 0..<11],
        [0..<2, 3..<5, 6..<8, 1..<7, 8..<9],
        [1..<3, 4..<6, 2..<5, 5..<8, 0..<1],
        [0..<5, 5..<10, 3..<7, 0..<10, 9..<11],
        [3..<6, 3..<6, 0..<4, 5..<9, 1..<8],
        [4..<5, 2..<3, 0..<1, 3..<4, 1..<2],
        [2..<4, 6..<8, 10..<12, 4..<6, 3..<11],
        [0..<4, 8..<12, 2..<10, 6..<7],
    ]

    @Test("deliver the same bytes as the reference", arguments: shapes, initialSequences)
    func permutations(shape: [Range<UInt64>], initialSequence: UInt32) {
        for order in SegmentOrderTests.permutations(of: Array(shape.indices)) {
            let segments = order.map { (range: shape[$0], value: UInt8($0 + 1)) }
            SegmentOrderTests.compare(segments, initialSequence, "order \(order)")
        }
    }

    @Test("deliver the same bytes as the reference, whatever three there are", arguments: initialSequences)
    func smallWorld(initialSequence: UInt32) {
        let ranges = (0..<4).flatMap { start in (start + 1...4).map { UInt64(start)..<UInt64($0) } }
        for first in ranges {
            for second in ranges {
                for third in ranges {
                    let segments = [first, second, third].enumerated().map { (range: $1, value: UInt8($0 + 1)) }
                    SegmentOrderTests.compare(segments, initialSequence, "\(first) \(second) \(third)")
                }
            }
        }
    }

    @Test("deliver the same bytes as the reference when they are many", arguments: 0..<40)
    func random(run: UInt64) {
        let seed = UInt64.random(in: .min ... .max) &+ run
        var random = SeededGenerator(seed: seed)
        let initialSequence = Bool.random(using: &random) ? UInt32.random(in: .min ... .max) : 0xffff_ff80
        var wire = Wire(.initiator(.syn, initialSequence))
        var reference = ReferenceStream()
        let length = UInt64.random(in: 20...400, using: &random)
        for _ in 0..<60 {
            let start = UInt64.random(in: 0..<length, using: &random)
            let count = Int.random(in: 1...40, using: &random)
            let cut = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 1...count, using: &random) : 0
            var sent = Sent.initiator(.psh, initialSequence &+ 1 &+ UInt32(start))
            sent.bytes = (0..<count).map { _ in .random(in: .min ... .max, using: &random) }
            wire.receive(sent.cut(cut))
            reference.receive(Array(sent.bytes.dropLast(cut)), cut: cut, at: start)
            #expect(wire.merged == reference.pieces, "seed \(seed)")
        }
        wire.flush()
        reference.flush()
        #expect(wire.merged == reference.pieces, "seed \(seed)")
        #expect(wire.budget == wire.limits.heldBytes, "seed \(seed)")
    }

    @Test("stay in order after 2^32 bytes")
    func longStream() {
        var wire = Wire(.initiator(.syn, 77))
        var offset: UInt64 = 0
        for _ in 0..<9 {
            var sent = Sent.initiator([], 78 &+ UInt32(truncatingIfNeeded: offset))
            sent.cut = 1 << 29
            wire.receive(sent)
            offset += 1 << 29
        }
        let sequence = 78 &+ UInt32(truncatingIfNeeded: offset)
        wire.receive([.initiator([], sequence &+ 3, "late"), .initiator([], sequence, "too")])
        #expect(wire.forth.last == .text("toolate"))
        #expect(wire.connection[.fromInitiator].nextOffset == 9 << 29 + 7)
    }

    /// Feeds segments to a connection and to the reference; every stream byte has a fixed value.
    private static func compare(
        _ segments: [(range: Range<UInt64>, value: UInt8)], _ initialSequence: UInt32, _ comment: String
    ) {
        var wire = Wire(.initiator(.syn, initialSequence))
        var reference = ReferenceStream()
        for segment in segments {
            var sent = Sent.initiator(.psh, initialSequence &+ 1 &+ UInt32(segment.range.lowerBound))
            sent.bytes = Array(repeating: segment.value, count: segment.range.count)
            wire.receive(sent)
            reference.receive(sent.bytes, at: segment.range.lowerBound)
            #expect(wire.merged == reference.pieces, "\(comment)")
        }
        wire.flush()
        reference.flush()
        #expect(wire.merged == reference.pieces, "\(comment)")
        #expect(wire.budget == wire.limits.heldBytes, "\(comment)")
    }

    private static func permutations(of items: [Int]) -> [[Int]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index in
            var rest = items
            let first = rest.remove(at: index)
            return permutations(of: rest).map { [first] + $0 }
        }
    }
}

extension Wire {
    /// What the initiator has sent, with adjacent gaps merged.
    var merged: [Piece] {
        forth.reduce(into: []) { pieces, piece in
            if case .gap(let length) = piece, case .gap(let before) = pieces.last {
                pieces[pieces.count - 1] = .gap(before + length)
            } else {
                pieces.append(piece)
            }
        }
    }
}
