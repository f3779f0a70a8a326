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
