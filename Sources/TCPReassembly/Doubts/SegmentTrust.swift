package import PacketDecoding
package import WireFormat

/// Segments with a wrong checksum, a low hop limit or odd headers, which their receiver may never have seen or
/// accepted.
extension TCPConnection {
    /// Checks a segment's checksum and hop limit before anything else is done with it.
    ///
    /// - Parameters:
    ///   - segment: The segment.
    ///   - bytes: What it was found in.
    ///   - direction: Who sent it.
    /// - Returns: Whether to ignore it: its checksum is wrong while others are right.
    package mutating func rejects(
        _ segment: inout TCPSegment, in bytes: Span<UInt8>, from direction: Direction
    ) -> Bool {
        // A forged acknowledgment alone does not harm the bytes, unless it confirms a FIN or segments in doubt: it is
        // not worth a sum once others are known.
        let isPlain = segment.flags == .ack && segment.payloadLength == 0 && segment.headerLength <= 32
        guard
            !isPlain || !checksums[direction.index].isSettled || finPackets[direction.opposite.index] != nil
                || streams[direction.opposite.index].hasDoubtfulBytes
        else {
            let offset = streams[direction.index].signedOffset(of: segment.sequence)
            if let offset, offset <= Int64(streams[direction.index].acknowledgedOffset) {
                headers[direction.index].follow(emptySegment: &segment, in: bytes)
            }
            return false
        }
        var isWrong = false
        switch segment.checksumStatus(in: bytes) {
        case .right, .offloaded: checksums[direction.index].countGood()
        case .unknown: break
        case .wrong:
            // A burst of wrong ones does not make them right.
            isWrong = checksums[direction.index].isSettled || checksums[direction.index].isMostlyGood
            guard checksums[direction.index].countBad() else { break }
            rejectedSegments &+= 1
            return true
        }
        if let hopLimit = segment.hopLimit(in: bytes), !hopLimits[direction.index].isSure(of: hopLimit) {
            record(hopLimit: hopLimit, from: direction)
        }
        examine(&segment, in: bytes, from: direction)
        if isWrong, isHeard(direction.opposite), !streams[direction.index].excused.contains(.checksum) {
            pendingDoubt.insert(.checksum)
        }
        return false
    }

    /// Whether a SYN ACK may be none of the other end: it has a lower hop limit than that end's segments, or goes to
    /// another link address.
    package mutating func isDoubtful(
        answer segment: borrowing TCPSegment, in bytes: Span<UInt8>, from direction: Direction
    ) -> Bool {
        guard let header = segment.networkHeader(in: bytes) else { return false }
        if headers[direction.index].goesElsewhere(header, in: bytes) { return true }
        let hopLimit = bytes[header &+ (segment.source.address.isIPv6 ? 7 : 8)]
        return hopLimits[direction.index].fallsShort(hopLimit) && isHeard(direction.opposite)
    }

    /// Records the hop limit of the segment that is received next.
    ///
    /// One that is lower than the others of its direction may expire between the place of the capture and the receiver.
    /// Its payload then waits until it is acknowledged, and its RST does not count if its sender goes on. If the other
    /// end is not captured, every segment is believed.
    package mutating func record(hopLimit: UInt8, from direction: Direction) {
        let wasSettled = hopLimits[direction.index].isSettled
        let isShort = hopLimits[direction.index].isShort(hopLimit) && isHeard(direction.opposite)
        slowPathReasons.set(.doubtfulSegment, to: isShort)
        if !wasSettled, hopLimits[direction.index].hasAdopted(hopLimit) { streams[direction.index].believeRoute() }
    }

    /// Withdraws a RST that the other end may not have accepted, if its sender goes on after it.
    mutating func withdrawReset(
        _ segment: borrowing TCPSegment, _ direction: Direction, _ arrival: inout Arrival
    ) {
        if let near = nearReset, near.from == direction, !segment.flags.contains(.rst) {
            hasGoneOn = true
            if goesBeyond(segment, nearResetOffset ?? 0, direction) {
                nearReset = nil
                if reset == nil {
                    aftermath = nil
                    slowPathReasons.remove(.doubtfulReset)
                }
                streams[direction.index].recordIgnoredReset(in: near.packet)
                arrival.isDoubtful = streams[direction.index].takeDoubt()
            }
        }
        guard reset?.from == direction, !hasSureReset, !segment.flags.contains(.rst) else { return }
        streams[direction.index].recordInsertion(resetDoubt)
        forgetReset(from: direction, &arrival)
    }

