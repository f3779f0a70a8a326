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
        /// One segment of it.
        public struct Segment: Sendable {
            /// The 1-based number of its packet.
            public var packet: UInt64
            /// When it was captured.
            public var time: Timestamp
            /// Its sequence number.
            public var sequence: UInt32
            /// Its acknowledgment number; nil on the SYN.
            public var acknowledgment: UInt32?
        }

        /// The initiator's SYN.
        public var syn: Segment?
        /// The responder's SYN ACK.
        public var synAck: Segment?
        /// The initiator's first ACK.
        public var ack: Segment?
        /// Whether the client of the session is the initiator; nil where no SYN was seen.
        public var isClientInitiator: Bool?

        /// Nanoseconds from the SYN to the ACK; nil unless both were seen.
        public var connectTime: Int64? {
            guard let syn, let ack else { return nil }
            return ack.time.nanoseconds(since: syn.time)
        }
    }

    /// The end that asked for the upgrade.
    public var client: Endpoint
    /// The end that answered it.
    public var server: Endpoint
    /// How it began.
    public var opening: Opening
    /// The link type of the packet that showed it.
    public var linkType: LinkType
    /// The interface's name, where the capture tells.
    public var interface: String?
    /// The three-way handshake.
    public var tcp: ThreeWayHandshake
    /// Whether no session was seen on its connection before, which gets its number here.
    var isFirstOfConnection = true
}

extension ConnectionStart {
    /// Community ID flow hash version 1, seed 0 ("1:…"); each access works it out.
    public var communityID: String { CommunityID.value(client, server) }
}
