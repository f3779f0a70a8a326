public import WireFormat

extension TCPConnection {
    /// Looks at the holes of the streams again, since it is `time` and no packet has come.
    ///
    /// - Returns: Whether a stream may have more to hand on.
    public mutating func age(to time: Timestamp, limits: ReassemblyLimits) -> Bool {
        var hasMore = false
        for index in 0..<2 where !streams[index].isIdle {
            streams[index].age(packets: packets, time: time, limits: limits)
            hasMore = true
        }
        return hasMore
    }
}
