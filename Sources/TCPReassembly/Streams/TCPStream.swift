import WireFormat

/// One direction of a connection: puts its bytes in order, each byte once.
///
/// If copies of a byte differ, the one that Linux keeps counts: the first in order, and among waiting bytes the one
/// whose segment begins earlier (`HeldSegments`). Copies are compared byte by byte with waiting bytes, and by hashes
/// with the last delivered segments (`RecentSegments`); differences count in ``conflictingSegments``. Doubtful bytes,
/// which may not have reached the receiver, wait until it has acknowledged them, and give way to others. Bytes far
/// outside the receiver's window are ignored and count in ``outOfWindowSegments``.
///
/// Bytes next in order are not copied: `receive` returns which part of a segment they are. Bytes that come too early
/// wait, and `next` delivers them.
package struct TCPStream: ~Copyable {
    // Fields that every segment touches come first (``hotByteCount``).

    /// The sequence number of the first byte (the one after the SYN); nil until a byte or a SYN is seen.
    package internal(set) var firstSequence: UInt32?
    /// Whether bytes in order wait too, since their reader waits for the other stream.
    package internal(set) var isPaused = false
    /// Whether the other end has acknowledged the FIN.
    package internal(set) var isFinAcknowledged = false
    /// Whether more bytes wait than the bounds allow.
    package internal(set) var isFull = false
    /// Whether anything was counted as conflicting, out of window or inserted, or an acknowledgment was ignored, since
    /// the last `takeDoubt`.
    var hasDoubt = false
    /// Whether a segment has brought nothing new since the last `takeRepeat`.
    var hasRepeated = false
    /// The receiver's window.
    var window = ReceiveWindow()
    /// The number of bytes delivered or reported as gaps.
    package internal(set) var nextOffset: UInt64 = 0
    /// The end of the last byte seen.
    package internal(set) var seenOffset: UInt64 = 0
    /// The end of the acknowledged bytes, without the FIN.
    package internal(set) var acknowledgedOffset: UInt64 = 0
    /// Segments that end here or before need no closer look.
    var usualEnd: UInt64 = 0
    /// The end of the stream: the offset of its FIN.
    package internal(set) var finOffset: UInt64?
    var held = HeldSegments()
    var recent = RecentSegments()

    /// Why segments were ignored for which the other end accepted others.
    package internal(set) var insertions = SegmentDoubt()
    /// The doubts that proved meaningless: such segments were acknowledged.
    var excused = SegmentDoubt()
    /// The low bits of ``seenOffset`` when the FIN came; declared here because there is room between the other fields.
    var seenBeforeFin: UInt32 = 0
    /// The packet of the first RST after which its sender went on.
    package internal(set) var ignoredReset: UInt64?
    /// The packet of the latest RST that counted but after which both ends went on all the same.
    package internal(set) var survivedReset: UInt64?
    /// Whether the capture has packets of the other end.
    var isHeard = false
    /// Segments since the other end's last acknowledgment while bytes wait for one.
    var unacknowledgedSegments: UInt8 = 0
    /// How often the route has changed while bytes waited for an acknowledgment.
    var routeChanges: UInt8 = 0
    /// Why the FIN may not have reached the other end: then it does not count if its sender goes on.
    var finDoubt = SegmentDoubt()
    /// Segments that brought only delivered bytes, with other values; declared here because there is room.
    package internal(set) var conflictingRepeats: UInt16 = 0
    /// The offset of an out-of-band byte that is still ahead.
    var urgentOffset: UInt64?
    /// The offset of the first byte that was left out as out of band.
    package internal(set) var firstUrgentOffset: UInt64?
    /// The latest segment that was not next in order, so that a second copy of its packet is recognised.
    var latest: (offset: UInt32, length: UInt32, identification: UInt16)?
    /// Segments that the capture holds twice.
    package internal(set) var duplicateSegments: UInt64 = 0
    /// Whether acknowledgments were ignored for lying too far beyond the bytes seen.
    package internal(set) var hasFarAcknowledgments = false
    /// Holes below this offset are gaps.
    var gapsEnd: UInt64 = 0
    /// The acknowledged offset that will become `gapsEnd`, when it was first seen, and ``nextOffset`` at that time.
    var ripening: (offset: UInt64, packets: UInt64, time: Timestamp, next: UInt64)?
    /// Segments that brought only bytes already seen.
    package internal(set) var retransmittedSegments: UInt64 = 0
    /// Segments that brought new bytes after later ones were seen.
    package internal(set) var outOfOrderSegments: UInt64 = 0
    /// Segments whose bytes differ from an earlier copy of them.
    package internal(set) var conflictingSegments: UInt64 = 0
    /// The first difference: the offset of the byte, or of the delivered segment that holds it.
    package internal(set) var firstConflictOffset: UInt64?
    /// Segments ignored outside the window or after the FIN, FINs in impossible places, and SYNs and RSTs that the
    /// other end must ignore.
    package internal(set) var outOfWindowSegments: UInt64 = 0
    /// Bytes reported as gaps.
    package internal(set) var gapBytes: UInt64 = 0
    /// Whether ``firstSequence`` is assumed from the other end's acknowledgments, since no SYN was captured.
    var isStartAssumed = false
    /// The part of ``gapBytes`` whose packets were captured but cut by the snap length.
    package internal(set) var cutBytes: UInt64 = 0

    /// The bytes at the start of the value that the fast path touches, up to `recent`; `HotBytesTests` checks the
    /// number against the fields' addresses.
    static var hotByteCount: Int { 185 }

    init() {}

    /// Whether everything up to its FIN was delivered or reported as gaps.
    package var isWhole: Bool { finOffset == nextOffset }

    /// The stream offset of a sequence number, the one nearest to ``nextOffset``; nil before the first byte.
    package func offset(of sequence: UInt32) -> UInt64? {
        guard let firstSequence else { return nil }
        return UInt64(exactly: SequenceNumber.offset(of: sequence, base: firstSequence, near: nextOffset))
    }

    /// The stream offset of a sequence number, negative before the first byte; nil before the stream begins.
    func signedOffset(of sequence: UInt32) -> Int64? {
        firstSequence.map { SequenceNumber.offset(of: sequence, base: $0, near: nextOffset) }
    }

    /// Whether nothing waits and there is no known hole.
    @inline(__always)
    var isIdle: Bool { held.isEmpty && acknowledgedOffset <= nextOffset }

    /// Takes a segment's payload.
    ///
    /// - Parameters:
    ///   - payload: Its captured bytes.
    ///   - sequence: The sequence number of the first byte.
    ///   - length: Its length on the wire, not less than `payload.count`.
    ///   - context: What else is known of it.
    ///   - budget: Bytes that all streams together may still hold.
    ///   - limits: The bounds of one stream.
    /// - Returns: The part of `payload` that is next in order: the caller delivers it, then calls `next`.
    mutating func receive(
        _ payload: Span<UInt8>, sequence: UInt32, length: Int, _ context: SegmentContext, budget: inout Int,
        limits: ReassemblyLimits
    ) -> Range<Int> {
        let isDoubtful = !context.doubt.isEmpty
        if isStartAssumed, !isDoubtful, refutesAssumedStart(sequence, length) {
            moveAssumedStart(to: sequence, budget: &budget)
            forgetAssumedStart(unless: sequence)
        }
        let base = begin(at: sequence)
        let next = Int64(nextOffset)
        let start = SequenceNumber.offset(of: sequence, base: base, near: nextOffset)
        let end = start &+ Int64(length)
        guard end > next else {
            recordRepeat(payload, at: start, length: length, context)
            return 0..<0
        }
        if UInt64(end) > usualEnd, !accepts(payload, start: start, end: UInt64(end), context, &budget, limits) {
            return 0..<0
        }
        let isLate = start < Int64(seenOffset)
        if !isDoubtful { seenOffset = max(seenOffset, UInt64(end)) }
        let old = Int(max(0, next &- start))
        let offset = UInt64(max(start, next))
        let captured = max(old, payload.count)
        if old > 0 { compare(payload.extracting(first: old), at: start, context.doubt) }
        let isUrgent = urgentOffset.map { $0 < UInt64(end) } ?? false
        if offset == nextOffset, held.isEmpty, !isPaused, !isDoubtful, !isUrgent {
            recent.record(payload.extracting(droppingFirst: old), at: nextOffset, context.identification)
            nextOffset &+= UInt64(captured &- old)
            if captured < length {
                hold(payload.extracting(0..<0), at: nextOffset, end: UInt64(end), context, &budget, limits)
            }
            return min(old, payload.count)..<payload.count
        }
        let rest = payload.extracting(min(old, payload.count)...)
        if held.doubtfulCount > 0, !isDoubtful { replaceDoubtful(from: offset, to: UInt64(end), by: rest, &budget) }
        let isRepeatedPacket = isDuplicate(payload, at: start, context)
        remember(payload, at: start, context)
        if !hold(rest, at: offset, end: UInt64(end), context, &budget, limits) {
            if isRepeatedPacket {
                duplicateSegments &+= 1
            } else {
                retransmittedSegments &+= 1
                hasRepeated = true
            }
        } else if isLate {
            outOfOrderSegments &+= 1
        }
        return 0..<0
    }

    /// Records a segment that brings nothing new: all of it was already delivered or reported as a gap.
    private mutating func recordRepeat(
        _ payload: Span<UInt8>, at start: Int64, length: Int, _ context: SegmentContext
    ) {
        if isDuplicate(payload, at: start, context) {
            duplicateSegments &+= 1
            return
        }
        remember(payload, at: start, context)
        hasRepeated = true
        // RFC 9293 3.8.4: a keep-alive repeats the last byte, with any value, or has no data.
        guard length > 1 || start != Int64(nextOffset) &- 1 else { return }
        retransmittedSegments &+= 1
        if compare(payload, at: start, context.doubt) { conflictingRepeats &+= 1 }
    }

    /// Whether a segment without data is a keep-alive probe: just before the next byte (RFC 9293 3.8.4).
    @inline(__always)
    func isProbe(_ sequence: UInt32) -> Bool {
        guard let firstSequence, nextOffset > 0 else { return false }
        return sequence &+ 1 == firstSequence &+ UInt32(truncatingIfNeeded: nextOffset)
    }

    /// Examines a segment that ends after `usualEnd`; returns whether its bytes belong to the stream.
    private mutating func accepts(
        _ payload: Span<UInt8>, start: Int64, end: UInt64, _ context: SegmentContext, _ budget: inout Int,
        _ limits: ReassemblyLimits
    ) -> Bool {
        let fitting = min(windowEnd, finOffset ?? .max)
        if window.isKnown { usualEnd = min(fitting, urgentOffset ?? .max) }
        guard end > fitting else { return true }
        if !finDoubt.isEmpty, context.doubt.isEmpty, end <= windowEnd {
            withdrawFin()
            return true
        }
        countOutOfWindow()
        let hasRoom =
            held.cost < limits.heldBytesPerStream && held.count < limits.heldSegmentsPerStream && budget > payload.count
        if let finOffset, !isFinAcknowledged, end <= windowEnd, hasRoom {
            // Nothing may follow a FIN (RFC 9293 3.6): either the FIN or these bytes are not the sender's.
            let old = max(0, Int64(nextOffset) &- start)
            let first = UInt64(start &+ old)
            let new = payload.extracting(droppingFirst: Int(clamping: old))
            guard first < finOffset else {
                hold(new, at: first, end: end, context, &budget, limits)
                return false
            }
            // The bytes before the FIN are the sender's in either case.
            let count = Int(clamping: finOffset &- first)
            hold(new.extracting(first: count), at: first, end: finOffset, context, &budget, limits)
            hold(new.extracting(droppingFirst: count), at: finOffset, end: end, context, &budget, limits)
        }
        return false
    }

    /// Holds the bytes that are not held yet; returns whether there were any.
    @discardableResult
    mutating func hold(
        _ bytes: Span<UInt8>, at offset: UInt64, end: UInt64, _ context: SegmentContext, _ budget: inout Int,
        _ limits: ReassemblyLimits
    ) -> Bool {
        if let urgentOffset, offset <= urgentOffset, urgentOffset < end {
            return hold(bytes, at: offset, end: end, context, without: urgentOffset, &budget, limits)
        }
        let before = held.cost
        let (conflict, isNew) = held.insert(
            bytes, missing: end &- offset &- UInt64(bytes.count), at: offset, context: context,
            yields: isPaused || !context.doubt.isEmpty)
        if let conflict {
            if context.doubt.isEmpty { countConflict(at: conflict) } else { recordInsertion(context.doubt) }
        }
        budget &-= held.cost &- before
        isFull = held.cost > limits.heldBytesPerStream || held.count > limits.heldSegmentsPerStream || budget < 0
        return isNew
    }
}
