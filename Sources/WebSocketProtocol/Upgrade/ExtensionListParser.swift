/// Reads Sec-WebSocket-Extensions (RFC 6455 9.1); an entry that breaks the grammar is left out, and told.
struct ExtensionListParser {
    /// Whether anything broke the grammar.
    private(set) var isMalformed = false
    private var bytes: [UInt8] = []
    private var position = 0

    /// Reads the values of all lines of the field: together they are one list.
    mutating func parse(_ values: [String]) -> [WebSocketExtension] {
        var extensions: [WebSocketExtension] = []
        for value in values {
            bytes = Array(value.utf8)
            position = 0
            while position < bytes.count {
                // Empty elements of a list are nothing (RFC 9110 5.6.1.2).
                skipWhiteSpace()
                if take(UInt8(ascii: ",")) || position == bytes.count { continue }
                if let entry = entry() {
                    extensions.append(entry)
                } else {
                    isMalformed = true
                    skipEntry()
                }
            }
        }
        return extensions
    }

    /// `token *( ";" param )`, through the comma that ends it.
    private mutating func entry() -> WebSocketExtension? {
        guard let name = token() else { return nil }
        var parameters: [WebSocketExtension.Parameter] = []
        while take(UInt8(ascii: ";")) {
            guard let parameter = token() else { return nil }
            var value: String?
            if take(UInt8(ascii: "=")) {
                value = quotedString() ?? token()
                if value == nil { return nil }
            }
            parameters.append(.init(name: parameter, value: value))
        }
        guard take(UInt8(ascii: ",")) || position == bytes.count else { return nil }
        return WebSocketExtension(name: name, parameters: parameters)
    }

    /// A token (RFC 9110 5.6.2), with white space around it.
    private mutating func token() -> String? {
        skipWhiteSpace()
        let start = position
        while position < bytes.count, bytes[position].isTokenCharacter { position += 1 }
        let end = position
        skipWhiteSpace()
        return start < end ? String(decoding: bytes[start..<end], as: UTF8.self) : nil
    }

    /// A quoted string (RFC 9110 5.6.4) without its quotes, with white space around it.
    private mutating func quotedString() -> String? {
        skipWhiteSpace()
        guard take(UInt8(ascii: "\"")) else { return nil }
        var text: [UInt8] = []
        while position < bytes.count {
            if take(UInt8(ascii: "\"")) {
                skipWhiteSpace()
                return String(decoding: text, as: UTF8.self)
            }
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
            text.append(bytes[position])
            position += 1
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipWhiteSpace() {
        while take(UInt8(ascii: " ")) || take(UInt8(ascii: "\t")) {}
    }

    /// Passes over the rest of a broken entry, to the next comma.
    private mutating func skipEntry() {
        while position < bytes.count, bytes[position] != UInt8(ascii: ",") { position += 1 }
    }
}
