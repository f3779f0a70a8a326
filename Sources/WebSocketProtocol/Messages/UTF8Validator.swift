/// Checks that a text which comes in pieces is UTF-8 throughout (RFC 3629, RFC 6455 8.1).
struct UTF8Validator: Sendable {
    /// The beginning of a scalar that the last piece cut.
    private var cut = InlineArray<4, UInt8>(repeating: 0)
    private var cutCount = 0
    private(set) var isValid = true

    /// Whether the text so far is valid and does not end inside a scalar.
    var isComplete: Bool { isValid && cutCount == 0 }

    /// Begins a new text.
    mutating func reset() {
        cutCount = 0
        isValid = true
    }

    /// Takes the next piece.
    mutating func receive(_ bytes: Span<UInt8>) {
        guard isValid else { return }
        var start = 0
        while cutCount > 0, start < bytes.count {
            cut[cutCount] = bytes[start]
            cutCount &+= 1
            start &+= 1
            switch check(cut.span.extracting(0..<cutCount)) {
            case .valid: cutCount = 0
            case .cut where cutCount < 4: break
            case .cut, .invalid:
                isValid = false
                return
            }
        }
        start = asciiEnd(of: bytes, from: start)
        guard start < bytes.count else { return }
        let rest = bytes.extracting(start...)
        switch check(rest) {
        case .valid: break
        case .invalid: isValid = false
        case .cut(let at):
            for index in at..<rest.count {
                cut[cutCount] = rest[index]
                cutCount &+= 1
            }
        }
    }

    /// Where the run of bytes without a top bit ends that begins at `start`, to within eight bytes before.
    private func asciiEnd(of bytes: Span<UInt8>, from start: Int) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            var index = start
            while index &+ 32 <= bytes.count {
                let words = unsafe bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
                guard (words[0] | words[1] | words[2] | words[3]) & 0x8080_8080_8080_8080 == 0 else { break }
                index &+= 32
            }
            while index &+ 8 <= bytes.count,
                unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index &+= 8
            }
            return index
        }
    }

    private enum Verdict {
        case valid, invalid
        case cut(at: Int)
    }

    private func check(_ bytes: Span<UInt8>) -> Verdict {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes)
            return .valid
        } catch {
            guard error.kind == .truncatedScalar, error.byteOffsets.upperBound == bytes.count else { return .invalid }
            return .cut(at: error.byteOffsets.lowerBound)
        }
    }
}
