import WebSocketProtocol
import WireFormat

/// Where a frame's payload is.
struct FramePlace: Sendable {
    var offset: UInt64
    var length: Int
    /// Its replacement masking key; nil if it is not masked.
    var key: UInt32?
    var opcode: Opcode

    /// The payload as it is on the wire.
    func masked(_ bytes: [UInt8]) -> [UInt8] {
        guard let key else { return bytes }
        return bytes.indices.map { index in
            bytes[index] ^ UInt8(truncatingIfNeeded: key >> UInt32(24 - 8 * (index & 3)))
        }
    }
}

extension FrameHeader {
    /// What is kept of a header that is cut: all but its masking key.
    static func beginning(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let second = bytes.dropFirst().first.map { $0 & 0x7f } ?? 0
        let kept = bytes.prefix(second == 127 ? 10 : second == 126 ? 4 : 2)
        return kept.count(where: { $0.isLetter || $0.isDigit }) > 4 ? Array(kept.prefix(2)) : Array(kept)
    }

    /// The header with another masking key (RFC 6455 5.2).
    ///
    /// If it is not really a header, hardly any of it can be a word: in a length of eight bytes of which more than four
    /// are letters or digits, one byte is set to zero.
    func bytes(key: UInt32?) -> [UInt8] {
        let mask: UInt8 = maskingKey == nil ? 0 : 0x80
        var bytes = [firstByte]
        switch byteCount - (maskingKey == nil ? 2 : 6) {
        case 2: bytes += [126 | mask] + (0..<2).map { UInt8(truncatingIfNeeded: payloadLength >> UInt64(8 - 8 * $0)) }
        case 8:
            let original = (0..<8).map { UInt8(truncatingIfNeeded: payloadLength >> UInt64(56 - 8 * $0)) }
            let isText = original.count { $0.isLetter || $0.isDigit } > 4
            let length = isText ? payloadLength & ~0xff00_0000 : payloadLength
            bytes += [127 | mask] + (0..<8).map { UInt8(truncatingIfNeeded: length >> UInt64(56 - 8 * $0)) }
        default: bytes.append(UInt8(truncatingIfNeeded: payloadLength) & 0x7f | mask)
        }
        if let key { bytes += (0..<4).map { UInt8(truncatingIfNeeded: key >> UInt32(24 - 8 * $0)) } }
        return bytes
    }
}
