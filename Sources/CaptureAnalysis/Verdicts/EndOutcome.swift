import WebSocketProtocol
import WireFormat

/// What one end of a session did, as far as the verdict needs it.
struct EndOutcome {
    /// Its first Close frame.
    var close: SentClose?
    /// The first rule it broke, up to its Close frame and before that of the other end.
    var brokenRule: BrokenRule?
    /// Whether a gap may hide a Close frame of it: it is not known where its frames begin.
    var mayHideClose = false
    /// Whether bytes of it are not in the capture, its beginning included.
    var isIncomplete = false
    /// The packet that brought its latest bytes, in order.
    var lastPacket: UInt64 = 0
    /// How many frames it has begun.
    var frames: UInt64 = 0
    /// How many of them are data frames.
    var dataFrames: UInt64 = 0

    /// Creates the outcome of an end whose frames are not known.
    init() {}

    /// `mutating` so that the stream is read in place, not moved.
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
    /// What it says; nil if the capture lacks its code.
    var body: CloseBody?
    /// The packet that brought its last byte.
    var origin: Origin
    /// Where it begins: bytes from the first of its stream.
    var streamOffset: UInt64
    /// Where it ends in the TCP stream that carries it: received once that is acknowledged.
    var carriedEnd: UInt64
    /// How far its sender had received the other end's TCP stream; nil if that is not known.
    var received: UInt64?

    /// Whether its sender had received the other end's Close frame.
    func answers(_ other: SentClose) -> Bool { received.map { $0 >= other.carriedEnd } ?? false }
    /// The bytes that its reason takes.
    var cost: Int { body?.reason?.utf8.count ?? 0 }
}

/// The first rule that an end broke while the other end had not sent a Close frame yet.
struct BrokenRule {
    var rule: Rule
    /// Whether it is one of the upgrade: once the other end has sent a frame, it has put up with that.
    var isOfUpgrade = false
    /// Whether many put up with it: an error that follows is the more likely reason to fail the connection.
    var isLesser = false
    /// The packet that brought the bytes that break it.
    var origin: Origin
    /// Where they end in the TCP stream that carries them; nil if that is not known.
    var carriedEnd: UInt64?
    /// How many frames the other end had begun by then.
    var framesOfPeer: UInt64
}

/// What is recorded of an end for the verdict; kept apart from its stream, since most frames come before there is any.
final class ClosingNotes {
    var close: SentClose?
    var brokenRule: BrokenRule?
}
