import WireFormat

/// What bytes are that stand where frames should, if their first ones show it.
package enum ForeignProtocol: String, Sendable {
    case tls = "TLS"
    case ssh = "SSH"
    case http = "HTTP"
    case json = "JSON"
    case mqtt = "MQTT"
    case rfb = "RFB"
    case text = "text"
    /// The first frames of WebSocket, which an early draft had: text between 0 and 255.
    case hixie = "hixie-76"
    /// The coding of a body of HTTP, frames in chunks perhaps.
    case chunks = "HTTP chunks"

    /// Whether the other end speaks it too, if it speaks at all.
    package var isOfBothEnds: Bool { self == .mqtt || self == .rfb }

    /// Looks at the first bytes of a stream.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= 2 else { return nil }
        switch (bytes[0], bytes[1]) {
        // RFC 8446 5.1: the type of a record, and the version.
        case (0x14...0x17, 3): self = .tls
        // RFC 4253 4.2.
        case (UInt8(ascii: "S"), UInt8(ascii: "S")) where bytes.count < 4 || bytes.starts(with: "SSH-"): self = .ssh
        case (UInt8(ascii: "H"), UInt8(ascii: "T")), (UInt8(ascii: "G"), UInt8(ascii: "E")),
            (UInt8(ascii: "P"), UInt8(ascii: "O")):
            self = .http
        case (UInt8(ascii: "{"), _), (UInt8(ascii: "["), UInt8(ascii: "{")), (UInt8(ascii: "["), UInt8(ascii: "\"")):
            self = .json
        default: return nil
        }
    }

    /// Looks at all bytes of the first segment of a stream.
    init?(whole bytes: Span<UInt8>) {
        if bytes.isMQTT {
            self = .mqtt
        } else if bytes.starts(with: "RFB 00") {
            self = .rfb
        } else if bytes.isHixie {
            self = .hixie
        } else {
            return nil
        }
    }

    /// Looks at what was read as a header.
    init?(_ header: FrameHeader) {
        // A length of 7 bits stands in the second byte as it is.
        let length = header.payloadLength <= 125 ? UInt8(truncatingIfNeeded: header.payloadLength) : 126
        let bytes: InlineArray<2, UInt8> = [header.firstByte, (header.isMasked ? 0x80 : 0) | length]
        self.init(bytes.span)
    }
}

extension Span<UInt8> {
    /// Whether they begin with a CONNECT of MQTT (3.1), or are a CONNACK (3.2).
    fileprivate var isMQTT: Bool {
        guard count >= 4 else { return false }
        if self[0] == 0x20 { return count == 4 && self[1] == 2 && self[2] <= 1 && self[3] <= 5 }
        guard self[0] == 0x10 else { return false }
        // The length that is left: up to four bytes, all but the last with the top bit set (2.2.3).
        var start = 1
        while start < 4, start < count, self[start] >= 0x80 { start &+= 1 }
        let name = extracting(Swift.min(start &+ 1, count)...)
        return name.starts(with: "\u{0}\u{4}MQTT") || name.starts(with: "\u{0}\u{6}MQIsdp")
    }

    /// Whether they are frames of the drafts up to hixie-76: text between 0 and 255, and no whole frame as frames are now.
    fileprivate var isHixie: Bool {
        guard count >= 3, self[0] == 0, self[count &- 1] == 0xff, Int(self[1]) &+ 2 != count else { return false }
        for index in 1..<(count &- 1) where self[index] == 0xff && self[index &+ 1] != 0 { return false }
        return true
    }

    fileprivate func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { unsafe self[$0] == text.utf8Start[$0] }
    }
}
