package import PacketDecoding
package import WireFormat

/// Segments with a wrong checksum, a low hop limit or odd headers, which may never have reached their receiver or been
/// accepted by it.
extension TCPConnection {
    /// Checks a segment's checksum and hop limit before anything else is done with it.
    ///
    /// - Parameters:
    ///   - segment: The segment.
    ///   - bytes: The buffer that holds it.
    ///   - direction: Who sent it.
    /// - Returns: Whether to ignore it, because its checksum is wrong while others are correct.
    package mutating func rejects(
        _ segment: inout TCPSegment, in bytes: Span<UInt8>, from direction: Direction
    ) -> Bool {
        // A forged pure acknowledgment does no harm to the bytes, unless it confirms a FIN or segments in doubt: once
        // other checksums are known, computing its own would not pay.
        let isPlain = segment.flags == .ack && segment.payloadLength == 0 && segment.headerLength <= 32
        guard
            !isPlain || !checksums[direction.index].isSettled || finPackets[direction.opposite.index] != nil
                || streams[direction.opposite.index].hasDoubtfulBytes
                || slowPathReasons.contains(.opening) && headers[direction.index].hasSeveralAnswers
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
            // A burst of wrong checksums does not make them right.
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

    /// Whether a SYN ACK may not be the other end's: its hop limit is lower than that of the end's segments, or it goes
    /// to another link address.
    package mutating func isDoubtful(
        answer segment: borrowing TCPSegment, in bytes: Span<UInt8>, from direction: Direction
    ) -> Bool {
        guard let header = segment.networkHeader(in: bytes) else { return false }
        if headers[direction.index].goesElsewhere(header, in: bytes) { return true }
        let hopLimit = bytes[header &+ (segment.source.address.isIPv6 ? 7 : 8)]
        return hopLimits[direction.index].fallsShort(hopLimit) && isHeard(direction.opposite)
    }

    /// Records the hop limit of the next segment.
    ///
    /// A segment whose hop limit is lower than the others of its direction may expire between the capture point and the
    /// receiver. Its payload then waits until it is acknowledged, and its RST does not count if its sender goes on. If
    /// the other end is not captured, every segment is believed.
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

    /// Whether a segment was certainly sent after a RST at an offset of the same stream: it ends after that offset, or
    /// has a FIN, or has no data, or cannot be placed.
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
/// full of checksums that were never computed (offloading), or that the capture itself spoiled. So a wrong checksum
/// counts only if the direction's others are correct: at least ``neededRight`` of them, and more than are wrong. If
/// fewer are correct but still more than are wrong, or if as many are wrong by then, the bytes of its segment wait for
/// an acknowledgment.
struct ChecksumTrust: Sendable {
    private var good: UInt16 = 0
    private var bad: UInt16 = 0

    /// Correct (or offloaded) checksums needed before a wrong one counts.
    private static let neededRight: UInt16 = 2

    /// Whether more are correct than wrong.
    var isMostlyGood: Bool { good > bad }

    /// Whether enough correct ones are known.
    var isSettled: Bool { good >= Self.neededRight }

    /// Counts a checksum that is correct or offloaded.
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

/// The hop limit (RFC 8200 3; time to live, RFC 791 3.1) of most segments of one direction, and which segments have a
/// lower one: those may expire on the way, so that only an observer sees them.
///
/// Each segment votes: a hop limit near the current value adds weight, up to the maximum once two agree; any other
/// removes some, and once none is left the next hop limit becomes the value. So a change of route is accepted after a
/// few segments in a row. A value as low as those in doubt gives way to the first higher one.
struct HopLimitVote: Sendable {
    private var value: UInt8 = 0
    private var weight: UInt8 = 0

    /// The weight from which a segment may fall short.
    private static let settledWeight: UInt8 = 2
    /// The maximum weight: after a change of route, one segment fewer than this is in doubt.
    private static let maximumWeight: UInt8 = 6
    /// How far below the value a segment must be.
    private static let margin: UInt8 = 5
    /// The highest hop limit of a segment in doubt: paths are seldom longer.
    private static let longestPath: UInt8 = 32

    /// Whether enough segments agree to put others in doubt.
    var isSettled: Bool { weight >= Self.settledWeight }

    /// Whether a vote for this hop limit changes nothing, as is usual.
    func isSure(of hopLimit: UInt8) -> Bool { hopLimit == value && weight == Self.maximumWeight }

    /// Whether a vote for this hop limit only adds weight.
    @inline(__always)
    func agrees(with hopLimit: UInt8) -> Bool { hopLimit == value && weight > 0 }

    /// Counts a vote that ``agrees(with:)`` the value.
    @inline(__always)
    mutating func strengthen() {
        weight = isSettled ? Self.maximumWeight : weight &+ 1
    }

    /// Whether a segment falls short: a single vote suffices until another contradicts it.
    func fallsShort(_ hopLimit: UInt8) -> Bool {
        weight > 0 && hopLimit < value && !isNear(hopLimit) && hopLimit <= Self.longestPath
    }

    /// Whether the value comes from the last vote and is as low as those in doubt.
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
        // What remains of a settled value is less than a single vote.
        weight = weight == Self.settledWeight ? 0 : weight &- 1
        return isShort
    }
}
