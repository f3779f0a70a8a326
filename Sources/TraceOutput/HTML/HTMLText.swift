extension OutputBuffer {
    /// Appends text that may come from the wire as the text of an element or a quoted attribute.
    ///
    /// Control characters, and those that hide or reorder others, become visible escapes, as on a terminal.
    mutating func append(htmlText text: String) {
        append(escapedHTML: TerminalText.safe(text))
    }

    /// Appends text that is safe on a terminal as the text of an element or a quoted attribute.
    mutating func append(escapedHTML text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): append("&amp;")
            case UInt8(ascii: "<"): append("&lt;")
            case UInt8(ascii: ">"): append("&gt;")
            case UInt8(ascii: "\""): append("&quot;")
            case UInt8(ascii: "'"): append("&#39;")
            default: append(byte)
            }
        }
    }
}
