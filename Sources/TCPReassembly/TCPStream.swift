import WireFormat

/// One direction of a connection: puts its bytes in order, each of them once. The first copy of a byte wins.
///
/// Bytes that are next in order are not copied: `receive` says which part of a segment they are. What comes too early
/// waits, and `next` hands it on.
public struct TCPStream: ~Copyable {
    // What every segment touches stands first, in one line of the cache.

    /// The sequence number of the first byte (the one behind the SYN); nil until a byte or a SYN was seen.
    public private(set) var firstSequence: UInt32?
    /// Whether bytes in order wait too, since their reader waits for the other stream.
    public private(set) var isPaused = false
    /// How many bytes were handed on or reported as gaps.
    public private(set) var nextOffset: UInt64 = 0
    /// The end of the farthest byte seen.
    public private(set) var seenOffset: UInt64 = 0
    /// How far the other end has acknowledged, the FIN not counted.
    public private(set) var acknowledgedOffset: UInt64 = 0
    private var held = HeldSegments()

    /// Holes below this offset are gaps.
    private var gapsEnd: UInt64 = 0
    /// The acknowledged offset that becomes `gapsEnd`, and since when it is known.
    private var ripening: (offset: UInt64, packets: UInt64, time: Timestamp)?
    /// Where the stream ends: the offset of its FIN.
    public private(set) var finOffset: UInt64?
    /// Whether the other end has acknowledged the FIN.
    public private(set) var isFinAcknowledged = false
    /// Whether more waits than the bounds allow.
    public private(set) var isFull = false
    /// Segments that brought only bytes already seen.
    public private(set) var retransmittedSegments: UInt64 = 0
    /// Segments that brought new bytes after later ones were seen.
    public private(set) var outOfOrderSegments: UInt64 = 0
    /// Bytes reported as gaps.
    public private(set) var gapBytes: UInt64 = 0

    init() {}

    /// Whether everything up to its FIN was handed on or reported as gaps.
    public var isWhole: Bool { finOffset == nextOffset }

    /// Whether nothing waits and no hole is known.
    var isIdle: Bool { held.isEmpty && acknowledgedOffset <= nextOffset }

    /// Learns the sequence number of the first byte, from a SYN or from the first segment seen.
    mutating func begin(at sequence: UInt32) {
        if firstSequence == nil { firstSequence = sequence }
    }

    /// Takes a segment's payload.
    ///
    /// - Parameters:
    ///   - payload: The captured bytes of it.
    ///   - sequence: The sequence number of the first.
    ///   - length: How many bytes it had on the wire, not less than `payload.count`.
    ///   - packet: The 1-based number of its packet.
    ///   - budget: Bytes that all streams together may still hold.
    ///   - limits: The bounds of one stream.
    /// - Returns: The part of `payload` that comes next: the caller hands it on, then asks `next`.
    mutating func receive(
        _ payload: Span<UInt8>, sequence: UInt32, length: Int, packet: UInt64, budget: inout Int,
        limits: ReassemblyLimits
    ) -> Range<Int> {
        begin(at: sequence)
        let next = Int64(nextOffset)
        let start = SequenceNumber.offset(of: sequence, base: firstSequence!, near: nextOffset)
        let end = start &+ Int64(length)
        guard end > next else {
            // RFC 9293 3.8.4: a keep-alive repeats the last byte, or none.
            if length > 1 || start != next &- 1 { retransmittedSegments &+= 1 }
            return 0..<0
        }
        let isLate = start < Int64(seenOffset)
        seenOffset = max(seenOffset, UInt64(end))
        let old = Int(max(0, next &- start))
        let offset = UInt64(max(start, next))
        let captured = max(old, payload.count)
        if offset == nextOffset, held.isEmpty, !isPaused {
            nextOffset &+= UInt64(captured &- old)
            if captured < length {
                hold(payload.extracting(0..<0), at: nextOffset, end: UInt64(end), packet, &budget, limits)
            }
            return min(old, payload.count)..<payload.count
        }
        let rest = payload.extracting(min(old, payload.count)...)
        if !hold(rest, at: offset, end: UInt64(end), packet, &budget, limits) {
            retransmittedSegments &+= 1
        } else if isLate {
            outOfOrderSegments &+= 1
        }
        return 0..<0
    }

    /// Takes an acknowledgment of this stream from the other end.
    mutating func acknowledge(_ sequence: UInt32) {
        guard let firstSequence else { return }
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset)
        // RFC 7323 2.3: no window is larger than 1 GiB, so nothing farther ahead can have been received.
        guard offset > Int64(acknowledgedOffset), offset <= Int64(seenOffset) &+ 1 << 30 else { return }
        if let finOffset, UInt64(offset) > finOffset {
            acknowledgedOffset = finOffset
            isFinAcknowledged = true
        } else {
            acknowledgedOffset = UInt64(offset)
        }
    }

    /// Takes the FIN that stands at `sequence`.
    mutating func finish(at sequence: UInt32) {
        begin(at: sequence)
        let offset = SequenceNumber.offset(of: sequence, base: firstSequence!, near: nextOffset)
        guard finOffset == nil, offset >= Int64(nextOffset) else { return }
        finOffset = UInt64(offset)
        if acknowledgedOffset > UInt64(offset) {
            acknowledgedOffset = UInt64(offset)
            isFinAcknowledged = true
        }
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
    mutating func age(packets: UInt64, time: Timestamp, limits: ReassemblyLimits) {
        let end = held.firstOffset ?? certainEnd
        guard end > nextOffset, end > gapsEnd, acknowledgedOffset >= end else {
            ripening = nil
            return
        }
        guard let since = ripening else {
            ripening = (acknowledgedOffset, packets, time)
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
        guard let first = held.firstOffset else {
            isFull = false
            let end = certainEnd
            return end > nextOffset && end <= gapsEnd ? gap(to: end) : nil
        }
        if first > nextOffset {
            return first <= gapsEnd || isFull ? gap(to: first) : nil
        }
        guard var segment = held.popFirst() else { return nil }
        budget &+= segment.cost
        if segment.missing > 0 {
            guard segment.bytes.isEmpty else {
                let rest = HeldSegment(
                    offset: segment.offset &+ UInt64(segment.bytes.count), bytes: [], missing: segment.missing,
                    packet: segment.packet)
                budget &-= rest.cost
                held.prepend(rest)
                segment.missing = 0
                nextOffset = segment.end
                return .held(segment)
            }
            return gap(to: segment.end)
        }
        nextOffset = segment.end
        return .held(segment)
    }

    /// Drops what waits.
    mutating func removeHeld(budget: inout Int) {
        budget &+= held.cost
        held.removeAll()
    }

    /// How far the stream must have gone: its FIN, or what was acknowledged. One acknowledged byte behind the last one
    /// seen may be a FIN that the capture lacks.
    private var certainEnd: UInt64 {
        if let finOffset { return finOffset }
        return acknowledgedOffset == seenOffset &+ 1 ? seenOffset : acknowledgedOffset
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
        _ bytes: Span<UInt8>, at offset: UInt64, end: UInt64, _ packet: UInt64, _ budget: inout Int,
        _ limits: ReassemblyLimits
    ) -> Bool {
        let before = held.cost
        held.insert(bytes, missing: end &- offset &- UInt64(bytes.count), at: offset, packet: packet)
        budget &-= held.cost &- before
        isFull = held.cost > limits.heldBytesPerStream || held.count > limits.heldSegmentsPerStream || budget < 0
        return held.cost > before
    }
}
