import WireFormat

/// Buffers the bytes of a capture file, little-endian, until they are written.
struct RecordBuffer {
    private(set) var bytes: [UInt8] = []

    /// Makes room for this many bytes and one usual packet more, so that the buffer need not grow, which copies it.
    mutating func reserve(_ count: Int) { bytes.reserveCapacity(count &+ 4096) }

    /// Removes all bytes, keeping up to 1 MiB of capacity.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
    }

    mutating func append(_ value: some FixedWidthInteger) {
        var rest = value
        for _ in 0..<(value.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends zeros up to the next multiple of four.
    mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// Overwrites a number.
    mutating func replace(at position: Int, with value: UInt32) {
        for index in 0..<4 { bytes[position + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index))) }
    }
}

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

    /// The same, of an interface of which nothing else is known.
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

    /// Appends an Enhanced Packet Block (section 4.3) with its packet's number in the whole capture, and no comment: as
    /// below, but in few steps, since it is done for each packet of large captures.
    ///
    /// A connection stands after the options (``PacketTrailer``).
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
        for _ in 0..<padding { bytes.append(0) }
        // The option epb_packetid of 8 bytes, the end of options, and the length again.
        append(words: [8 << 16 | 5, UInt32(truncatingIfNeeded: number), UInt32(truncatingIfNeeded: number >> 32), 0])
        if let connection {
            append(words: [UInt32(truncatingIfNeeded: connection), UInt32(truncatingIfNeeded: connection >> 32)])
        }
        append(words: [length])
    }

    private mutating func append<let count: Int>(words: consuming InlineArray<count, UInt32>) {
        for index in words.indices { words[index] = words[index].littleEndian }
        unsafe words.span.bytes.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
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
            guard note.comment != nil || note.number != nil else { return }
            // Other programs read blocks of up to 16 MiB, too.
            if let comment = note.comment, bytes.count &+ comment.utf8.count < 16 << 20 &- 64 {
                buffer.appendOption(1, text: comment)
            }
            if let number = note.number { buffer.appendCountOption(5, number) }
            buffer.appendOption(0, text: "")
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

    /// Appends a time stamp: upper 32 bits first.
    private mutating func append(time: Timestamp) {
        let ticks = UInt64(max(time.nanoseconds, 0))
        append(UInt32(truncatingIfNeeded: ticks >> 32))
        append(UInt32(truncatingIfNeeded: ticks))
    }
}

/// The header and records of a pcap file with nanoseconds (draft-ietf-opsawg-pcap).
extension RecordBuffer {
    mutating func appendPcapHeader(_ source: PacketSource) {
        append(0xA1B2_3C4D as UInt32)
        append(2 as UInt16)
        append(4 as UInt16)
        append(0 as UInt64)
        append(UInt32(clamping: source.snapLength))
        append(source.linkType.rawValue)
    }

    mutating func appendPcapRecord(_ time: Timestamp, originalLength: Int, _ bytes: Span<UInt8>) {
        let moment = max(time.nanoseconds, 0)
        append(UInt32(truncatingIfNeeded: moment / 1_000_000_000))
        append(UInt32(truncatingIfNeeded: moment % 1_000_000_000))
        append(UInt32(clamping: bytes.count))
        append(UInt32(clamping: originalLength))
        append(bytes)
    }
}

/// The interfaces described in a written pcapng file, by name and link type: the opened one and, if that is "any" or
/// there is none, each interface that a packet came from.
struct WrittenInterfaces {
    private struct Interface: Hashable {
        var name: [UInt8]
        var linkType: LinkType
    }

    private var numbers: [Interface: UInt32] = [:]
    private var latest: (interface: Interface, number: UInt32)?
    /// Whether packets without a name are the first interface's.
    private let hasDefault: Bool

    /// As many as wstap reads.
    private static let capacity = 65_536
    /// Packets of further interfaces are attributed to the first if that is of the same link type in any case, else to
    /// one without a name: link types that wstap decodes are fewer than the rest.
    private static let namedCapacity = capacity - 256

    /// Begins with one that is described.
    init(first: String, _ linkType: LinkType) {
        let interface = Interface(name: Array(first.utf8), linkType: linkType)
        latest = (interface, 0)
        numbers = [interface: 0]
        hasDefault = true
    }

    /// Begins with none.
    init() {
        hasDefault = false
    }

    /// The 0-based number of an interface in the file.
    ///
    /// - Parameters:
    ///   - name: Its name; empty if it has none.
    ///   - linkType: The link type of its packets.
    ///   - describe: Called to write the description of an interface that has none yet.
    /// - Returns: The number.
    mutating func number(of name: Span<UInt8>, _ linkType: LinkType, describe: ([UInt8]) -> Void) -> UInt32 {
        if let latest, isSame(latest.interface, name, linkType) { return latest.number }
        guard !name.isEmpty || !hasDefault else { return 0 }
        var interface = Interface(
            name: unsafe name.withUnsafeBufferPointer { unsafe Array($0) }, linkType: linkType)
        if let known = numbers[interface] {
            latest = (interface, known)
            return known
        }
        if numbers.count >= Self.namedCapacity {
            guard !hasDefault else { return 0 }
            let named = interface
            interface.name = []
            if let known = numbers[interface] {
                latest = (named, known)
                return known
            }
        }
        guard numbers.count < Self.capacity else { return 0 }
        let number = UInt32(numbers.count)
        latest = (interface, number)
        numbers[interface] = number
        describe(interface.name)
        return number
    }

    private func isSame(_ interface: Interface, _ name: Span<UInt8>, _ linkType: LinkType) -> Bool {
        interface.linkType == linkType && name.count == interface.name.count
            && name.indices.allSatisfy { name[$0] == interface.name[$0] }
    }
}
