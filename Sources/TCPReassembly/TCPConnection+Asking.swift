public import WireFormat

/// What is asked of a stream often.
///
/// Asking mutates, although nothing changes: else the compiler moves the whole stream first.
extension TCPConnection {
    /// Whether a stream that is held until `resume` keeps as much as it may.
    public mutating func isOverfull(_ direction: Direction) -> Bool {
        streams[direction.index].isPaused && streams[direction.index].isFull
    }

    /// Whether a stream was seen to the end that its FIN tells (``TCPStream/isWhole``).
    public mutating func isWhole(_ direction: Direction) -> Bool {
        streams[direction.index].isWhole
    }

    /// Whether the sender of a stream has sent segments that contradict others, that the other end would not take, or that
    /// acknowledge what was never sent.
    public mutating func hasDoubts(_ direction: Direction) -> Bool {
        streams[direction.index].firstConflictOffset != nil || streams[direction.index].hasInsertions
            || streams[direction.index].outOfWindowSegments > 0
            || streams[direction.opposite.index].hasFarAcknowledgments
    }
}
