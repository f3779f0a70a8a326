public import PacketDecoding
public import WebSocketProtocol

/// A way in which several sessions with one server ended alike: at the same age, or after the same silence.
public struct EndingPattern: Hashable, Sendable {
    /// The server that they have in common.
    public var server: IPAddress
    /// Who ended them.
    public var by: SessionEnd.Verdict.Party
    /// At which layer.
    public var layer: SessionEnd.Verdict.Layer
    /// How many of them there are.
    public var sessions: UInt64
    /// How many sessions with the server have ended in the capture, in whatever way.
    public var ended: UInt64
    /// The shortest and the longest silence before the end, in nanoseconds, of both ends or of ``silentEnd``; nil if
    /// that differs.
    public var silence: ClosedRange<Int64>?
    /// The shortest and the longest time from the last data message to the end, in nanoseconds, if only that is alike;
    /// else nil.
    public var messageSilence: ClosedRange<Int64>?
    /// The shortest and the longest time from the accepted upgrade to the end, in nanoseconds; nil if that differs.
    public var lifetime: ClosedRange<Int64>?
    /// Whether no frame was ever sent in any of them, so that silence and lifetime are the same.
    public var isSilentThroughout: Bool
    /// The end that was silent, if the other one went on speaking; else nil.
    public var silentEnd: Role?
    /// Whether all of them ended at one moment, so that a single event explains the times as well as a timer does.
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
