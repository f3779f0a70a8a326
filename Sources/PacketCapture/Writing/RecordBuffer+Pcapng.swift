import WireFormat

/// The blocks of a pcapng file with one section (draft-ietf-opsawg-pcapng).
extension RecordBuffer {
    /// Appends a Section Header Block (section 4.1) that names the program.
    mutating func appendSectionHeader(application: String, comment: String?) {
        appendBlock(.sectionHeader) { buffer in
            buffer.append(0x1A2B_3C4D as UInt32)
            buffer.append(1 as UInt16)
            buffer.append(0 as UInt16)
            // The section's length is not specified.
            buffer.append(-1 as Int64)
            if let comment { buffer.appendOption(1, text: comment) }
            buffer.appendOption(4, text: application)
            buffer.appendOption(0, text: "")
        }
    }

    /// Where the section's comment begins in the file.
    static let commentOffset = 28

    /// Appends a Decryption Secrets Block (section 4.7).
    mutating func append(_ secrets: CaptureSecrets) {
        appendBlock(.decryptionSecrets) { buffer in
            buffer.append(secrets.type)
            buffer.append(UInt32(clamping: secrets.bytes.count))
            buffer.append(secrets.bytes.span)
            buffer.pad()
        }
    }

    /// Appends an Interface Description Block (section 4.2) with a resolution of nanoseconds.
    mutating func appendInterface(_ source: PacketSource, name: [UInt8]) {
        appendInterface(source.linkType, snapLength: source.snapLength, filter: source.filter, name: name)
    }

    /// Appends an Interface Description Block of an interface known by its link type alone.
    mutating func appendInterface(_ linkType: LinkType, snapLength: Int, filter: String?, name: [UInt8]) {
        appendBlock(.interfaceDescription) { buffer in
            buffer.append(UInt16(truncatingIfNeeded: linkType.rawValue))
            buffer.append(0 as UInt16)
            buffer.append(UInt32(clamping: snapLength))
            if !name.isEmpty { buffer.appendOption(2, name) }
            buffer.appendOption(9, [9])
            if let filter { buffer.appendOption(11, [0] + Array(filter.utf8)) }
            buffer.appendOption(0, text: "")
        }
    }

    /// Appends an Enhanced Packet Block (section 4.3) whose only option is its packet's number in the whole capture.
    ///
    /// The same as the general method below in fewer steps, since it runs for each packet of large captures. A
    /// connection follows the options (``PacketTrailer``).
    mutating func appendPacket(
        _ time: Timestamp, originalLength: Int, _ packet: Span<UInt8>, interface: UInt32, number: UInt64,
        of connection: UInt64?
    ) {
        let padding = -packet.count & 3
        let trailer = connection == nil ? 0 : PacketTrailer.connectionLength
        let length = UInt32(truncatingIfNeeded: 48 &+ packet.count &+ padding &+ trailer)
        let ticks = UInt64(max(time.nanoseconds, 0))
        append(words: [
            PcapngBlockType.enhancedPacket.rawValue, length, interface, UInt32(truncatingIfNeeded: ticks >> 32),
            UInt32(truncatingIfNeeded: ticks), UInt32(clamping: packet.count), UInt32(clamping: originalLength),
        ])
        append(packet)
        for _ in 0..<padding { append(0 as UInt8) }
        // The option epb_packetid of 8 bytes, the end of options, and the length again.
        append(words: [8 << 16 | 5, UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32), 0])
        if let connection {
            append(words: [UInt32(truncatingIfNeeded: connection), UInt32(truncatingIfNeeded: connection >> 32)])
        }
        append(words: [length])
    }

    /// Appends an Enhanced Packet Block (section 4.3).
    mutating func appendPacket(
        _ time: Timestamp, originalLength: Int, _ bytes: Span<UInt8>, interface: UInt32, _ note: PacketNote
    ) {
        appendBlock(.enhancedPacket) { buffer in
            buffer.append(interface)
            buffer.append(time: time)
            buffer.append(UInt32(clamping: bytes.count))
            buffer.append(UInt32(clamping: originalLength))
            buffer.append(bytes)
            buffer.pad()
            guard note.comment != nil || note.number != nil || note.options != nil else { return }
            // Other programs also read blocks of up to 16 MiB.
            var room = 16 << 20 &- 64 &- bytes.count
            if let comment = note.comment, comment.utf8.count < room {
                buffer.appendOption(1, text: comment)
                room &-= comment.utf8.count &+ 8
            }
            if let options = note.options, options.count < room { buffer.append(options.span) }
            if let number = note.number { buffer.appendCountOption(5, number) }
            buffer.appendOption(0, text: "")
            if let connection = note.connection { buffer.append(connection) }
        }
    }

    /// Appends an Interface Statistics Block for the first interface (section 4.6): the times of its first and last
    /// packets, and packets received, dropped and written.
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

    /// Appends a block, with its length before and after the body.
    private mutating func appendBlock(_ type: PcapngBlockType, _ body: (inout RecordBuffer) -> Void) {
        let start = bytes.count
        append(type.rawValue)
        append(0 as UInt32)
        body(&self)
        let length = UInt32(truncatingIfNeeded: bytes.count &- start &+ 4)
        replace(at: start &+ 4, with: length)
        append(length)
    }

    /// Appends an option (section 3.5), cut to 65,535 bytes; code 0 ends the list.
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

    /// Appends a timestamp: upper 32 bits first.
    private mutating func append(time: Timestamp) {
        let ticks = UInt64(max(time.nanoseconds, 0))
        append(UInt32(truncatingIfNeeded: ticks >> 32))
        append(UInt32(truncatingIfNeeded: ticks))
    }
}
