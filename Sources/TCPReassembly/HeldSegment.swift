public import WireFormat

/// Bytes of a stream that had to wait: for bytes before them, or for the other stream.
public struct HeldSegment: Sendable {
    /// Where they begin, counted from the first byte of the stream.
    public var offset: UInt64
    /// The bytes; none where a snap length cut all of them.
    public var bytes: ArraySlice<UInt8>
    /// How many bytes behind them were on the wire and are not in the capture.
    public var missing: UInt64
    /// The packet that brought them.
    public var origin: Origin
    /// Whether they wait for an acknowledgment, since their packet may not have reached the other end.
    var isDoubtful = false

    /// The offset behind the last byte.
    var end: UInt64 { offset &+ UInt64(bytes.count) &+ missing }

    /// What one held segment costs beside its bytes, counted against the bounds.
    static let overhead = 128

    /// What it counts against the bounds.
    var cost: Int { bytes.count &+ HeldSegment.overhead }

    /// What of it stands before `limit`; nil where nothing does.
    func part(to limit: UInt64) -> HeldSegment? {
        guard offset < limit, limit < end else { return offset < limit ? self : nil }
        var part = self
        part.bytes = bytes.prefix(Int(clamping: limit &- offset))
        part.missing = limit &- offset &- UInt64(part.bytes.count)
        return part
    }

    /// What of it stands from `start` on; nil where nothing does.
    func part(from start: UInt64) -> HeldSegment? {
        guard start > offset, start < end else { return start < end ? self : nil }
        var part = self
        part.offset = start
        part.bytes = bytes.dropFirst(Int(clamping: start &- offset))
        part.missing = end &- start &- UInt64(part.bytes.count)
        return part
    }

    /// Where the first of its bytes is that has another value in `other`, which begins at `otherOffset`.
    func conflict(with other: Span<UInt8>, at otherOffset: UInt64) -> UInt64? {
        let start = max(offset, otherOffset)
        let end = min(offset &+ UInt64(bytes.count), otherOffset &+ UInt64(other.count))
        guard start < end else { return nil }
        let mine = bytes.span.extracting(droppingFirst: Int(start &- offset))
        let theirs = other.extracting(droppingFirst: Int(start &- otherOffset))
        for index in 0..<Int(end &- start) where mine[index] != theirs[index] { return start &+ UInt64(index) }
        return nil
    }
}
