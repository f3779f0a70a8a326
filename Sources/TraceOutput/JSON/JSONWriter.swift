extension OutputBuffer {
    /// Appends a JSON string, quotes included (RFC 8259 7).
    mutating func append(jsonString text: borrowing String) {
        append(jsonString: text.utf8.span)
    }

    /// Appends a JSON string or null.
    mutating func append(jsonString text: borrowing String?) {
        if let text = copy text { append(jsonString: text) } else { append("null") }
    }

    /// Appends bytes that should be UTF-8 as a JSON string; what is not becomes U+FFFD.
    mutating func append(jsonText bytes: Span<UInt8>) {
        if bytes.isValidUTF8 {
            append(jsonString: bytes)
        } else {
            append(jsonString: unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) })
        }
    }

    /// Appends bytes that are valid UTF-8 as a JSON string, quotes included.
    ///
    /// Beside what JSON demands, what changes a terminal's state or a line's order is written as `\uXXXX`: DEL, the C1
    /// controls, the line and paragraph separators and the bidirectional controls.
    mutating func append(jsonString text: Span<UInt8>) {
        append(UInt8(ascii: "\""))
        var escaper = JSONEscaper()
        while escaper.position < text.count {
            unsafe append(atMost: JSONEscaper.maximumOutput) { target in
                unsafe escaper.escape(text, at: target)
            }
        }
        append(UInt8(ascii: "\""))
    }
}

/// JSON outside of an output.
public enum JSONText {
    /// `text` as a JSON string, quotes included, escaped as in traces: safe on a terminal as well.
    public static func quoted(_ text: String) -> String {
        var output = OutputBuffer(capacity: text.utf8.count + 2)
        output.append(jsonString: text)
        return output.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }
}
