/// A TCP segment (RFC 9293 3.1) found in a packet; its payload is a range of that packet's bytes.
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
    /// The window field, not scaled.
    public var window: UInt16
    /// The window scale option (RFC 7323 2.2), read on SYN segments only.
    public var windowScale: UInt8?
    /// Where the payload stands in the packet's bytes, as far as it was captured.
    public var payload: Range<Int>
    /// How many payload bytes the segment had on the wire; more than `payload.count` where a snap length cut it.
    public var payloadLength: Int

    /// Makes a segment.
    @inlinable
    public init(
        source: Endpoint, destination: Endpoint, sequence: UInt32, acknowledgment: UInt32, flags: TCPFlags,
        window: UInt16, windowScale: UInt8?, payload: Range<Int>, payloadLength: Int
    ) {
        self.source = source
        self.destination = destination
        self.sequence = sequence
        self.acknowledgment = acknowledgment
        self.flags = flags
        self.window = window
        self.windowScale = windowScale
        self.payload = payload
        self.payloadLength = payloadLength
    }
}
