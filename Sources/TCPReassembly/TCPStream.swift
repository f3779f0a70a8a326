import WireFormat

/// One direction of a connection: puts its bytes in order, each of them once.
///
/// Where copies of a byte differ, the first one wins, as RFC 9293 3.10.7.4 has receivers do; the difference is counted
/// in ``conflictingSegments`` if it is seen: copies are compared byte by byte with bytes that wait, and by hashes with
/// the last segments handed on (`RecentSegments`). Doubtful bytes, which may not have reached the receiver, wait until it
/// has acknowledged them, and give way to others. What the receiver would drop since it is far outside its window is
/// not taken, and counted in ``outOfWindowSegments``.
///
/// Bytes that are next in order are not copied: `receive` says which part of a segment they are. What comes too early
/// waits, and `next` hands it on.
public struct TCPStream: ~Copyable {
    // What every segment touches stands first.

    /// The sequence number of the first byte (the one behind the SYN); nil until a byte or a SYN was seen.
    public private(set) var firstSequence: UInt32?
    /// Whether bytes in order wait too, since their reader waits for the other stream.
    public private(set) var isPaused = false
    /// Whether the other end has acknowledged the FIN.
    public private(set) var isFinAcknowledged = false
    /// Whether more waits than the bounds allow.
    public private(set) var isFull = false
    /// Whether something was counted as conflicting, out of window or inserted, or an acknowledgment was passed over, that
    /// `takeDoubt` has not told yet.
    private(set) var hasDoubt = false
    /// Whether a segment has brought nothing new that `takeRepeat` has not told yet.
    private var hasRepeated = false
    /// What the other end takes.
    var window = ReceiveWindow()
    /// How many bytes were handed on or reported as gaps.
    public internal(set) var nextOffset: UInt64 = 0
    /// The end of the farthest byte seen.
    public internal(set) var seenOffset: UInt64 = 0
    /// How far the other end has acknowledged, the FIN not counted.
    public internal(set) var acknowledgedOffset: UInt64 = 0
    /// Bytes that end here or before need no closer look.
    private(set) var usualEnd: UInt64 = 0
    /// Where the stream ends: the offset of its FIN.
    public private(set) var finOffset: UInt64?
    private var held = HeldSegments()
    var recent = RecentSegments()

    /// Whether segments turned out not to have reached the other end.
    public private(set) var hasInsertions = false
    /// Whether acknowledgments were passed over, since they lie too far beyond the bytes seen.
    public private(set) var hasFarAcknowledgments = false
    /// Holes below this offset are gaps.
    private var gapsEnd: UInt64 = 0
    /// The acknowledged offset that becomes `gapsEnd`, since when it is known, and where the stream stood then.
    private var ripening: (offset: UInt64, packets: UInt64, time: Timestamp, next: UInt64)?
    /// Segments that brought only bytes already seen.
    public private(set) var retransmittedSegments: UInt64 = 0
    /// Segments that brought new bytes after later ones were seen.
    public private(set) var outOfOrderSegments: UInt64 = 0
    /// Segments that brought other bytes than an earlier copy of them.
    public private(set) var conflictingSegments: UInt64 = 0
    /// Where the first of them differed: its byte, or the segment handed on that holds it.
    public private(set) var firstConflictOffset: UInt64?
    /// Segments not taken since they do not fit into the window or behind the FIN, FINs in impossible places, and SYNs
    /// and RSTs that the other end must ignore.
    public private(set) var outOfWindowSegments: UInt64 = 0
    /// Bytes reported as gaps.
    public private(set) var gapBytes: UInt64 = 0
    /// Of these, bytes whose packets were captured, but cut short by the snap length.
    public private(set) var cutBytes: UInt64 = 0

    /// The bytes at the beginning of the value that segments touch, about.
    static var hotByteCount: Int { 184 }

    init() {}

    /// Whether everything up to its FIN was handed on or reported as gaps.
    public var isWhole: Bool { finOffset == nextOffset }

