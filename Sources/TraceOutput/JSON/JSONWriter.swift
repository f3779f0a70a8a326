import WebSocketProtocol
package import WireFormat

/// Writes JSON: members with their keys, objects and arrays, straight into the buffer (RFC 8259).
///
/// Members and elements begin with a comma, which the opening bracket of an object or array overwrites for the first.
/// So no writer needs to know which member is the first.
extension OutputBuffer {
    /// Appends a key; its value must follow.
    @inline(__always)
    mutating func append(_ key: JSONKey) {
        append(key.text)
    }

    /// Appends a member with a number.
    @inline(__always)
    mutating func write(_ key: JSONKey, _ value: UInt64) {
        append(key)
        append(decimal: value)
    }

    /// Appends a member with a number or null.
    @inline(__always)
    mutating func write(_ key: JSONKey, _ value: UInt64?) {
        append(key)
        append(decimalOrNull: value)
    }

    /// Appends a member with nanoseconds, as seconds with nine decimals.
    @inline(__always)
    mutating func write(_ key: JSONKey, seconds nanoseconds: Int64) {
        append(key)
        append(seconds: nanoseconds)
    }

    /// Appends a member with nanoseconds, as seconds with nine decimals, or null.
    @inline(__always)
    mutating func write(_ key: JSONKey, seconds nanoseconds: Int64?) {
        append(key)
        if let nanoseconds { append(seconds: nanoseconds) } else { append("null") }
    }

    /// Appends a member that is true or false.
    @inline(__always)
    mutating func write(_ key: JSONKey, _ value: Bool) {
        append(key)
        append(boolean: value)
    }

    /// Appends a member that is true, false or null.
    mutating func write(_ key: JSONKey, _ value: Bool?) {
        append(key)
        if let value { append(boolean: value) } else { append("null") }
    }

    /// Appends a member with a string.
    @inline(__always)
    mutating func write(_ key: JSONKey, _ text: borrowing String) {
        append(key)
        append(jsonString: text)
    }

    /// Appends a member with a string or null.
    mutating func write(_ key: JSONKey, _ text: borrowing String?) {
        append(key)
        if let text = copy text { append(jsonString: text) } else { append("null") }
    }

    /// Appends a member with an end of a connection, or null.
    mutating func write(_ key: JSONKey, _ role: Role?) {
        append(key)
        switch role {
        case .client: append(#""client""#)
        case .server: append(#""server""#)
        case nil: append("null")
        }
    }

    /// Appends a member that is null.
    mutating func writeNull(_ key: JSONKey) {
        append(key)
        append("null")
    }

    /// Appends a member that is an object, or null if there is no value; `members` writes its members.
    mutating func writeObject<Value>(_ key: JSONKey, _ value: Value?, members: (inout OutputBuffer, Value) -> Void) {
        append(key)
        guard let value else { return append("null") }
        let start = count
        members(&self, value)
        enclose(from: start, in: ("{", "}"))
    }

    /// Appends a member that is an array; `append` writes an element.
    mutating func writeArray<Elements: Sequence>(
        _ key: JSONKey, _ elements: Elements, append element: (inout OutputBuffer, Elements.Element) -> Void
    ) {
        append(key)
        let start = count
        for value in elements {
            append(",")
            element(&self, value)
        }
        enclose(from: start, in: ("[", "]"))
    }

    /// Appends a member that is an array of objects; `members` writes the members of one.
    mutating func writeObjects<Elements: Sequence>(
        _ key: JSONKey, _ elements: Elements, members: (inout OutputBuffer, Elements.Element) -> Void
    ) {
        writeArray(key, elements) { output, value in
            let start = output.count
            members(&output, value)
            output.enclose(from: start, in: ("{", "}"))
        }
    }

    /// Puts brackets around the members or elements from `start` on; the opening one overwrites the first comma.
    mutating func enclose(from start: Int, in brackets: (opening: Unicode.Scalar, closing: Unicode.Scalar)) {
        let opening = UInt8(ascii: brackets.opening)
        if start < count { replaceByte(at: start, with: opening) } else { append(opening) }
        append(UInt8(ascii: brackets.closing))
    }
}

/// Values.
extension OutputBuffer {
    /// Appends a number or null.
    mutating func append(decimalOrNull value: UInt64?) {
        if let value { append(decimal: value) } else { append("null") }
    }

    /// Appends true or false.
    mutating func append(boolean value: Bool) {
        if value { append("true") } else { append("false") }
    }

    /// Appends bytes that should be UTF-8 as a string; invalid ones become U+FFFD.
    mutating func append(jsonText bytes: Span<UInt8>) {
        append(UInt8(ascii: "\""))
        append(jsonEscapedText: bytes)
        append(UInt8(ascii: "\""))
    }

    /// Appends bytes as the inside of a string, as ``append(jsonText:)`` does.
    mutating func append(jsonEscapedText bytes: Span<UInt8>) {
        if bytes.isValidUTF8 {
            append(jsonEscaped: bytes)
        } else {
            let text = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
            append(jsonEscaped: text.utf8.span)
        }
    }

    /// Appends a string, quotes included.
    mutating func append(jsonString text: borrowing String) {
        append(jsonString: text.utf8.span)
    }

    /// Appends valid UTF-8 as a string, quotes included (RFC 8259 7).
    ///
    /// In addition to what JSON requires, everything that changes a terminal's state or the order of a line is written
    /// as `\uXXXX`: DEL, the C1 controls, the line and paragraph separators and the bidirectional controls.
    mutating func append(jsonString text: Span<UInt8>) {
        append(UInt8(ascii: "\""))
        append(jsonEscaped: text)
        append(UInt8(ascii: "\""))
    }

    /// Appends valid UTF-8 as the inside of a string.
    @inline(__always)
    mutating func append(jsonEscaped text: Span<UInt8>) {
        var escaper = JSONEscaper()
        while escaper.position < text.count {
            unsafe append(atMost: JSONEscaper.maximumOutput) { target in
                unsafe escaper.escape(text, at: target)
            }
        }
    }
}

/// JSON outside an ``OutputBuffer``.
package enum JSONText {
    /// `text` as a JSON string, quotes included, escaped as in traces, and therefore safe on a terminal.
    package static func quoted(_ text: String) -> String {
        string(capacity: text.utf8.count + 2) { output in output.append(jsonString: text) }
    }

    /// An array of strings.
    package static func list(_ texts: [String]) -> String {
        string { output in
            for text in texts {
                output.append(",")
                output.append(jsonString: text)
            }
            output.enclose(from: 0, in: ("[", "]"))
        }
    }

    /// Header fields, an array of [name, value], as in traces.
    package static func pairs(_ fields: HTTPFields) -> String {
        string { output in output.append(pairs: fields) }
    }

    private static func string(capacity: Int = 1 << 10, _ write: (inout OutputBuffer) -> Void) -> String {
        var output = OutputBuffer(capacity: capacity)
        write(&output)
        return output.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }
}
