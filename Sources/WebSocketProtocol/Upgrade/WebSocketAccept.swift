import WireFormat

/// Sec-WebSocket-Key and the Sec-WebSocket-Accept that answers it (RFC 6455 4.2.2, item 5.4).
enum WebSocketAccept {
    /// What is appended to a key before it is hashed (RFC 6455 1.3).
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The right Sec-WebSocket-Accept for a key.
    static func value(for key: String) -> String {
        SHA1.base64(of: (key + suffix).utf8.span)
    }

    /// Whether a key is 16 bytes in base64 (RFC 6455 4.1, item 7): 22 digits and two signs of padding.
    static func isKey(_ key: String) -> Bool {
        let bytes = key.utf8.span
        guard bytes.count == 24 else { return false }
        for index in 0..<22 where !isDigit(bytes[index]) { return false }
        return bytes[22] == UInt8(ascii: "=") && bytes[23] == UInt8(ascii: "=")
    }

    /// Whether a byte is a digit of base64 (RFC 4648 4).
    private static func isDigit(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
    }
}
