import WebSocketProtocol
import WireFormat

/// What shards, and the rest of a session, ask of its streams.
///
/// `mutating` so that nothing is copied.
extension Session {
    /// How many frames of an end have begun.
    mutating func frameCount(of role: Role) -> UInt64 { streams[role.index].decoder.frameCount }

    /// Whether a frame of an end has begun and not ended.
    @inline(__always)
    mutating func isInFrame(of role: Role) -> Bool { streams[role.index].decoder.isInFrame }

    /// Where the next byte of an end stands that is to be decoded; nil while it is searched for frames.
    mutating func decodedEnd(of role: Role) -> UInt64? {
        streams[role.index].search == nil ? streams[role.index].nextOffset : nil
    }

    /// Looks for a Ping at the beginning of bytes that wait after a hole.
    mutating func suspectPing(in bytes: Span<UInt8>, from source: Provenance) {
        streams[source.index].suspectPing(in: bytes, from: source)
    }
}
