package import WireFormat

extension Origin {
    /// A packet captured at the beginning of 1970.
    package init(packet: UInt64) {
        self.init(packet: packet, time: Timestamp(nanoseconds: 0))
    }
}
