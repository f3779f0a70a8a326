import WireFormat

extension FrameHeader {
    /// The longest header: two bytes, a 64-bit length and a masking key.
    public static let maximumByteCount = 14

    /// How many bytes the header takes whose first two bytes end in `secondByte` (RFC 6455 5.2).
    static func byteCount(secondByte: UInt8) -> Int {
        let lengthBytes =
            switch secondByte & 0x7f {
            case 126: 2
            case 127: 8
            default: 0
            }
        return 2 &+ lengthBytes &+ (secondByte & 0x80 != 0 ? 4 : 0)
    }

    /// Reads the header that `bytes` begin with; nil while some of it is missing (RFC 6455 5.2).
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= 2 else { return nil }
        let secondByte = bytes[1]
        let byteCount = FrameHeader.byteCount(secondByte: secondByte)
        guard bytes.count >= byteCount else { return nil }
        let isMasked = secondByte & 0x80 != 0
        let keyOffset = isMasked ? byteCount &- 4 : byteCount
        switch secondByte & 0x7f {
        case 126:
            payloadLength = UInt64(bytes.bigEndianUInt16(at: 2))
            hasMinimalLength = payloadLength > 125
        case 127:
            payloadLength = bytes.bigEndianUInt64(at: 2)
            hasMinimalLength = payloadLength > 0xffff
        case let length:
            payloadLength = UInt64(length)
            hasMinimalLength = true
        }
        firstByte = bytes[0]
        maskingKey = isMasked ? bytes.bigEndianUInt32(at: keyOffset) : nil
        self.byteCount = byteCount
    }
}
