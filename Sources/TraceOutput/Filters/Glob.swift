/// A shell-style pattern that must match a whole text: `*` matches any run of characters, `?` any character, `[a-z]`
/// one of a set, `[!a-z]` one outside it; all other characters match themselves.
///
/// A `[` without a `]` matches itself, as does any character after a backslash.
///
/// Matching takes at most time proportional to the product of the two lengths: only the last `*` ever backtracks.
package struct Glob: Hashable, Sendable {
    private enum Element: Hashable {
        case literal(Unicode.Scalar)
        case anyOne
        case anyRun
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }

    private let elements: [Element]
    private let ignoresCase: Bool

    /// Creates a pattern; every text is a valid one.
    ///
    /// - Parameters:
    ///   - pattern: The pattern.
    ///   - ignoresCase: Whether to ignore the case of ASCII letters.
    package init(_ pattern: String, ignoresCase: Bool = false) {
        var elements: [Element] = []
        let scalars = Array(pattern.unicodeScalars)
        var position = 0
        while position < scalars.count {
            let scalar = scalars[position]
            position += 1
            switch scalar {
            case "*":
                if elements.last != .anyRun { elements.append(.anyRun) }
            case "?":
                elements.append(.anyOne)
            case "[":
                if let (set, end) = Self.set(in: scalars, from: position, ignoresCase: ignoresCase) {
                    elements.append(set)
                    position = end
                } else {
                    elements.append(.literal(scalar))
                }
            case "\\" where position < scalars.count:
                elements.append(.literal(Self.fold(scalars[position], ignoresCase)))
                position += 1
            default:
                elements.append(.literal(Self.fold(scalar, ignoresCase)))
            }
        }
        self.elements = elements
        self.ignoresCase = ignoresCase
    }

    /// Whether the pattern matches the whole of `text`.
    package func matches(_ text: String) -> Bool {
        let text = Array(text.unicodeScalars)
        var (element, position) = (0, 0)
        var lastRun: (element: Int, position: Int)?
        while position < text.count {
            if element < elements.count, elements[element] == .anyRun {
                lastRun = (element, position)
                element += 1
            } else if element < elements.count, matches(elements[element], text[position]) {
                element += 1
                position += 1
            } else if let run = lastRun {
                lastRun = (run.element, run.position + 1)
                element = run.element + 1
                position = run.position + 1
            } else {
                return false
            }
        }
        return elements[element...].allSatisfy { $0 == .anyRun }
    }

    private func matches(_ element: Element, _ scalar: Unicode.Scalar) -> Bool {
        let scalar = Self.fold(scalar, ignoresCase)
        switch element {
        case .literal(let literal): return literal == scalar
        case .anyOne: return true
        case .anyRun: return false
        case .set(let ranges, let isNegated): return ranges.contains { $0.contains(scalar) } != isNegated
        }
    }

    /// The set that begins after a `[`, and the position after its `]`; a `]` in first place is a member.
    private static func set(
        in scalars: [Unicode.Scalar], from start: Int, ignoresCase: Bool
    ) -> (Element, Int)? {
        var position = start
        let isNegated = position < scalars.count && (scalars[position] == "!" || scalars[position] == "^")
        if isNegated { position += 1 }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        let first = position
        while position < scalars.count {
            if scalars[position] == "]", position > first {
                return (.set(ranges, isNegated: isNegated), position + 1)
            }
            let lower = fold(scalars[position], ignoresCase)
            if position + 2 < scalars.count, scalars[position + 1] == "-", scalars[position + 2] != "]" {
                let upper = fold(scalars[position + 2], ignoresCase)
                if lower <= upper { ranges.append(lower...upper) }
                position += 3
            } else {
                ranges.append(lower...lower)
                position += 1
            }
        }
        return nil
    }

    private static func fold(_ scalar: Unicode.Scalar, _ ignoresCase: Bool) -> Unicode.Scalar {
        guard ignoresCase, case "A"..."Z" = scalar else { return scalar }
        return Unicode.Scalar(UInt8(scalar.value) + 0x20)
    }
}
