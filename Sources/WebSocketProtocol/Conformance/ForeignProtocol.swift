import WireFormat

/// What stands in place of frames, if its first bytes show it.
package enum ForeignProtocol: String, Sendable {
    case tls = "TLS"
    case ssh = "SSH"
    case http = "HTTP"
    case json = "JSON"
    case mqtt = "MQTT"
    case rfb = "RFB"
    case text = "text"
    /// The frames of an early WebSocket draft: text between the bytes 0 and 255.
    case hixie = "hixie-76"
    /// The chunked coding of an HTTP body, perhaps with frames in the chunks.
    case chunks = "HTTP chunks"

    /// Whether the other end speaks it too, if it sends anything.
    package var isOfBothEnds: Bool { self == .mqtt || self == .rfb }

    /// Recognises the first bytes of a stream.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= 2 else { return nil }
        switch (bytes[0], bytes[1]) {
        // RFC 8446 5.1: the record's type and version.
        case (0x14...0x17, 3): self = .tls
        // RFC 4253 4.2.
        case (UInt8(ascii: "S"), UInt8(ascii: "S"))
        where bytes.count < 4 || bytes.starts(with: "SSH-", at: 0, in: 0..<bytes.count):
            self = .ssh
        case (UInt8(ascii: "H"), UInt8(ascii: "T")), (UInt8(ascii: "G"), UInt8(ascii: "E")),
            (UInt8(ascii: "P"), UInt8(ascii: "O")):
            self = .http
        case (UInt8(ascii: "{"), _), (UInt8(ascii: "["), UInt8(ascii: "{")), (UInt8(ascii: "["), UInt8(ascii: "\"")):
            self = .json
        default: return nil
        }
    }

    /// Recognises the bytes that were read as a header.
    init?(_ header: FrameHeader) {
        // A 7-bit length is the second byte itself.
        let length = header.payloadLength <= 125 ? UInt8(truncatingIfNeeded: header.payloadLength) : 126
        let bytes: InlineArray<2, UInt8> = [header.firstByte, (header.isMasked ? 0x80 : 0) | length]
        self.init(bytes.span)
    }
}
