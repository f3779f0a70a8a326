/// Text that may come from the wire, laid out in the columns that there are.
extension TerminalText {
    /// The columns that `text` takes once it is made safe.
    static func columns(of text: String) -> Int {
        var scratch = OutputBuffer(capacity: text.utf8.count)
        return scratch.append(untrusted: text).columns
    }

    /// What is left of `text` where it is cut in its middle to fit into `width` columns: its beginning, "…", its end.
    static func cut(_ text: String, toWidth width: Int) -> String {
        guard columns(of: text) > width else { return text }
        guard width > 0 else { return "" }
        let scalars = Array(text.unicodeScalars)
        let widths = scalars.map { columns(of: String($0)) }
        var (start, end) = (0, scalars.count)
        var left = width / 2
        while start < end, widths[start] <= left {
            left -= widths[start]
            start += 1
        }
        var right = width - 1 - width / 2 + left
        while end > start, widths[end - 1] <= right {
            right -= widths[end - 1]
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
    /// Appends text that may come from the wire, made safe for a terminal and broken at spaces into lines.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - column: The columns that the line at hand has.
    ///   - indent: The columns that further lines begin with.
    ///   - width: The columns of a line; a longer word is cut in its middle.
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

/// What a piece of text is, for terminals that show colours; never needed to understand it.
enum TextStyle {
    /// A connection's line, a table's heading.
    case heading
    /// What is of less interest: time, TCP, states.
    case faint
    /// From the client.
    case client
    /// From the server.
    case server
    /// The opcode of a control frame.
    case control
    /// A finding of severity "note".
    case note
    /// A finding of severity "warning"; a gap.
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
    /// Begins a style, or does nothing where the style is nil.
    mutating func begin(_ style: TextStyle?) {
        if let style { append(style.sequence) }
    }

    /// Ends a style, or does nothing where the style is nil.
    mutating func end(_ style: TextStyle?) {
        if style != nil { append("\u{1b}[0m") }
    }
}
