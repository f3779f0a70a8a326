public import PacketDecoding
public import WebSocketProtocol

/// A pattern in how several sessions with a server ended: at the same age, or after the same silence.
public struct EndingPattern: Hashable, Sendable {
    /// The server of all these sessions.
    public var server: IPAddress
    /// Who ended them.
    public var by: SessionEnd.Verdict.Party
    /// The layer at which they ended.
    public var layer: SessionEnd.Verdict.Layer
    /// The number of these sessions.
    public var sessions: UInt64
    /// The number of sessions with the server that ended in the capture in any way.
    public var ended: UInt64
    /// The shortest and the longest silence before the end, in nanoseconds, of both ends or of ``silentEnd``; nil if
    /// silences differ.
    public var silence: ClosedRange<Int64>?
    /// The shortest and the longest time from the last data message to the end, in nanoseconds, if only these times are
    /// alike; nil otherwise.
    public var messageSilence: ClosedRange<Int64>?
    /// The shortest and the longest time from the accepted upgrade to the end, in nanoseconds; nil if these times
    /// differ.
    public var lifetime: ClosedRange<Int64>?
    /// Whether none of them ever had a frame, so that silence and lifetime are the same.
    public var isSilentThroughout: Bool
    /// The end that was silent while the other kept sending; nil if there is none.
    public var silentEnd: Role?
    /// Whether all of them ended at the same moment, so that a single event explains the times as well as a timer.
    public var isAtOnce: Bool

    /// Creates a pattern.
    public init(
        server: IPAddress, by: SessionEnd.Verdict.Party, layer: SessionEnd.Verdict.Layer, sessions: UInt64,
        ended: UInt64, silence: ClosedRange<Int64>?, messageSilence: ClosedRange<Int64>? = nil,
        lifetime: ClosedRange<Int64>?, isSilentThroughout: Bool, silentEnd: Role? = nil,
        isAtOnce: Bool = false
    ) {
        self.server = server
        self.by = by
        self.layer = layer
        self.sessions = sessions
        self.ended = ended
        self.silence = silence
        self.messageSilence = messageSilence
        self.lifetime = lifetime
        self.isSilentThroughout = isSilentThroughout
        self.silentEnd = silentEnd
        self.isAtOnce = isAtOnce
    }
}
