public import WireFormat

/// A complete frame.
public struct Frame: Hashable, Sendable {
    /// Its header.
    public var header: FrameHeader
    /// The stream offset of the header: bytes from the first byte of its direction's TCP stream.
    public var streamOffset: UInt64
    /// The 0-based number of the frame in its direction.
    public var index: UInt64
    /// The number of payload bytes that the capture lacks.
    public var missing: UInt64
    /// The packet that brought the header's first byte, and its time; all zero if there are no packets.
    public var origin = Origin(packet: 0, time: Timestamp(nanoseconds: 0))
}

/// The header of a frame (RFC 6455 5.2).
public struct FrameHeader: Hashable, Sendable {
    /// The first byte: FIN, RSV1, RSV2, RSV3 and the opcode.
    public var firstByte: UInt8
    /// The masking key in wire order, its first byte in the top bits; nil if the frame is not masked.
    public var maskingKey: UInt32?
    /// The payload length in bytes, as claimed.
    public var payloadLength: UInt64
    /// Whether the length has its shortest form, as RFC 6455 5.2 requires.
    public var hasMinimalLength: Bool
    /// The length of the header in bytes: 2 to 14.
    public var byteCount: Int

    /// Whether this is the last fragment of a message.
    public var fin: Bool { firstByte & 0x80 != 0 }
    /// The first reserved bit: the "Per-Message Compressed" bit of permessage-deflate (RFC 7692 6).
    public var rsv1: Bool { firstByte & 0x40 != 0 }
    /// The second reserved bit.
    public var rsv2: Bool { firstByte & 0x20 != 0 }
    /// The third reserved bit.
    public var rsv3: Bool { firstByte & 0x10 != 0 }
    /// The kind of frame.
    public var opcode: Opcode { Opcode(rawValue: firstByte) }
    /// Whether the payload is masked.
    public var isMasked: Bool { maskingKey != nil }
}

extension FrameHeader {
    /// The length of the longest header: two bytes, a 64-bit length and a masking key.
    static let maximumByteCount = 14

    /// The length in bytes of a header with this second byte (RFC 6455 5.2).
    static func byteCount(secondByte: UInt8) -> Int {
        let lengthBytes =
            switch secondByte & 0x7f {
            case 126: 2
            case 127: 8
            default: 0
            }
        return 2 &+ lengthBytes &+ (secondByte & 0x80 != 0 ? 4 : 0)
    }

    /// Reads the header at the start of `bytes`; nil if they end before the header does (RFC 6455 5.2).
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

/// Reads frame headers from a stream that comes in pieces; a header within one piece is read in place.
struct FrameHeaderReader {
    private var gathered = InlineArray<14, UInt8>(repeating: 0)
    private var gatheredCount: UInt8 = 0

    /// Whether no byte of the next header has arrived.
    @inline(__always)
    var isEmpty: Bool { gatheredCount == 0 }

    /// Takes the next header from `input`; nil if the input ends before the header does: then all of the input is
    /// taken.
    mutating func next(_ input: inout ByteCursor) -> FrameHeader? {
        if gatheredCount == 0, let header = FrameHeader(input.rest) {
            input.skip(header.byteCount)
            return header
        }
        while let byte = input.readUInt8() {
            gathered[Int(gatheredCount)] = byte
            gatheredCount &+= 1
            if let header = FrameHeader(gathered.span.extracting(0..<Int(gatheredCount))) {
                gatheredCount = 0
                return header
            }
        }
        return nil
    }

    /// The part of a header before the stream's end; nil if no byte of one has arrived.
    ///
    /// Its length and key may lack bytes; a missing mask bit is assumed to be right.
    func unfinished(from sender: Role) -> FrameHeader? {
        guard gatheredCount > 0 else { return nil }
        let second = gatheredCount > 1 ? gathered[1] : sender == .client ? 0x80 : 0
        return FrameHeader(
            firstByte: gathered[0], maskingKey: second & 0x80 != 0 ? 0 : nil, payloadLength: UInt64(second & 0x7f),
            hasMinimalLength: true, byteCount: Int(gatheredCount))
    }
}
