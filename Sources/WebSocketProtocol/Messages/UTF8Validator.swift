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
