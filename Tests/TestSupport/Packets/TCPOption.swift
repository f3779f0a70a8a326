/// An option of a TCP header.
public enum TCPOption: Sendable {
    /// Nothing follows (kind 0).
    case endOfOptions
    /// One byte of padding (kind 1).
    case noOperation
    /// The largest segment that the sender takes (kind 2).
    case maximumSegmentSize(UInt16)
    /// The shift of the window field (kind 3, RFC 7323 2.2).
    case windowScale(UInt8)
    /// Selective acknowledgments are understood (kind 4).
    case selectiveAcknowledgmentPermitted
    /// The sender's clock, and the echo of the receiver's (kind 8, RFC 7323 3.2).
    case timestamps(UInt32, echo: UInt32)
    /// Any bytes, broken ones too.
    case bytes([UInt8])

    /// The option as it stands in the header.
    public var bytes: [UInt8] {
        switch self {
        case .endOfOptions: [0]
        case .noOperation: [1]
        case .maximumSegmentSize(let size): [2, 4] + size.bigEndianBytes
        case .windowScale(let shift): [3, 3, shift]
        case .selectiveAcknowledgmentPermitted: [4, 2]
        case .timestamps(let value, let echo): [8, 10] + value.bigEndianBytes + echo.bigEndianBytes
        case .bytes(let bytes): bytes
        }
    }
}
