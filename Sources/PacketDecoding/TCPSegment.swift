/// A TCP segment (RFC 9293 3.1) found in a packet; its payload is a range of that packet's bytes, or of the datagram
/// that the packet completed (``TransportPacket/reassembledTCP``).
///
/// ``PacketDecoder`` fills it in place. For a UDP datagram it fills what both have: the ends, the tunnel and the
/// payload (``UDPDatagram``). The type and its properties are usable from inline: otherwise no function that takes a
/// package type is inlined in other modules, whatever its attributes.
@usableFromInline
package struct TCPSegment: Sendable {
    /// The sender.
    @usableFromInline
    package var source: Endpoint
    /// The receiver.
    @usableFromInline
    package var destination: Endpoint
    /// The sequence number of the first payload byte, or of the SYN.
    @usableFromInline
    package var sequence: UInt32
    /// The acknowledgment number; valid only with `ack` in `flags`.
    @usableFromInline
    package var acknowledgment: UInt32
    /// The control bits.
    @usableFromInline
    package var flags: TCPFlags
    /// The length of the TCP header in bytes, options included: 20 to 60.
    @usableFromInline
    package var headerLength: UInt8
    /// The window field, unscaled.
    @usableFromInline
    package var window: UInt16
    /// The window scale option (RFC 7323 2.2), read on SYN segments only.
    @usableFromInline
    package var windowScale: UInt8?
    /// The distance from the innermost IP header to the TCP header, in units of 4 bytes; the maximum means that the IP
    /// header has no length.
    @usableFromInline
    package var networkHeaderWords: UInt16
    /// The tunnel it came through: a hash of the network identifiers of VXLAN and Geneve and the keys of GRE, the
    /// outermost first; 0 if no tunnel has a number.
    ///
    /// It distinguishes customers of a network who use the same private addresses. The two directions of a connection
    /// may have different values: many networks that route between their tunnels number a tunnel by the receiver's
    /// side, and a capture may hold the same segment inside and outside a tunnel, or inside several. So compare a
    /// direction only with itself, treat 0 as any, and check sequence numbers too. MPLS labels and PPTP call numbers
    /// never agree between the directions, and addresses of tunnel ends change along the path, so none of them count.
    @usableFromInline
    package var tunnel: UInt32
    /// Where the payload lies in the packet's bytes, as far as it was captured.
    @usableFromInline
    package var payload: Range<Int>
    /// The length of the payload on the wire; more than `payload.count` if a snap length cut it.
    @usableFromInline
    package var payloadLength: Int

    /// Creates an empty segment for ``PacketDecoder`` to fill.
    package init() {
        let nobody = Endpoint(address: IPAddress(ipv4: 0), port: 0)
        self.init(
            source: nobody, destination: nobody, sequence: 0, acknowledgment: 0, flags: [], window: 0, windowScale: nil,
            payload: 0..<0, payloadLength: 0)
    }

    /// Creates a segment.
    @inlinable
    package init(
        source: Endpoint, destination: Endpoint, sequence: UInt32, acknowledgment: UInt32, flags: TCPFlags,
        headerLength: UInt8 = 20, window: UInt16, windowScale: UInt8?, networkHeaderWords: UInt16 = .max,
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
    /// Byte 13 of the header.
    public let rawValue: UInt8

    /// Creates flags from byte 13 of the header.
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
    /// The acknowledgment field is valid.
    @inlinable public static var ack: TCPFlags { TCPFlags(rawValue: 0x10) }
    /// The urgent pointer is valid.
    @inlinable public static var urg: TCPFlags { TCPFlags(rawValue: 0x20) }
}