    /// Whether a segment was surely sent after a RST that stands at an offset of the same stream: it ends after that,
    /// or there with a FIN, or repeats nothing and brings nothing.
    private mutating func goesBeyond(
        _ segment: borrowing TCPSegment, _ offset: UInt64, _ direction: Direction
    ) -> Bool {
        guard segment.payloadLength > 0, !segment.flags.contains(.fin),
            let start = streams[direction.index].signedOffset(of: segment.sequence)
        else { return true }
        return start &+ Int64(segment.payloadLength) > Int64(offset)
    }
}

/// The checksums of one direction so far, and whether to ignore segments for a wrong one.
///
/// Endpoints drop a segment with a wrong checksum, so an observer must too, or forged segments win. But captures are
/// full of checksums that were never computed (offloading), or are wrong because of the capture. So a wrong one counts
/// only if the direction's others are right: at least ``neededRight`` of them, and more than are wrong. If fewer are
/// right, but more than are wrong, or as many are wrong by then, its bytes wait for an acknowledgment.
struct ChecksumTrust: Sendable {
    private var good: UInt16 = 0
    private var bad: UInt16 = 0

    /// Right (or offloaded) checksums before a wrong one counts.
    private static let neededRight: UInt16 = 2

    /// Whether more are right than wrong.
    var isMostlyGood: Bool { good > bad }

    /// Whether enough right ones are known.
    var isSettled: Bool { good >= Self.neededRight }

    /// Counts a checksum that is right or offloaded.
    mutating func countGood() {
        if good < .max { good &+= 1 }
    }

    /// Counts a wrong checksum.
    ///
    /// - Returns: Whether to ignore its segment.
    mutating func countBad() -> Bool {
        let isRejected = good >= Self.neededRight && bad < good
        if bad < .max { bad &+= 1 }
        return isRejected
    }
}

/// The hop limit (RFC 8200 3; time to live, RFC 791 3.1) of most of one direction's segments, and which segments have a
/// lower one: those may expire on the way, so that only an observer sees them.
///
/// Each segment votes: one near the value adds weight, all of it once two agree, any other removes some, and once none
/// is left the next value replaces it. So a change of route is believed after a few segments in a row. A value as low
/// as those that are doubted gives way to the first higher one.
struct HopLimitVote: Sendable {
    private var value: UInt8 = 0
    private var weight: UInt8 = 0

    /// The weight from which on a segment may fall short.
    private static let settledWeight: UInt8 = 2
    /// The maximum weight: after a change of route, one segment fewer is in doubt.
    private static let maximumWeight: UInt8 = 6
    /// How far below the value a segment must be.
    private static let margin: UInt8 = 5
    /// The highest hop limit of a segment in doubt: paths are seldom longer.
    private static let longestPath: UInt8 = 32

    /// Whether enough segments agree to doubt others.
    var isSettled: Bool { weight >= Self.settledWeight }

    /// Whether a vote for this value changes nothing: most do not.
    func isSure(of hopLimit: UInt8) -> Bool { hopLimit == value && weight == Self.maximumWeight }

    /// Whether a vote for this value only adds weight.
    @inline(__always)
    func agrees(with hopLimit: UInt8) -> Bool { hopLimit == value && weight > 0 }

    /// Counts a vote that ``agrees(with:)`` the value.
    @inline(__always)
    mutating func strengthen() {
        weight = isSettled ? Self.maximumWeight : weight &+ 1
    }

    /// Whether a segment falls short: a single vote counts until one speaks against it.
    func fallsShort(_ hopLimit: UInt8) -> Bool {
        weight > 0 && hopLimit < value && !isNear(hopLimit) && hopLimit <= Self.longestPath
    }

    /// Whether the segment that voted last has given the value, which is as low as those that are doubted.
    func hasAdopted(_ hopLimit: UInt8) -> Bool {
        !isSettled && weight > 0 && hopLimit <= Self.longestPath && isNear(hopLimit)
    }

    private func isNear(_ hopLimit: UInt8) -> Bool {
        (hopLimit > value ? hopLimit &- value : value &- hopLimit) < Self.margin
    }

    /// Counts a segment's vote.
    ///
    /// - Returns: Whether the segment falls short.
    mutating func isShort(_ hopLimit: UInt8) -> Bool {
        guard weight > 0 else {
            value = hopLimit
            weight = 1
            return false
        }
        if isNear(hopLimit) {
            strengthen()
            return false
        }
        if hopLimit > value, value <= Self.longestPath {
            value = hopLimit
            weight = 1
            return false
        }
        let isShort = fallsShort(hopLimit)
        // What is left of a value that was settled is no single vote.
        weight = weight == Self.settledWeight ? 0 : weight &- 1
        return isShort
    }
}
