/// The header of a frame (RFC 6455 5.2).
public struct FrameHeader: Hashable, Sendable {
    /// The first byte: FIN, RSV1, RSV2, RSV3 and the opcode.
    public var firstByte: UInt8
    /// The masking key as it stands on the wire, first byte in the top bits; nil when the frame is not masked.
    public var maskingKey: UInt32?
    /// The payload length in bytes, as claimed.
    public var payloadLength: UInt64
    /// Whether the length took more bytes than it needed (RFC 6455 5.2 demands the shortest form).
    public var hasMinimalLength: Bool
    /// How many bytes the header takes: 2 to 14.
    public var byteCount: Int

    /// Whether this is the last fragment of a message.
    public var fin: Bool { firstByte & 0x80 != 0 }
    /// The first reserved bit; permessage-deflate's "compressed".
    public var rsv1: Bool { firstByte & 0x40 != 0 }
    /// The second reserved bit.
    public var rsv2: Bool { firstByte & 0x20 != 0 }
    /// The third reserved bit.
    public var rsv3: Bool { firstByte & 0x10 != 0 }
    /// What kind of frame it is.
    public var opcode: Opcode { Opcode(rawValue: firstByte) }
    /// Whether the payload is masked.
    public var isMasked: Bool { maskingKey != nil }
}
