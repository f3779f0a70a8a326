public import PacketDecoding
public import WireFormat

/// Segments that their checksum or hop limit speaks against.
extension TCPConnection {
    /// Judges a segment by its checksum and its hop limit before anything else is done with it.
    ///
    /// - Parameters:
    ///   - segment: The segment.
    ///   - bytes: What it was found in.
    ///   - direction: Who sent it.
    /// - Returns: Whether it is to be left out, since its checksum is wrong where others are right.
    public mutating func rejects(
        _ segment: inout TCPSegment, in bytes: Span<UInt8>, from direction: Direction
    ) -> Bool {
        // A forged acknowledgment alone does no harm to the bytes: it is not worth the sum, once others are known.
        let isPlain = segment.flags == .ack && segment.payloadLength == 0
        guard !isPlain || !checksums[direction.index].isSettled else { return false }
        switch segment.checksumStatus(in: bytes) {
        case .right, .offloaded: checksums[direction.index].countGood()
        case .unknown: break
        case .wrong:
            guard checksums[direction.index].countBad() else { break }
            rejectedSegments &+= 1
            return true
        }
        if let hopLimit = segment.hopLimit(in: bytes), !hopLimits[direction.index].isSure(of: hopLimit) {
            record(hopLimit: hopLimit, from: direction)
        }
        return false
    }

    /// Judges the segment that is to be received next by its hop limit.
    ///
    /// One that falls short of the others of its direction may have died on its way, behind the place of the capture. Its
    /// payload then waits for its acknowledgment, and its RST ends nothing while its sender goes on. Where the other end
    /// is not heard, everything is believed.
    public mutating func record(hopLimit: UInt8, from direction: Direction) {
        let wasSettled = hopLimits[direction.index].isSettled
        let isShort = hopLimits[direction.index].isShort(hopLimit) && isHeard(direction.opposite)
        slowPathReasons.set(.doubtfulSegment, to: isShort)
        if !wasSettled, !hopLimits[direction.index].isSettled { streams[direction.index].believe() }
    }

    /// Takes a RST back that may not have reached the other end, when its sender goes on behind it.
    mutating func withdrawReset(
        _ segment: borrowing TCPSegment, _ direction: Direction, _ arrival: inout Arrival
    ) {
        guard reset?.from == direction, !segment.flags.contains(.rst) else { return }
        slowPathReasons.remove(.doubtfulReset)
        reset = nil
        if finPackets[0] == nil, finPackets[1] == nil { firstEndTime = nil }
        states = [currentState(of: .fromInitiator), currentState(of: .fromResponder)]
        streams[direction.index].recordInsertion()
        arrival.isDoubtful = streams[direction.index].takeDoubt()
    }
}

/// What the checksums of one direction have been so far, and which segments to leave out for theirs.
///
/// Endpoints drop a segment with a wrong checksum, so an observer must too, or forged segments win. But captures are
/// full of checksums that were never made (offloading), or are wrong for reasons of the capture. So a wrong one counts
/// only where the direction's others are right: at least ``neededRight`` of them, and more than are wrong.
struct ChecksumTrust: Sendable {
    private var good: UInt16 = 0
    private var bad: UInt16 = 0

    /// Right (or offloaded) checksums before a wrong one counts.
    private static let neededRight: UInt16 = 2

    /// Whether enough right ones are known to judge by.
    var isSettled: Bool { good >= Self.neededRight }

    /// Counts a checksum that is right, or was left to the network card.
    mutating func countGood() {
        if good < .max { good &+= 1 }
    }

    /// Counts a wrong checksum.
    ///
    /// - Returns: Whether its segment is to be left out.
    mutating func countBad() -> Bool {
        let isRejected = good >= Self.neededRight && bad < good
        if bad < .max { bad &+= 1 }
        return isRejected
    }
}

/// The hop limit (RFC 8200 3; time to live, RFC 791 3.1) that most of one direction's segments have, and which segments
/// fall short of it: those that may die on the way, so that only an observer sees them.
///
/// Each segment votes: one near the value makes it stronger, any other weaker, and where nothing is left of it the next
/// one takes its place. So a change of route is believed after a few segments.
struct HopLimitVote: Sendable {
    private var value: UInt8 = 0
    private var weight: UInt8 = 0

    /// The weight from which a segment may fall short.
    private static let settledWeight: UInt8 = 2
    /// The most weight: as many segments, less one, are in doubt when the route has changed.
    private static let maximumWeight: UInt8 = 6
    /// How far below the value a segment must be.
    private static let margin: UInt8 = 5
    /// The most hops that a segment may have left to be in doubt: paths are seldom longer.
    private static let longestPath: UInt8 = 32

    /// Whether enough segments agree to judge others by.
    var isSettled: Bool { weight >= Self.settledWeight }

    /// Whether a vote for this value changes nothing: most do not.
    func isSure(of hopLimit: UInt8) -> Bool { hopLimit == value && weight == Self.maximumWeight }

    /// Whether a vote for this value makes it stronger, and does nothing else.
    @inline(__always)
    func agrees(with hopLimit: UInt8) -> Bool { hopLimit == value && weight > 0 }

    /// Takes a vote for the value, which ``agrees(with:)``.
    @inline(__always)
    mutating func strengthen() {
        if weight < Self.maximumWeight { weight &+= 1 }
    }

    /// Takes a segment's vote.
    ///
    /// - Returns: Whether the segment falls short.
    mutating func isShort(_ hopLimit: UInt8) -> Bool {
        let distance = hopLimit > value ? hopLimit &- value : value &- hopLimit
        if distance < Self.margin, weight > 0 {
            weight = min(weight &+ 1, Self.maximumWeight)
            return false
        }
        guard weight > 0 else {
            value = hopLimit
            weight = 1
            return false
        }
        let isShort = isSettled && hopLimit < value && hopLimit <= Self.longestPath
        weight &-= 1
        return isShort
    }
}
