public import WireFormat

/// Bytes that wait: for bytes before them, or for the reader of their stream.
extension TCPConnection {
    /// The next piece of a stream that has waited.
    public mutating func next(_ direction: Direction, budget: inout Int) -> StreamPiece? {
        streams[direction.index].next(budget: &budget)
    }

    /// Takes back bytes of a segment just received that their reader cannot use yet, and holds the stream until `resume`.
    ///
    /// - Parameters:
    ///   - direction: Who sent them.
    ///   - bytes: The last of those that were handed on.
    ///   - origin: The packet that brought them.
    ///   - budget: Bytes that all connections together may still hold.
    public mutating func pause(_ direction: Direction, keeping bytes: Span<UInt8>, origin: Origin, budget: inout Int) {
        let offset = streams[direction.index].nextOffset &- UInt64(bytes.count)
        let segment = HeldSegment(offset: offset, bytes: ArraySlice(copying: bytes), missing: 0, origin: origin)
        pause(direction, keeping: segment, budget: &budget)
    }

    /// Takes back the last `unread` bytes of a held segment.
    public mutating func pause(
        _ direction: Direction, keeping segment: HeldSegment, unread: Int, budget: inout Int
    ) {
        var rest = segment
        rest.bytes = segment.bytes.suffix(unread)
        rest.offset = segment.end &- UInt64(unread)
        pause(direction, keeping: rest, budget: &budget)
    }

    /// Takes back a gap of `length` bytes.
    public mutating func pause(_ direction: Direction, keepingGap length: UInt64, origin: Origin, budget: inout Int) {
        let offset = streams[direction.index].nextOffset &- length
        pause(
            direction, keeping: HeldSegment(offset: offset, bytes: [], missing: length, origin: origin),
            budget: &budget)
    }

    private mutating func pause(_ direction: Direction, keeping segment: HeldSegment, budget: inout Int) {
        streams[direction.index].pause(keeping: segment, budget: &budget)
    }

    /// Lets a paused stream pass again.
    public mutating func resume(_ direction: Direction) {
        streams[direction.index].resume()
    }

    /// Counts every hole as a gap: the connection, or the capture, is over.
    public mutating func flush() {
        streams[0].flush()
        streams[1].flush()
    }

    /// Drops what waits.
    public mutating func removeHeld(budget: inout Int) {
        streams[0].removeHeld(budget: &budget)
        streams[1].removeHeld(budget: &budget)
    }
}
