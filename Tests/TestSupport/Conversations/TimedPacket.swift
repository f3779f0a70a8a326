public import WireFormat

/// A packet and when it was captured.
public struct TimedPacket: Sendable {
    /// When.
    public var time: Timestamp
    /// From the link layer's header on, as far as captured.
    public var bytes: [UInt8]
    /// How long it was on the wire.
    public var originalLength: Int

    /// Makes a packet that was captured whole.
    public init(at time: Timestamp, _ bytes: [UInt8]) {
        self.time = time
        self.bytes = bytes
        originalLength = bytes.count
    }
}

extension [TimedPacket] {
    /// A pcap file of the packets, their times cut to microseconds.
    ///
    /// - Parameter linkType: The number of the link type that it claims; 1 is Ethernet.
    /// - Returns: The file.
    public func pcap(linkType: UInt32 = 1) -> [UInt8] {
        var builder = PcapBuilder(linkType: LinkType(rawValue: linkType))
        for packet in self {
            let (seconds, fraction) = packet.time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
            builder.append(
                packet.bytes, seconds: UInt32(seconds), fraction: UInt32(fraction / 1000),
                originalLength: packet.originalLength)
        }
        return builder.bytes
    }
}
