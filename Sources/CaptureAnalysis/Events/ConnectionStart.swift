public import PacketDecoding
public import WireFormat

/// A TCP connection on which WebSocket was seen.
public struct ConnectionStart: Sendable {
    /// How the connection began.
    public enum Opening: String, Sendable {
        /// With an HTTP upgrade that the capture holds.
        case handshake
        /// Before the capture.
        case midstream
    }

    /// The packets of the three-way handshake (RFC 9293 3.5), as far as the capture holds them.
    public struct ThreeWayHandshake: Sendable {
        /// A segment of the handshake.
        public struct Segment: Sendable {
            /// The 1-based number of its packet.
            public var packet: UInt64
            /// When it was captured.
            public var time: Timestamp
            /// Its sequence number.
            public var sequence: UInt32
            /// Its acknowledgment number; nil for the SYN.
            public var acknowledgment: UInt32?
        }

        /// The initiator's SYN.
        public var syn: Segment?
        /// The responder's SYN ACK.
        public var synAck: Segment?
        /// The initiator's first ACK.
        public var ack: Segment?
        /// Whether the client of the session is the initiator; nil if no SYN was seen.
        public var isClientInitiator: Bool?

        /// Nanoseconds from the SYN to the ACK; nil unless both were seen in this order.
        public var connectTime: Int64? {
            guard let syn, let ack else { return nil }
            let time = ack.time.nanoseconds(since: syn.time)
            return time >= 0 ? time : nil
        }
    }

    /// The end that requested the upgrade.
    public var client: Endpoint
    /// The end that answered.
    public var server: Endpoint
    /// How the connection began.
    public var opening: Opening
    /// The link type of the packet that showed it.
    public var linkType: LinkType
    /// The interface's name, if the capture has it.
    public var interface: String?
    /// The three-way handshake.
    public var tcp: ThreeWayHandshake
    /// The identity of the session.
    public var identity: SessionIdentity
    /// The encryption that was removed; nil if there was none.
    public var encryption: Encryption?
    /// The packet with which the connection was first seen: no two connections of a capture share one.
    package var record: UInt64 = 0
    /// The connection that a proxy says it forwards; nil if there is no such proxy.
    public var proxied: ProxiedConnection?
    /// The direction that the client sends.
    package var clientDirection = Direction.fromInitiator
    /// Whether this is the first session of its connection, which gets its number here.
    var isFirstOfConnection = true
}

extension ConnectionStart {
    /// Community ID flow hash version 1, seed 0 ("1:…"), computed at each access.
    public var communityID: String { identity.communityID }
}

/// Community ID flow hashing, version 1, which gives a connection the same text in every tool.
enum CommunityID {
    private static let seed: UInt16 = 0
    /// The protocol number, and a byte of padding.
    private static let tcpAndPadding: UInt16 = 0x0600

    /// The hash of a TCP connection with seed 0: a SHA-1 digest, to be written as "1:" and base64.
    static func digest(_ one: Endpoint, _ other: Endpoint) -> InlineArray<20, UInt8> {
        let isInOrder = (one.address.bits, one.port) <= (other.address.bits, other.port)
        let (first, second) = isInOrder ? (one, other) : (other, one)
        var input: [UInt8] = []
        input.reserveCapacity(40)
        append(seed, to: &input)
        append(first.address, to: &input)
        append(second.address, to: &input)
        append(tcpAndPadding, to: &input)
        append(first.port, to: &input)
        append(second.port, to: &input)
        return SHA1.digest(of: input.span)
    }

    /// Appends an address in network byte order.
    private static func append(_ address: IPAddress, to input: inout [UInt8]) {
        for shift in stride(from: address.isIPv6 ? 112 : 16, through: 0, by: -16) {
            append(UInt16(truncatingIfNeeded: address.bits &>> UInt128(shift)), to: &input)
        }
    }

    /// Appends a number in network byte order.
    private static func append(_ number: UInt16, to input: inout [UInt8]) {
        input.append(UInt8(number >> 8))
        input.append(UInt8(truncatingIfNeeded: number))
    }
}
