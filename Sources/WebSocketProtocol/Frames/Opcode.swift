/// The opcode of a frame (RFC 6455 5.2, 11.8).
///
/// It can hold any of the 16 values.
public struct Opcode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The value, 0 to 15.
    public let rawValue: UInt8

    /// Creates an opcode from the low four bits of `rawValue`.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue & 0x0f
    }

    /// A further fragment of a message.
    @inlinable public static var continuation: Opcode { Opcode(rawValue: 0) }
    /// A text message, or its first fragment.
    @inlinable public static var text: Opcode { Opcode(rawValue: 1) }
    /// A binary message, or its first fragment.
    @inlinable public static var binary: Opcode { Opcode(rawValue: 2) }
    /// The closing handshake.
    @inlinable public static var close: Opcode { Opcode(rawValue: 8) }
    /// A Ping.
    @inlinable public static var ping: Opcode { Opcode(rawValue: 9) }
    /// A Pong.
    @inlinable public static var pong: Opcode { Opcode(rawValue: 10) }

    /// Whether the top bit is set: a control frame, including reserved ones (RFC 6455 5.5).
    public var isControl: Bool { rawValue & 0x8 != 0 }

    /// Whether RFC 6455 reserves the value for future use.
    public var isReserved: Bool { rawValue & 0x7 > 2 }

    /// The name in the trace, such as "text", "binary" or "reserved-3".
    public var description: String { name }

    /// The name in the trace, such as "text", "binary" or "reserved-3".
    public var name: String {
        switch self {
        case .continuation: "continuation"
        case .text: "text"
        case .binary: "binary"
        case .close: "close"
        case .ping: "ping"
        case .pong: "pong"
        default: "reserved-\(rawValue)"
        }
    }
}

/// One end of a WebSocket session: the one that requested the upgrade, or the one that answered.
public enum Role: UInt8, Hashable, Sendable, CaseIterable {
    /// The end that requested the upgrade.
    case client
    /// The end that answered.
    case server

    /// Its index in a pair: 0 or 1.
    public var index: Int { Int(rawValue) }

    /// The other end.
    public var peer: Role { self == .client ? .server : .client }
}
