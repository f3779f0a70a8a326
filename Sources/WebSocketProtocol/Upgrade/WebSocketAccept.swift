import Crypto

/// Sec-WebSocket-Key and the Sec-WebSocket-Accept that answers it (RFC 6455 4.2.2, item 5.4).
enum WebSocketAccept {
    /// The right Sec-WebSocket-Accept for a key.
    static func value(for key: String) -> String {
        let text = Array(key.utf8) + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        return base64(Array(Insecure.SHA1.hash(data: text)))
    }

    /// Whether a key is 16 bytes in base64 (RFC 6455 4.1, item 7): 22 digits and two signs of padding.
    static func isKey(_ key: String) -> Bool {
        key.utf8.count == 24 && key.utf8.suffix(2).allSatisfy { $0 == UInt8(ascii: "=") }
            && key.utf8.prefix(22).allSatisfy(alphabet.contains)
    }

    /// The digits in order of their value (RFC 4648 4).
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Base64 with padding (RFC 4648 4).
    static func base64(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for digit in 0..<4 {
                let value = Int(bits >> UInt32(18 - 6 * digit) & 0x3f)
                text.append(digit <= group.count ? alphabet[value] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
