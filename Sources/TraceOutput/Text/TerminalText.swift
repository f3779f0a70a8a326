/// Makes bytes from the wire safe to show on a terminal; all output for people goes through here.
///
/// Control characters, invisible and bidirectional ones, and bytes that are not UTF-8 become visible escapes: `\n`,
/// `\x1b`, `\u{202e}`. Backslashes are doubled, so that escapes are unambiguous. Everything else is left unchanged.
package enum TerminalText {
    /// How much of a text was written.
    struct Outcome {
        /// The columns it takes; wide characters count as two.
        var columns: Int
        /// Whether the limit cut the text.
        var isCut: Bool
    }

    /// `text` with everything escaped that could control a terminal, for messages outside an output.
    package static func safe(_ text: String) -> String {
        var output = OutputBuffer(capacity: text.utf8.count)
        _ = output.append(untrusted: text)
        return output.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Appends `bytes`, made safe and cut to `limit` columns.
    static func append(_ bytes: Span<UInt8>, to output: inout OutputBuffer, limit: Int = .max) -> Outcome {
        var columns = 0
        var position = 0
        while position < bytes.count {
            let end = plainRun(in: bytes, from: position, limit: limit &- columns)
            output.append(bytes.extracting(position..<end))
            columns &+= end &- position
            position = end
            guard position < bytes.count else { break }
            guard let character = character(in: bytes, at: position), columns &+ character.columns <= limit else {
                return Outcome(columns: columns, isCut: true)
            }
            if character.isSafe {
                output.append(bytes.extracting(position..<(position &+ character.length)))
            } else {
                appendEscape(character, to: &output)
            }
            columns &+= character.columns
            position &+= character.length
        }
        return Outcome(columns: columns, isCut: false)
    }

    /// The end of the run of printable ASCII without backslashes that begins at `start`, of at most `limit` bytes.
    private static func plainRun(in bytes: Span<UInt8>, from start: Int, limit: Int) -> Int {
        let stop = limit < bytes.count &- start ? start &+ limit : bytes.count
        var position = start
        while position < stop, bytes[position] &- 0x20 < 0x5f, bytes[position] != UInt8(ascii: "\\") {
            position &+= 1
        }
        return position
    }

    private struct Character {
        /// The scalar's value, or that of a single byte that is not valid UTF-8.
        var value: UInt32
        var length: Int
        var isSafe: Bool
        var isScalar: Bool
        var columns: Int
    }

    private static func character(in bytes: Span<UInt8>, at position: Int) -> Character? {
        guard let (scalar, length) = bytes.scalar(at: position) else {
            return Character(value: UInt32(bytes[position]), length: 1, isSafe: false, isScalar: false, columns: 4)
        }
        if scalar.isSafeOnTerminal {
            let columns = scalar.isWide ? 2 : 1
            return Character(value: scalar.value, length: length, isSafe: true, isScalar: true, columns: columns)
        }
        let columns =
            switch scalar.value {
            case 0x09, 0x0a, 0x0d, 0x5c: 2
            case 0..<0x80: 4
            default: 4 + hexDigits(of: scalar.value)
            }
        return Character(value: scalar.value, length: length, isSafe: false, isScalar: true, columns: columns)
    }

    private static func appendEscape(_ character: Character, to output: inout OutputBuffer) {
        switch character.value {
        case 0x09: output.append("\\t")
        case 0x0a: output.append("\\n")
        case 0x0d: output.append("\\r")
        case 0x5c: output.append("\\\\")
        case let value where value < 0x80 || !character.isScalar:
            output.append("\\x")
            output.append(hex: value, digits: 2)
        case let value:
            output.append("\\u{")
            output.append(hex: value, digits: hexDigits(of: value))
            output.append("}")
        }
    }

    /// The digits that the value needs: two to six.
    private static func hexDigits(of value: UInt32) -> Int {
        max(2, (35 - value.leadingZeroBitCount) / 4)
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is visible, and neither moves nor hides anything.
    fileprivate var isSafeOnTerminal: Bool {
        switch value {
        case 0x5c: return false
        case 0x20...0x7e: return true
        case 0xa1...0xac, 0xae...0x2ff, 0x370...0x377, 0x384...0x52f, 0x3041...0x3096, 0x30a1...0x30fa,
            0x4e00...0x9fff, 0xac00...0xd7a3, 0x1f300...0x1f64f:
            return true
        case 0xfe00...0xfe0f: return true  // variation selectors
        case 0x2800: return false  // the blank braille pattern
        default: break
        }
        if properties.isDefaultIgnorableCodePoint { return false }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: return false
        default: return true
        }
    }

    /// Whether terminals give it two columns: roughly, East Asian wide characters and pictographs.
    fileprivate var isWide: Bool {
        switch value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
            0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            true
        default: false
        }
    }
}

extension OutputBuffer {
    /// Appends text that may come from the wire, made safe for a terminal.
    @discardableResult
    mutating func append(untrusted text: borrowing String, limit: Int = .max) -> TerminalText.Outcome {
        TerminalText.append(text.utf8.span, to: &self, limit: limit)
    }

    /// Appends text that may come from the wire, made safe for a terminal; if it is wider than `width` columns, it is
    /// cut and ends with "…".
    ///
    /// - Returns: The columns used.
    @discardableResult
    mutating func append(untrusted text: borrowing String, fitting width: Int) -> Int {
        let start = count
        let whole = append(untrusted: text, limit: max(width, 0))
        guard whole.isCut, width > 0 else { return whole.columns }
        truncate(to: start)
        let beginning = append(untrusted: text, limit: width - 1)
        append("…")
        return beginning.columns + 1
    }
}
