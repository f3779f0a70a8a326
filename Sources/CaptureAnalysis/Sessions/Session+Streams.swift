import WebSocketProtocol
import WireFormat

/// Access to a session's streams for shards and for the rest of the session.
///
/// `mutating` so that nothing is copied.
extension Session {
    /// The number of frames of an end that have begun.
    mutating func frameCount(of role: Role) -> UInt64 { streams[role.index].decoder.frameCount }

    /// Whether a frame of an end has begun but not ended.
    @inline(__always)
    mutating func isInFrame(of role: Role) -> Bool { streams[role.index].decoder.isInFrame }

    /// The offset of an end's next byte to decode; nil while its stream is searched for frames.
    mutating func decodedEnd(of role: Role) -> UInt64? {
        streams[role.index].search == nil ? streams[role.index].nextOffset : nil
    }

    /// Looks for a Ping at the start of bytes that wait after a hole.
    mutating func suspectPing(in bytes: Span<UInt8>, from source: Provenance) {
        streams[source.index].suspectPing(in: bytes, from: source)
    }
}
