import WireFormat

/// The blocks of a pcapng file with one section (draft-ietf-opsawg-pcapng).
extension RecordBuffer {
    /// Appends a Section Header Block (section 4.1) that names the program.
    mutating func appendSectionHeader(_ source: PacketSource) {
        appendBlock(.sectionHeader) { buffer in
            buffer.append(0x1A2B_3C4D as UInt32)
            buffer.append(1 as UInt16)
            buffer.append(0 as UInt16)
            // The section's length is not known yet.
            buffer.append(-1 as Int64)
            buffer.appendOption(4, text: source.application)
            buffer.appendOption(0, text: "")
        }
    }

    /// Appends an Interface Description Block (section 4.2) with times in nanoseconds.
    mutating func appendInterface(_ source: PacketSource, name: [UInt8]) {
        appendBlock(.interfaceDescription) { buffer in
            buffer.append(UInt16(truncatingIfNeeded: source.linkType.rawValue))
            buffer.append(0 as UInt16)
            buffer.append(UInt32(clamping: source.snapLength))
            buffer.appendOption(2, name)
            buffer.appendOption(9, [9])
            if let filter = source.filter { buffer.appendOption(11, [0] + Array(filter.utf8)) }
            buffer.appendOption(0, text: "")
        }
    }

    /// Appends an Enhanced Packet Block (section 4.3).
    mutating func appendPacket(
        _ time: Timestamp, originalLength: Int, _ bytes: Span<UInt8>, interface: UInt32
    ) {
        appendBlock(.enhancedPacket) { buffer in
            buffer.append(interface)
            buffer.append(time: time)
            buffer.append(UInt32(clamping: bytes.count))
            buffer.append(UInt32(clamping: originalLength))
            buffer.append(bytes)
            buffer.pad()
        }
    }

    /// Appends an Interface Statistics Block of the first interface (section 4.6): what was captured from when to when, and what was dropped.
    mutating func appendStatistics(
        _ statistics: LiveStatistics, from start: Timestamp, to end: Timestamp, taken: UInt64
    ) {
        appendBlock(.interfaceStatistics) { buffer in
            buffer.append(0 as UInt32)
            buffer.append(time: end)
            buffer.appendTimeOption(2, start)
            buffer.appendTimeOption(3, end)
            buffer.appendCountOption(4, statistics.received)
            buffer.appendCountOption(5, statistics.droppedByInterface)
            buffer.appendCountOption(7, statistics.droppedByKernel)
            buffer.appendCountOption(8, taken)
            buffer.appendOption(0, text: "")
        }
    }

    /// Appends a block, with its length before and behind its body.
    private mutating func appendBlock(_ type: PcapngBlockType, _ body: (inout RecordBuffer) -> Void) {
        let start = bytes.count
        append(type.rawValue)
        append(0 as UInt32)
        body(&self)
        let length = UInt32(truncatingIfNeeded: bytes.count &- start &+ 4)
        replace(at: start &+ 4, with: length)
        append(length)
    }

    /// Appends an option (section 3.5), cut where it is longer than options can be; number 0 ends a list of them.
    private mutating func appendOption(_ code: UInt16, _ value: [UInt8]) {
        let length = min(value.count, Int(UInt16.max))
        append(code)
        append(UInt16(truncatingIfNeeded: length))
        append(value.span.extracting(first: length))
        pad()
    }

    private mutating func appendOption(_ code: UInt16, text: String) {
        appendOption(code, Array(text.utf8))
    }

    private mutating func appendTimeOption(_ code: UInt16, _ time: Timestamp) {
        append(code)
        append(8 as UInt16)
        append(time: time)
    }

    private mutating func appendCountOption(_ code: UInt16, _ count: UInt64) {
        append(code)
        append(8 as UInt16)
        append(count)
    }

    /// Appends a time as blocks hold it: the upper half first.
    private mutating func append(time: Timestamp) {
        let ticks = UInt64(max(time.nanoseconds, 0))
        append(UInt32(truncatingIfNeeded: ticks >> 32))
        append(UInt32(truncatingIfNeeded: ticks))
    }
}
