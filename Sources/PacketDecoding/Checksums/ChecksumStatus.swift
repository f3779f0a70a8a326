/// What a checksum says of the bytes that it covers.
@frozen
public enum ChecksumStatus: Hashable, Sendable {
    /// It is that of the bytes.
    case right
    /// It is that of other bytes.
    case wrong
    /// It was left to the network card of the host that captured, and is not made yet.
    case offloaded
    /// The capture does not hold all the bytes, or there is no checksum.
    case unknown

    /// Whether nothing speaks against the bytes: the checksum is right, or was never made.
    @inlinable
    public var isGood: Bool { self == .right || self == .offloaded }
}