    /// The stream offset that a sequence number stands for, the one nearest to ``nextOffset``; nil before the first byte.
    public func offset(of sequence: UInt32) -> UInt64? {
        guard let firstSequence else { return nil }
        return UInt64(exactly: SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset))
    }

    /// Whether nothing waits and no hole is known.
    @inline(__always)
    var isIdle: Bool { held.isEmpty && acknowledgedOffset <= nextOffset }

    /// Learns the sequence number of the first byte, from a SYN or from the first segment seen.
    ///
    /// - Parameter sequence: What it is if none is known yet.
    /// - Returns: What it is.
    @discardableResult
    mutating func begin(at sequence: UInt32) -> UInt32 {
        if let firstSequence { return firstSequence }
        firstSequence = sequence
        return sequence
    }

    /// Takes a segment's payload.
    ///
    /// - Parameters:
    ///   - payload: The captured bytes of it.
    ///   - sequence: The sequence number of the first.
    ///   - length: How many bytes it had on the wire, not less than `payload.count`.
    ///   - origin: Its packet.
    ///   - isDoubtful: Whether it may not have reached the other end.
    ///   - budget: Bytes that all streams together may still hold.
    ///   - limits: The bounds of one stream.
    /// - Returns: The part of `payload` that comes next: the caller hands it on, then asks `next`.
    mutating func receive(
        _ payload: Span<UInt8>, sequence: UInt32, length: Int, origin: Origin, isDoubtful: Bool, budget: inout Int,
        limits: ReassemblyLimits
    ) -> Range<Int> {
        let base = begin(at: sequence)
        let next = Int64(nextOffset)
        let start = SequenceNumber.offset(of: sequence, base: base, near: nextOffset)
        let end = start &+ Int64(length)
        guard end > next else {
            // RFC 9293 3.8.4: a keep-alive repeats the last byte, whatever its value, or none.
            hasRepeated = true
            guard length > 1 || start != next &- 1 else { return 0..<0 }
            retransmittedSegments &+= 1
            compare(payload, at: start)
            return 0..<0
        }
        if UInt64(end) > usualEnd, !accepts(payload, start: start, end: UInt64(end), origin, &budget, limits) {
            return 0..<0
        }
        let isLate = start < Int64(seenOffset)
        if !isDoubtful { seenOffset = max(seenOffset, UInt64(end)) }
        let old = Int(max(0, next &- start))
        let offset = UInt64(max(start, next))
        let captured = max(old, payload.count)
        if old > 0 { compare(payload.extracting(first: old), at: start) }
        if offset == nextOffset, held.isEmpty, !isPaused, !isDoubtful {
            recent.note(payload.extracting(droppingFirst: old), at: nextOffset)
            nextOffset &+= UInt64(captured &- old)
            if captured < length {
                hold(payload.extracting(0..<0), at: nextOffset, end: UInt64(end), origin, &budget, limits)
            }
            return min(old, payload.count)..<payload.count
        }
        let rest = payload.extracting(min(old, payload.count)...)
        if held.doubtfulCount > 0, !isDoubtful { displaceDoubtful(from: offset, to: UInt64(end), by: rest, &budget) }
        if !hold(rest, at: offset, end: UInt64(end), origin, isDoubtful: isDoubtful, &budget, limits) {
            retransmittedSegments &+= 1
            hasRepeated = true
        } else if isLate {
            outOfOrderSegments &+= 1
        }
        return 0..<0
    }

    /// Takes an acknowledgment of this stream from the other end.
    ///
    /// - Parameters:
    ///   - sequence: The acknowledgment number.
    ///   - window: The window field that came with it; 0 where it does not count.
    /// - Returns: Whether this changed what is known of the FIN.
    mutating func acknowledge(_ sequence: UInt32, window: UInt16) -> Bool {
        guard let firstSequence else { return false }
        self.window.note(window)
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        // RFC 7323 2.3: no window is larger than 1 GiB, so nothing farther ahead can have been received.
        guard offset > Int64(acknowledgedOffset), offset <= Int64(seenOffset) &+ ReceiveWindow.limit else {
            if offset > Int64(seenOffset) &+ ReceiveWindow.limit { noteFarAcknowledgment() }
            if acknowledgedOffset > seenOffset &+ 1 { retractAcknowledgment(to: offset) }
            return false
        }
        guard let finOffset, UInt64(offset) > finOffset else {
            acknowledgedOffset = UInt64(offset)
            return false
        }
        if UInt64(offset) > finOffset &+ 1, let end = held.end, end > finOffset, !isFinAcknowledged {
            // The other end has received what stands behind the FIN: it has not received the FIN.
            self.finOffset = nil
            seenOffset = max(seenOffset, end)
            acknowledgedOffset = UInt64(offset)
            return true
        }
        acknowledgedOffset = finOffset
        defer { isFinAcknowledged = true }
        return !isFinAcknowledged
    }

    /// Takes the FIN that stands at `sequence`.
    ///
    /// - Returns: Whether it is, or repeats, the FIN of the stream.
    mutating func finish(at sequence: UInt32) -> Bool {
        let offset = SequenceNumber.offset(of: sequence, base: begin(at: sequence), near: nextOffset)
        if let finOffset, Int64(finOffset) == offset { return true }
        guard finOffset == nil, offset >= Int64(nextOffset), offset <= Int64(windowEnd) else {
            countOutOfWindow()
            return false
        }
        finOffset = UInt64(offset)
        usualEnd = min(usualEnd, UInt64(offset))
        if acknowledgedOffset > UInt64(offset) {
            acknowledgedOffset = UInt64(offset)
            isFinAcknowledged = true
        }
        return true
    }

    /// Takes back what the reader of the stream could not use yet, and holds everything until `resume`.
    mutating func pause(keeping segment: HeldSegment, budget: inout Int) {
        isPaused = true
        guard segment.offset < segment.end else { return }
        nextOffset = segment.offset
        budget &-= segment.cost
        held.prepend(segment)
    }

    /// Lets the bytes that wait pass.
    mutating func resume() {
        isPaused = false
    }

    /// Looks at the first hole again, since a packet of the connection has come.
    ///
    /// - Parameters:
    ///   - packets: How many have come.
    ///   - time: The packet's time.
    ///   - limits: When a hole counts as a gap.
    mutating func age(packets: UInt64, time: Timestamp, limits: ReassemblyLimits) {
        let end = firstWaiting ?? certainEnd
        guard end > nextOffset, end > gapsEnd, acknowledgedOffset >= end else {
            ripening = nil
            return
        }
        guard let since = ripening, since.next == nextOffset else {
            ripening = (acknowledgedOffset, packets, time, nextOffset)
            return
        }
        if packets &- since.packets >= limits.gapPackets
            || time.nanoseconds(since: since.time) >= limits.gapDelay
        {
            gapsEnd = since.offset
            ripening = nil
        }
    }

    /// Counts every hole as a gap: nothing more will come.
    mutating func flush() {
        isPaused = false
        gapsEnd = .max
    }

    /// The next piece that has waited; nil when there is none, or when bytes before it may still come.
    mutating func next(budget: inout Int) -> StreamPiece? {
        guard !isPaused else { return nil }
        guard let first = firstWaiting else {
            isFull = false
            let end = certainEnd
            return end > nextOffset && end <= gapsEnd ? gap(to: end) : nil
        }
        if first > nextOffset {
            return first <= gapsEnd || isFull ? gap(to: first) : nil
        }
        guard !isFirstInDoubt, var segment = held.popFirst() else { return nil }
        budget &+= segment.cost
        if segment.missing > 0 {
            guard segment.bytes.isEmpty else {
                let rest = HeldSegment(
                    offset: segment.offset &+ UInt64(segment.bytes.count), bytes: [], missing: segment.missing,
                    origin: segment.origin)
                budget &-= rest.cost
                held.prepend(rest)
                segment.missing = 0
                return handOn(segment)
            }
            cutBytes &+= segment.end &- nextOffset
            return gap(to: segment.end)
        }
        return handOn(segment)
    }

    /// Whether the other end takes a RST that stands at `sequence`.
    ///
    /// RFC 5961 3.2 wants it to be the next byte that this end expects; an observer knows only about where that is.
    func takesReset(at sequence: UInt32) -> Bool {
        guard let firstSequence else { return true }
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        return offset >= Int64(min(acknowledgedOffset, nextOffset)) && offset <= Int64(windowEnd)
    }

    /// Counts a segment that is not taken.
    mutating func countOutOfWindow() {
        outOfWindowSegments &+= 1
        hasDoubt = true
    }

    /// Notes that a segment did not reach the other end.
    mutating func noteInsertion() {
        hasInsertions = true
        hasDoubt = true
    }

    /// Notes that an acknowledgment was passed over.
    private mutating func noteFarAcknowledgment() {
        guard !hasFarAcknowledgments else { return }
        hasFarAcknowledgments = true
        hasDoubt = true
    }

    /// Doubts nothing that waits any more.
    mutating func believe() {
        if held.doubtfulCount > 0 { held.believe() }
    }

    /// Whether something was counted as conflicting, out of window or inserted since this was asked.
    mutating func takeDoubt() -> Bool {
        defer { hasDoubt = false }
        return hasDoubt
    }

    /// Whether a segment has brought nothing new since this was asked.
    mutating func takeRepeat() -> Bool {
        defer { hasRepeated = false }
        return hasRepeated
    }

    /// Whether a segment without data stands where keep-alive probes do: before the next byte (RFC 9293 3.8.4).
    @inline(__always)
    func isProbe(_ sequence: UInt32) -> Bool {
        guard let firstSequence, nextOffset > 0 else { return false }
        return sequence &+ 1 == firstSequence &+ UInt32(truncatingIfNeeded: nextOffset)
    }

    /// Drops what waits.
    mutating func removeHeld(budget: inout Int) {
        budget &+= held.cost
        held.removeAll()
    }

    /// How far the stream must have gone: its FIN, or what was acknowledged.
    ///
    /// One acknowledged byte behind the last one seen may be a FIN that the capture lacks.
    private var certainEnd: UInt64 {
        if let finOffset { return finOffset }
        return acknowledgedOffset == seenOffset &+ 1 ? seenOffset : acknowledgedOffset
    }

    /// Where the bytes end that the other end would take.
    private var windowEnd: UInt64 { max(nextOffset, acknowledgedOffset) &+ window.reach }

    /// Looks closely at a segment that ends behind `usualEnd`; tells whether its bytes belong to the stream.
    private mutating func accepts(
        _ payload: Span<UInt8>, start: Int64, end: UInt64, _ origin: Origin, _ budget: inout Int,
        _ limits: ReassemblyLimits
    ) -> Bool {
        let fitting = min(windowEnd, finOffset ?? .max)
        if window.isKnown { usualEnd = fitting }
        guard end > fitting else { return true }
        countOutOfWindow()
        let hasRoom =
            held.cost < limits.heldBytesPerStream && held.count < limits.heldSegmentsPerStream && budget > payload.count
        if let finOffset, start >= Int64(finOffset), !isFinAcknowledged, end <= windowEnd, hasRoom {
            // Nothing is sent behind a FIN (RFC 9293 3.6): either it or these bytes are not the sender's.
            let old = max(0, Int64(nextOffset) &- start)
            let new = payload.extracting(droppingFirst: Int(old))
            hold(new, at: UInt64(start &+ old), end: end, origin, &budget, limits)
        }
        return false
    }

    /// Takes back the acknowledgment of bytes never seen, since one of fewer bytes has come behind it: acknowledgments
    /// do not go back, so that either it was not the other end's, or this one is late and the next will say it again.
    private mutating func retractAcknowledgment(to offset: Int64) {
        guard offset >= 0, offset < Int64(acknowledgedOffset) else { return }
        acknowledgedOffset = max(UInt64(offset), min(nextOffset, seenOffset))
        ripening = nil
    }

    /// Compares bytes that have come again with those handed on.
    private mutating func compare(_ bytes: Span<UInt8>, at offset: Int64) {
        guard let conflict = recent.conflict(with: bytes, at: offset, next: nextOffset) else { return }
        countConflict(at: conflict)
    }

    private mutating func countConflict(at offset: UInt64) {
        conflictingSegments &+= 1
        if firstConflictOffset == nil { firstConflictOffset = offset }
        hasDoubt = true
    }

    /// Where the first bytes wait that may be handed on: those behind a FIN wait until its ACK tells whether it is one.
    private var firstWaiting: UInt64? {
        guard let first = held.firstOffset, first < finOffset ?? .max else { return nil }
        return first
    }

    /// Whether the bytes that are next may not have reached the other end, as far as is known.
    private var isFirstInDoubt: Bool {
        guard held.doubtfulCount > 0, let first = held.first, first.isDoubtful, !isFull else { return false }
        return first.end > max(acknowledgedOffset, gapsEnd)
    }

    private mutating func displaceDoubtful(
        from start: UInt64, to end: UInt64, by bytes: Span<UInt8>, _ budget: inout Int
    ) {
        let before = held.cost
        if held.displaceDoubtful(from: start, to: end, by: bytes) { noteInsertion() }
        budget &-= held.cost &- before
    }

    private mutating func handOn(_ segment: HeldSegment) -> StreamPiece {
        recent.note(segment.bytes.span, at: segment.offset)
        nextOffset = segment.end
        seenOffset = max(seenOffset, segment.end)
        return .held(segment)
    }

    private mutating func gap(to end: UInt64) -> StreamPiece {
        let length = end &- nextOffset
        nextOffset = end
        seenOffset = max(seenOffset, end)
        gapBytes &+= length
        ripening = nil
        return .gap(length)
    }

    /// Keeps those of the bytes that are not held yet; tells whether there were any.
    @discardableResult
    private mutating func hold(
        _ bytes: Span<UInt8>, at offset: UInt64, end: UInt64, _ origin: Origin, isDoubtful: Bool = false,
        _ budget: inout Int, _ limits: ReassemblyLimits
    ) -> Bool {
        let before = held.cost
        let conflict = held.insert(
            bytes, missing: end &- offset &- UInt64(bytes.count), at: offset, origin: origin, isDoubtful: isDoubtful)
        if let conflict { countConflict(at: conflict) }
        budget &-= held.cost &- before
        isFull = held.cost > limits.heldBytesPerStream || held.count > limits.heldSegmentsPerStream || budget < 0
        return held.cost > before
    }
}
