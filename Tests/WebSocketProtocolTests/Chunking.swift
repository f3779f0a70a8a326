import TestSupport
import Testing

@testable import WebSocketProtocol

extension StreamSetup {
    /// Reads the same stream cut in many ways, expects the same reports each time, and returns them.
    ///
    /// The stream is fed unchanged, in lumps as large as possible, byte by byte, cut at each place (at some if it is
    /// long), cut at random, and with empty pieces in between. Gaps stay in place.
    func readEveryWay(
        _ pieces: [StreamPiece], seed: UInt64 = .random(in: 0...UInt64.max), randomCuts: Int = 8,
        sourceLocation: SourceLocation = #_sourceLocation
    ) -> [Reported] {
        var random = SeededGenerator(seed: seed)
        let lumped = pieces.lumped
        let expected = read(pieces)
        func demand(_ cut: [StreamPiece], _ how: String) {
            let reported = read(cut)
            guard reported != expected else { return }
            let different = zip(reported, expected).enumerated().first { $1.0 != $1.1 }
            Issue.record(
                """
                \(how), seed \(seed): \(reported.count) things reported, not \(expected.count); the first that differs is \
                \(String(describing: different).prefix(600))
                """, sourceLocation: sourceLocation)
        }
        demand(lumped, "lumped")
        if lumped.byteCount <= 20_000 { demand(lumped.cut { _ in 1 }, "byte by byte") }
        var places = Array(1..<max(1, lumped.byteCount))
        if places.count > 300 {
            places = Array(places.prefix(40) + places.shuffled(using: &random).prefix(20) + places.suffix(40))
        }
        for place in places { demand(lumped.cut(at: place), "cut at \(place)") }
        for _ in 0..<randomCuts {
            let longest = [2, 9, 70, 5000].randomElement(using: &random)!
            demand(lumped.cut { _ in Int.random(in: 0...longest, using: &random) }, "cut at random")
        }
        return expected
    }

    func readEveryWay(
        _ bytes: [UInt8], seed: UInt64 = .random(in: 0...UInt64.max), sourceLocation: SourceLocation = #_sourceLocation
    ) -> [Reported] {
        readEveryWay([.bytes(bytes)], seed: seed, sourceLocation: sourceLocation)
    }

    func readEveryWay(_ frames: [FrameBytes], sourceLocation: SourceLocation = #_sourceLocation) -> [Reported] {
        readEveryWay(frames.flatMap(\.bytes), sourceLocation: sourceLocation)
    }
}

extension [StreamPiece] {
    /// The total bytes of all pieces.
    var byteCount: Int {
        reduce(0) { if case .bytes(let bytes) = $1 { $0 + bytes.count } else { $0 } }
    }

    /// The same stream in as few pieces as possible.
    var lumped: [StreamPiece] {
        reduce(into: []) { pieces, piece in
            if case .bytes(let bytes) = piece, case .bytes(let before) = pieces.last {
                pieces[pieces.count - 1] = .bytes(before + bytes)
            } else {
                pieces.append(piece)
            }
        }
    }

    /// The same stream in pieces whose lengths `length` returns; its argument is the number of bytes left of the piece.
    func cut(_ length: (Int) -> Int) -> [StreamPiece] {
        flatMap { piece -> [StreamPiece] in
            guard case .bytes(let bytes) = piece else { return [piece] }
            var cut: [StreamPiece] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let head = rest.prefix(length(rest.count))
                cut.append(.bytes([UInt8](head)))
                rest = rest.dropFirst(head.count)
            }
            return cut
        }
    }

    /// The same stream with one more cut, after the first `place` bytes.
    func cut(at place: Int) -> [StreamPiece] {
        var left = place
        return cut { rest in
            guard left > 0 else { return rest }
            let length = Swift.min(left, rest)
            left -= length
            return length
        }
    }
}
