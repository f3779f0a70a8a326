/// Why a packet gives no TCP segment.
enum NoSegment {
    case notTCP
    case fragment
    case truncated
    case malformed
}

extension DecodedPacket {
    /// What the packet is, told by why it gives no segment.
    init(_ reason: NoSegment) {
        switch reason {
        case .notTCP: self = .notTCP
        case .fragment: self = .fragment
        case .truncated: self = .truncated
        case .malformed: self = .malformed
        }
    }
}
