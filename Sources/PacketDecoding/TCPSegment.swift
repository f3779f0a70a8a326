/// A TCP segment (RFC 9293 3.1) found in a packet; its payload is a range of that packet's bytes, or of those of the
/// datagram that the packet completed (``DecodedPacket/reassembled(_:)``).
@frozen
public struct TCPSegment: Sendable {
    /// Who sent it.
    public var source: Endpoint
    /// Who it is for.
    public var destination: Endpoint
    /// The sequence number of the first payload byte, or of the SYN.
    public var sequence: UInt32
    /// The acknowledgment number; counts only with `ack` in `flags`.
    public var acknowledgment: UInt32
    /// The control bits.
    public var flags: TCPFlags
    /// How many bytes the TCP header had, options included: 20 to 60.
    public var headerLength: UInt8
    /// The window field, not scaled.
    public var window: UInt16
    /// The window scale option (RFC 7323 2.2), read on SYN segments only.
    public var windowScale: UInt8?
    /// How far before the TCP header the innermost IP header starts, in units of 4 bytes; 255 stands for 1,020 bytes
    /// or more.
    public var networkHeaderWords: UInt8
    /// The tunnel it came through: 0 for none that bears a number, else a mark made of the network identifiers of
    /// VXLAN and Geneve and the keys of GRE, the outermost first.
    ///
    /// It tells apart customers of a network who use the same private addresses. The two directions of a connection
    /// may bear different marks, since many networks that route between their tunnels number the tunnel by the
    /// receiver's side, and a capture may hold the same segment both inside a tunnel and outside, or inside several:
    /// whoever compares, compares one direction with itself, takes 0 for any, and looks at the numbers too. Labels of MPLS and call numbers of PPTP never agree
    /// between the directions, and addresses of tunnel ends change under way: those are left out.
    public var tunnel: UInt32
    /// Where the payload stands in the packet's bytes, as far as it was captured.
    public var payload: Range<Int>
    /// How many payload bytes the segment had on the wire; more than `payload.count` where a snap length cut it.
    public var payloadLength: Int

    /// Makes room for a segment that ``PacketDecoder`` finds: all zeros.
    public init() {
        let nobody = Endpoint(address: IPAddress(ipv4: 0), port: 0)
        self.init(
            source: nobody, destination: nobody, sequence: 0, acknowledgment: 0, flags: [], window: 0, windowScale: nil,
            payload: 0..<0, payloadLength: 0)
    }

    /// Makes a segment.
    @inlinable
    public init(
        source: Endpoint, destination: Endpoint, sequence: UInt32, acknowledgment: UInt32, flags: TCPFlags,
        headerLength: UInt8 = 20, window: UInt16, windowScale: UInt8?, networkHeaderWords: UInt8 = 255,
        tunnel: UInt32 = 0, payload: Range<Int>, payloadLength: Int
    ) {
        self.source = source
        self.destination = destination
        self.sequence = sequence
        self.acknowledgment = acknowledgment
        self.flags = flags
        self.headerLength = headerLength
        self.window = window
        self.windowScale = windowScale
        self.networkHeaderWords = networkHeaderWords
        self.tunnel = tunnel
        self.payload = payload
        self.payloadLength = payloadLength
    }
}

/// The control bits of a TCP header (RFC 9293 3.1).
@frozen
public struct TCPFlags: OptionSet, Hashable, Sendable {
    /// The bits as they stand in byte 13 of the header.
    public let rawValue: UInt8

    /// Makes flags from byte 13 of the header.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// No more data from the sender.
    @inlinable public static var fin: TCPFlags { TCPFlags(rawValue: 0x01) }
    /// Synchronize sequence numbers.
    @inlinable public static var syn: TCPFlags { TCPFlags(rawValue: 0x02) }
    /// Reset the connection.
    @inlinable public static var rst: TCPFlags { TCPFlags(rawValue: 0x04) }
    /// Push.
    @inlinable public static var psh: TCPFlags { TCPFlags(rawValue: 0x08) }
    /// The acknowledgment field counts.
    @inlinable public static var ack: TCPFlags { TCPFlags(rawValue: 0x10) }
    /// The urgent pointer counts.
    @inlinable public static var urg: TCPFlags { TCPFlags(rawValue: 0x20) }
}
