/// Fits text that may come from the wire into columns.
extension TerminalText {
    /// The columns that `text` takes once made safe.
    static func columns(of text: String) -> Int {
        var scratch = OutputBuffer(capacity: text.utf8.count)
        return scratch.append(untrusted: text).columns
    }

    /// `text`, or if it is wider than `width` columns, its beginning, "…" and its end.
    static func cut(_ text: String, toWidth width: Int) -> String {
        guard columns(of: text) > width else { return text }
        guard width > 0 else { return "" }
        let scalars = Array(text.unicodeScalars)
        // Only the kept parts are measured, since the text may be much longer.
        var (start, end) = (0, scalars.count)
        var left = width / 2
        while start < end {
            let columns = columns(of: String(scalars[start]))
            guard columns <= left else { break }
            left -= columns
            start += 1
        }
        var right = width - 1 - width / 2 + left
        while end > start {
            let columns = columns(of: String(scalars[end - 1]))
            guard columns <= right else { break }
            right -= columns
            end -= 1
        }
        var cut = String.UnicodeScalarView()
        cut.append(contentsOf: scalars[..<start])
        cut.append("…")
        cut.append(contentsOf: scalars[end...])
        return String(cut)
    }
}

extension OutputBuffer {
    /// Appends text that may come from the wire, made safe for a terminal and wrapped at spaces.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - column: The columns already used on the current line.
    ///   - indent: The indent of further lines.
    ///   - width: The columns of a line; a longer word loses its middle.
    mutating func append(wrapping text: String, from column: Int, indent: Int, width: Int) {
        var column = column
        var isFirst = true
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let shown = TerminalText.cut(String(word), toWidth: max(width - indent, 1))
            let columns = TerminalText.columns(of: shown)
            if !isFirst, column + 1 + columns <= width {
                append(" ")
                column += 1
            } else if !isFirst || column + columns > width, column > indent {
                append("\n")
                append(repeating: UInt8(ascii: " "), count: indent)
                column = indent
            }
            append(untrusted: shown)
            column += columns
            isFirst = false
        }
    }
}

/// The role of a piece of text, shown by colour; the text is understandable without.
enum TextStyle {
    /// A connection's line, or the heading of a table.
    case heading
    /// Details: time, TCP, states.
    case faint
    /// From the client.
    case client
    /// From the server.
    case server
    /// The opcode of a control frame.
    case control
    /// A finding of severity "note".
    case note
    /// A finding of severity "warning", or a gap.
    case warning
    /// A finding of severity "error".
    case error

    /// The sequence that begins the style (ECMA-48 8.3.117).
    var sequence: StaticString {
        switch self {
        case .heading: "\u{1b}[1m"
        case .faint: "\u{1b}[2m"
        case .client: "\u{1b}[36m"
        case .server: "\u{1b}[35m"
        case .control: "\u{1b}[34m"
        case .note: "\u{1b}[1;34m"
        case .warning: "\u{1b}[1;33m"
        case .error: "\u{1b}[1;31m"
        }
    }
}

extension OutputBuffer {
    /// Begins a style, unless nil.
    mutating func begin(_ style: TextStyle?) {
        if let style { append(style.sequence) }
    }

    /// Ends a style, unless nil.
    mutating func end(_ style: TextStyle?) {
        if style != nil { append("\u{1b}[0m") }
    }
}
