import WebSocketProtocol

extension Session {
    /// Counts again the memory that the session takes besides its own value, since that may have grown.
    mutating func recount(_ workspace: inout Workspace) {
        let bytes =
            streams[0].cost &+ streams[1].cost &+ (roundTrips?.cost ?? 0) &+ identity.cost
            &+ (carriers == nil ? 0 : CarrierMaps.cost) &+ activity.cost
        workspace.resources.sessionBytes &+= bytes &- Int(countedBytes)
        countedBytes = UInt32(clamping: bytes)
        streams[0].pings.markCounted()
        streams[1].pings.markCounted()
    }

    /// Records the round trip of an answered Ping, in nanoseconds.
    ///
    /// - Returns: Whether that took memory.
    mutating func record(roundTrip: Int64, _ workspace: inout Workspace) -> Bool {
        let roundTrips = self.roundTrips ?? RoundTripRecord()
        let hadHistogram = roundTrips.hasHistogram
        let grew = roundTrips.record(roundTrip, mayGrow: workspace.resources.roundTripHistograms > 0)
        if roundTrips.hasHistogram, !hadHistogram { workspace.resources.roundTripHistograms &-= 1 }
        self.roundTrips = roundTrips
        return grew
    }
}
