public import PacketDecoding

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
    /// The shortest and the longest silence before the end, in nanoseconds; nil where that differs.
    public var silence: ClosedRange<Int64>?
    /// The shortest and the longest time from the accepted upgrade to the end, in nanoseconds; nil where that differs.
    public var lifetime: ClosedRange<Int64>?
    /// Whether no frame was ever sent in any of them, so that silence and lifetime are the same.
    public var isSilentThroughout: Bool

    /// Makes a pattern.
    public init(
        server: IPAddress, by: SessionEnd.Verdict.Party, layer: SessionEnd.Verdict.Layer, sessions: UInt64,
        ended: UInt64,
        silence: ClosedRange<Int64>?, lifetime: ClosedRange<Int64>?, isSilentThroughout: Bool
    ) {
        self.server = server
        self.by = by
        self.layer = layer
        self.sessions = sessions
        self.ended = ended
        self.silence = silence
        self.lifetime = lifetime
        self.isSilentThroughout = isSilentThroughout
    }
}
