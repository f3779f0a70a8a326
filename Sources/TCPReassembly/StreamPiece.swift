/// What comes next in a stream.
public enum StreamPiece: Sendable {
    /// Bytes that had waited.
    case held(HeldSegment)
    /// So many bytes that the capture does not hold.
    case gap(UInt64)
}
