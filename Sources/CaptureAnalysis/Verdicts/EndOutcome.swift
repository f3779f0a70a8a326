import WebSocketProtocol
import WireFormat

/// The actions of one end of a session, as far as the verdict needs them.
struct EndOutcome {
    /// Its first Close frame.
    var close: SentClose?
    /// The first rule that it broke, before its Close frame and before the other end's.
    var brokenRule: BrokenRule?
    /// Whether a gap may hide its Close frame, since it is unknown where its frames begin.
    var mayHideClose = false
    /// Whether the capture lacks bytes of it, including its beginning.
    var isIncomplete = false
    /// The packet that brought its latest bytes in order.
    var lastPacket: UInt64 = 0
    /// The number of its frames that have begun.
    var frames: UInt64 = 0
    /// The number of those that are data frames.
    var dataFrames: UInt64 = 0

    /// Creates the outcome of an end whose frames are unknown.
    init() {}

    /// Creates the outcome of an end from its stream; `mutating` so that the stream is read in place, not moved.
    init(_ stream: inout SessionStream) {
        close = stream.close
        brokenRule = stream.brokenRule
        mayHideClose = stream.decoder.isLost
        isIncomplete = stream.isIncomplete
        lastPacket = stream.lastPacket
        frames = stream.decoder.frameCount
        let control = (8..<16).reduce(0) { $0 + stream.traffic.framesByOpcode[$1] }
        dataFrames = frames &- min(frames, control)
    }
}

/// The first Close frame of an end.
struct SentClose {
    /// Its body; nil if the capture lacks its code.
    var body: CloseBody?
    /// The packet that brought its last byte.
    var origin: Origin
    /// The offset of its first byte, from the first byte of its stream.
    var streamOffset: UInt64
    /// Where it ends in the TCP stream that carries it: it was received once this is acknowledged.
    var carriedEnd: UInt64
    /// How far its sender had received the other end's TCP stream; nil if unknown.
    var received: UInt64?

    /// Whether its sender had received the other end's Close frame.
    func answers(_ other: SentClose) -> Bool { received.map { $0 >= other.carriedEnd } ?? false }
    /// The bytes that its reason takes.
    var cost: Int { body?.reason?.utf8.count ?? 0 }
}

/// The first rule that an end broke before the other end sent a Close frame.
struct BrokenRule {
    var rule: Rule
    /// Whether it is a rule of the upgrade, which the other end has tolerated once it has sent a frame.
    var isOfUpgrade = false
    /// Whether many tolerate it: a later error is then the more likely reason to fail the connection.
    var isLesser = false
    /// The packet that brought the bytes that broke it.
    var origin: Origin
    /// Where they end in the TCP stream that carries them; nil if unknown.
    var carriedEnd: UInt64?
    /// The number of frames that the other end had begun by then.
    var framesOfPeer: UInt64
}

/// What is recorded of an end for the verdict.
///
/// Kept apart from its stream, since most frames come before there is anything to record.
final class ClosingNotes {
    var close: SentClose?
    var brokenRule: BrokenRule?
}
