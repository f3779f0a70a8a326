package import WireFormat

extension Origin {
    /// Creates the origin of a packet captured at the start of 1970.
    package init(packet: UInt64) {
        self.init(packet: packet, time: Timestamp(nanoseconds: 0))
    }
}
