import Crypto
import WireFormat

/// Sec-WebSocket-Key and the Sec-WebSocket-Accept that answers it (RFC 6455 4.2.2, item 5.4).
enum WebSocketAccept {
    /// The right Sec-WebSocket-Accept for a key.
    static func value(for key: String) -> String {
        let text = Array(key.utf8) + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        return Base64.encode(Array(Insecure.SHA1.hash(data: text)))
    }

    /// Whether a key is 16 bytes in base64 (RFC 6455 4.1, item 7): 22 digits and two signs of padding.
    static func isKey(_ key: String) -> Bool {
        key.utf8.count == 24 && key.utf8.suffix(2).allSatisfy { $0 == UInt8(ascii: "=") }
            && key.utf8.prefix(22).allSatisfy(isDigit)
    }

    /// Whether a byte is a digit of base64 (RFC 4648 4).
    private static func isDigit(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
    }
}
