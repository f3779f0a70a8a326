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
        start &+= Self.asciiCount(bytes.extracting(start...))
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

    /// Whether a text that is here as a whole is UTF-8.
    static func isValid(_ bytes: Span<UInt8>) -> Bool {
        let count = asciiCount(bytes)
        return count == bytes.count || (try? UTF8Span(validating: bytes.extracting(count...))) != nil
    }

    /// How many bytes at the beginning have no top bit: all of them, or a few less than that.
    private static func asciiCount(_ bytes: Span<UInt8>) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            let count = bytes.count
            var index = 0
            while index &+ 32 <= count {
                let first = unsafe load(bytes, index) | load(bytes, index &+ 8)
                let second = unsafe load(bytes, index &+ 16) | load(bytes, index &+ 24)
                guard (first | second) & topBits == 0 else { return index }
                index &+= 32
            }
            while index &+ 8 <= count {
                guard unsafe load(bytes, index) & topBits == 0 else { return index }
                index &+= 8
            }
            guard index < count else { return index }
            guard count >= 8 else {
                var all: UInt8 = 0
                for place in 0..<count { unsafe all |= bytes[place] }
                return all < 0x80 ? count : 0
            }
            // The last eight bytes, some of them once more.
            return unsafe load(bytes, count &- 8) & topBits == 0 ? count : index
        }
    }

    private static let topBits: UInt64 = 0x8080_8080_8080_8080

    @inline(__always)
    private static func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
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
