import WireFormat

/// Out-of-band bytes (RFC 9293 3.8.5): as in Linux by default, the byte that the urgent pointer designates is left out
/// of the stream.
extension TCPStream {
    /// Takes an urgent pointer.
    ///
    /// RFC 9293 3.8.5 and RFC 6093 let it point to the byte after the urgent one, as all systems do.
    ///
    /// - Parameters:
    ///   - pointer: Its value.
    ///   - sequence: The sequence number of the segment's first byte.
    ///   - length: The length of its payload.
    mutating func markUrgent(_ pointer: UInt16, after sequence: UInt32, length: Int) {
        let base = begin(at: sequence)
        let start = SequenceNumber.offset(of: sequence, base: base, near: nextOffset)
        let offset = start &+ Int64(pointer > 0 ? pointer &- 1 : 0)
        // The receiver ignores a segment wholly outside its window, and of two pointers takes the farther one.
        guard start &+ Int64(length) >= Int64(acknowledgedOffset), start <= Int64(windowEnd) else { return }
        if let urgentOffset, offset <= Int64(urgentOffset) { return }
        guard offset >= Int64(max(nextOffset, seenOffset)), offset < Int64(windowEnd) else { return }
        urgentOffset = UInt64(offset)
        usualEnd = min(usualEnd, UInt64(offset))
    }

    /// Holds the bytes on both sides of an out-of-band byte.
    mutating func hold(
        _ bytes: Span<UInt8>, at offset: UInt64, end: UInt64, _ context: SegmentContext, without urgent: UInt64,
        _ budget: inout Int, _ limits: ReassemblyLimits
    ) -> Bool {
        let count = UInt64(bytes.count)
        let before = min(urgent &- offset, count)
        let after = min(urgent &- offset &+ 1, count)
        var isNew = true
        // Restored below: its byte must not be found in either part.
        urgentOffset = nil
        if urgent > offset {
            isNew = hold(bytes.extracting(first: Int(before)), at: offset, end: urgent, context, &budget, limits)
        }
        if end > urgent &+ 1 {
            let rest = bytes.extracting(droppingFirst: Int(after))
            isNew = hold(rest, at: urgent &+ 1, end: end, context, &budget, limits) || isNew
        }
        urgentOffset = urgent
        passUrgentByte()
        return isNew
    }

    /// Skips an out-of-band byte that is next, if bytes after it were seen.
    mutating func passUrgentByte() {
        guard let urgentOffset, nextOffset >= urgentOffset, seenOffset > urgentOffset else { return }
        if nextOffset == urgentOffset {
            nextOffset &+= 1
            if firstUrgentOffset == nil {
                firstUrgentOffset = urgentOffset
                hasDoubt = true
            }
        }
        self.urgentOffset = nil
    }
}
