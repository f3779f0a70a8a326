public import WireFormat

extension [UInt8] {
    /// Hands these bytes on as a captured packet; its original length is theirs unless another one is given.
    public func withPacket<Result>(
        number: UInt64 = 1, time: Timestamp = Timestamp(nanoseconds: 0), linkType: LinkType = .ethernet,
        originalLength: Int? = nil, _ body: (borrowing CapturedPacket) throws -> Result
    ) rethrows -> Result {
        try body(
            CapturedPacket(
                number: number, time: time, linkType: linkType, originalLength: originalLength ?? count, bytes: span))
    }
}
