package import WireFormat

/// Bytes of a stream that had to wait for earlier bytes, or for the other stream.
package struct HeldSegment: Sendable {
    /// Their offset in the stream.
    package var offset: UInt64
    /// The bytes; empty if a snap length cut all of them.
    package private(set) var bytes: ArraySlice<UInt8>
    /// The number of bytes after them that were on the wire but not captured.
    package var missing: UInt64
    /// The packet that brought them.
    package var origin: Origin
    /// Why they wait for an acknowledgment.
    var doubt = SegmentDoubt()
    /// Where the receiver's own queued segment with these bytes begins
    /// (``HeldSegments/insert(_:missing:at:context:yields:)``).
    var queueStart: UInt64 = 0
    /// The identification of their packet (``SegmentContext``).
    var identification: UInt16 = 0
    /// The acknowledgment number of their segment; 0 if it has none.
    package private(set) var acknowledgment: UInt32 = 0
    /// The size of the buffer that `bytes` are part of.
    private var bufferCount: Int

    /// Holds bytes that are a whole buffer.
    package init(
        offset: UInt64, bytes: ArraySlice<UInt8>, missing: UInt64, origin: Origin, doubt: SegmentDoubt = [],
        queueStart: UInt64 = 0, identification: UInt16 = 0, acknowledgment: UInt32 = 0
    ) {
        self.offset = offset
        self.bytes = bytes
        self.missing = missing
        self.origin = origin
        self.doubt = doubt
        self.queueStart = queueStart
        self.identification = identification
        self.acknowledgment = acknowledgment
        bufferCount = bytes.count
    }

    /// Keeps only a part of the bytes: it shares the buffer, unless that is more than twice as large.
    mutating func keep(_ part: ArraySlice<UInt8>) {
        if bufferCount > 2 &* part.count {
            bytes = ArraySlice(copying: part.span)
            bufferCount = part.count
        } else {
            bytes = part
        }
    }

    /// Whether the bytes wait for an acknowledgment, since the other end may not have accepted them.
    var isDoubtful: Bool { !doubt.isEmpty }

    /// The offset after the last byte.
    var end: UInt64 { offset &+ UInt64(bytes.count) &+ missing }

    /// The overhead of a held segment in bytes, counted against the bounds.
    static let overhead = 192

    /// What the segment counts against the bounds, in bytes.
    var cost: Int { bufferCount &+ HeldSegment.overhead }

    /// The part before `limit`; nil if there is none.
    func part(to limit: UInt64) -> HeldSegment? {
        guard offset < limit, limit < end else { return offset < limit ? self : nil }
        var part = self
        part.keep(bytes.prefix(Int(clamping: limit &- offset)))
        part.missing = limit &- offset &- UInt64(part.bytes.count)
        return part
    }

    /// The part from `start` on; nil if there is none.
    func part(from start: UInt64) -> HeldSegment? {
        guard start > offset, start < end else { return start < end ? self : nil }
        var part = self
        part.offset = start
        part.keep(bytes.dropFirst(Int(clamping: start &- offset)))
        part.missing = end &- start &- UInt64(part.bytes.count)
        return part
    }

    /// The offset of the first byte that differs from `other`, which starts at `otherOffset`.
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

extension ArraySlice<UInt8> {
    /// Copies borrowed bytes.
    package init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe ArraySlice($0) }
    }
}
