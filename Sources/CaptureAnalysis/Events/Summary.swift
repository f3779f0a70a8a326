public import WireFormat

/// The totals of an analysis; what filters hide is counted all the same.
public struct Summary: Sendable {
    /// Packets read.
    public var packets: UInt64 = 0
    /// Their captured bytes.
    public var bytes: UInt64 = 0
    /// TCP connections seen.
    public var tcpConnections: UInt64 = 0
    /// Those on which a session was opened.
    public var webSocketConnections: UInt64 = 0
    /// Frames.
    public var frames: UInt64 = 0
    /// Complete data messages.
    public var messages: UInt64 = 0
    /// Their decoded bytes.
    public var payloadBytes: UInt64 = 0
    /// Findings that are notes.
    public var notes: UInt64 = 0
    /// Findings that are warnings.
    public var warnings: UInt64 = 0
    /// Findings that are errors.
    public var errors: UInt64 = 0
    /// Gaps in sessions.
    public var gaps: UInt64 = 0
    /// Packets that could not be decoded: truncated or malformed.
    public var unreadablePackets: UInt64 = 0
    /// Of a live capture: what its interface lost.
    public var losses: CaptureLosses?
    /// Nanoseconds from the first packet's time to the last's.
    public var duration: Int64 = 0
    /// Link types of packets that could not be decoded for it, each once.
    public var unsupportedLinkTypes: [LinkType] = []
    /// Ways in which sessions ended alike, the most frequent first; empty before the capture's end.
    public var patterns: [EndingPattern] = []
    /// Sessions whose ends were not compared with others for these, since too many servers were seen before theirs.
    public var uncomparedSessions: UInt64 = 0
    /// Silences before ends, and lifetimes, that were forgotten in these comparisons, since too many differ.
    public var forgottenTimes: UInt64 = 0
    /// What the connections without WebSocket were.
    public var others = OtherTraffic()

    /// Connections without a session that were not looked at to their end, since a bound was reached.
    public var connectionsGivenUp: UInt64 {
        others.oversizedHeads &+ others.proxyChains &+ others.unsearched &+ others.searchesAbandoned &+ others.evicted
            &+ others.waitedTooLong
    }
}
