import WireFormat

/// Reads the blocks of a pcapng file (draft-ietf-opsawg-pcapng): returns packets, keeps interfaces and secrets, and
/// skips everything else without holding it.
struct PcapngReader {
    /// The longest packet in bytes: the longest block that other programs read.
    static let maximumCapturedLength = 16 << 20
    /// The longest block that is held in memory; skipped blocks may have any length.
    ///
    /// It leaves room for options, so that any packet that was read can be written with some and read again.
    static let maximumBlockLength = maximumCapturedLength + (64 << 10)
    /// The secrets found.
    var secrets = KeptSecrets()
    /// The section that the blocks belong to.
    private var section = PcapngSection()
    /// What is added to packet numbers.
    var numberOffset: UInt64 = 0
    /// The time of the latest packet, also given to simple packets, which have none.
    private var latestTime = Timestamp(nanoseconds: 0)

    /// Reads up to the first interface, or to the first packet if that comes before.
    ///
    /// - Throws: `cutShort` or `damaged`.
    mutating func readHeader(in input: inout ReadBuffer) throws(ReadingError) {
        while section.interfaces.isEmpty, let block = try nextBlock(in: &input), !block.type.isPacket {
            try pass(block, in: &input)
        }
    }

    /// The link type of the first interface; nil if there is none.
    var firstLinkType: LinkType? { section.interfaces.first?.linkType }

    /// What the current section says about the capture that its packets are part of.
    var part: CapturePart? { section.part }

    /// Whether numbers are stored with their highest byte first.
    @inline(__always)
    private var isBigEndian: Bool { section.isBigEndian }

    /// Reads the next packet; nil at the end.
    ///
    /// - Throws: `cutShort` or `damaged`.
    @inline(__always)
    mutating func nextRecord(in input: inout ReadBuffer) throws(ReadingError) -> CapturedRecord? {
        while let block = try nextBlock(in: &input) {
            if block.type.isPacket { return try unsafe packet(block, in: &input) }
            try pass(block, in: &input)
        }
        return nil
    }

    /// The packet at the start of `input`, not consumed; nil if there is none, it is not complete in the buffer, or it
    /// is damaged.
    ///
    /// `mutating` and `inout` so that both are read in place, not copied; nothing changes.
    @inline(__always)
    mutating func peekRecord(in input: inout ReadBuffer) -> CapturedRecord? {
        guard input.count >= 12 else { return nil }
        let block = PcapngBlock(
            type: PcapngBlockType(rawValue: input.load(UInt32.self, at: 0, isBigEndian: isBigEndian)),
            claimedLength: input.load(UInt32.self, at: 4, isBigEndian: isBigEndian))
        guard block.type.isPacket, block.claimedLength >= 12, block.length <= input.count else { return nil }
        do throws(ReadingError) {
            try checkTrailer(of: block, at: block.length &- 4, offset: input.offset, in: input)
            return try unsafe packet(block, in: input)
        } catch {
            return nil
        }
    }

    /// Consumes the packet that `peekRecord` returned.
    @inline(__always)
    mutating func take(_ record: CapturedRecord, from input: inout ReadBuffer) {
        unsafe latestTime = record.time
        unsafe input.consume(record.length)
    }

    /// The block at the start of `input`, not consumed; nil at the end.
    @inline(__always)
    private mutating func nextBlock(in input: inout ReadBuffer) throws(ReadingError) -> PcapngBlock? {
        guard input.fill(12) else { return try end(in: input) }
        let type = PcapngBlockType(rawValue: input.load(UInt32.self, at: 0, isBigEndian: isBigEndian))
        if type == .sectionHeader { section = try PcapngSection(at: &input) }
        let length = input.load(UInt32.self, at: 4, isBigEndian: isBigEndian)
        let block = PcapngBlock(type: type, claimedLength: length)
        guard length >= 12 else {
            throw .damaged(block.place, at: input.offset, "the \(type) claims length \(length)")
        }
        return block
    }

    /// Handles a file without further blocks: nil if it ends where the last block did.
    private func end(in input: borrowing ReadBuffer) throws(ReadingError) -> PcapngBlock? {
        guard input.count > 0 || input.failure != nil else { return nil }
        guard input.count >= 4 else { throw .ended(.betweenPackets, input) }
        let type = PcapngBlockType(rawValue: input.load(UInt32.self, at: 0, isBigEndian: isBigEndian))
        throw .ended(type.isPacket ? .packet : .betweenPackets, input)
    }

    /// Checks that the second length of the block that starts at `offset` of the file, stored at `position`, is the
    /// same as the first.
    @inline(__always)
    private func checkTrailer(
        of block: PcapngBlock, at position: Int, offset: UInt64, in input: borrowing ReadBuffer
    ) throws(ReadingError) {
        let length = input.load(UInt32.self, at: position, isBigEndian: isBigEndian)
        guard length == block.claimedLength || Int(length) == block.length else {
            throw .damaged(
                block.place, at: offset,
                "the \(block.type) starts with length \(block.claimedLength) and ends with length \(length)")
        }
    }

    /// Reads all of a block into the buffer.
    @inline(__always)
    private func hold(_ block: PcapngBlock, in input: inout ReadBuffer) throws(ReadingError) {
        guard block.length <= Self.maximumBlockLength else {
            throw .damaged(
                block.place, at: input.offset,
                "the \(block.type) claims length \(block.claimedLength), above the maximum of "
                    + "\(Self.maximumBlockLength)")
        }
        guard input.fill(block.length) else {
            throw .ended(block.place, input, block.type.isPacket ? "" : "inside the \(block.type)")
        }
        try checkTrailer(of: block, at: block.length &- 4, offset: input.offset, in: input)
    }

    /// Reads and consumes a packet.
    @inline(__always)
    private mutating func packet(_ block: PcapngBlock, in input: inout ReadBuffer) throws(ReadingError)
        -> CapturedRecord
    {
        try hold(block, in: &input)
        let record = try unsafe packet(block, in: input)
        unsafe take(record, from: &input)
        return unsafe record
    }

    /// Parses a packet block that is complete in the buffer.
    @inline(__always)
    private func packet(_ block: PcapngBlock, in input: borrowing ReadBuffer) throws(ReadingError) -> CapturedRecord {
        try unsafe block.type == .simplePacket ? simplePacket(block, in: input) : timedPacket(block, in: input)
    }

    /// Parses an Enhanced Packet Block (section 4.3) or an obsolete Packet Block (appendix A), which differ only in the
    /// interface number.
    @inline(__always)
    private func timedPacket(
        _ block: PcapngBlock, in input: borrowing ReadBuffer
    ) throws(ReadingError) -> CapturedRecord {
        guard block.length >= 32 else { throw block.tooShort(in: input) }
        let number =
            block.type == .enhancedPacket
            ? Int(input.load(UInt32.self, at: 8, isBigEndian: isBigEndian))
            : Int(input.load(UInt16.self, at: 8, isBigEndian: isBigEndian))
        guard number < section.interfaces.count else { throw unknownInterface(number, block, in: input) }
        let high = input.load(UInt32.self, at: 12, isBigEndian: isBigEndian)
        let low = input.load(UInt32.self, at: 16, isBigEndian: isBigEndian)
        let captured = Int(input.load(UInt32.self, at: 20, isBigEndian: isBigEndian))
        let original = Int(input.load(UInt32.self, at: 24, isBigEndian: isBigEndian))
        guard captured <= min(block.length &- 32, Self.maximumCapturedLength) else {
            throw .damaged(
                .packet, at: input.offset,
                captured <= block.length &- 32
                    ? "captured length \(captured) exceeds the maximum of \(Self.maximumCapturedLength)"
                    : "captured length \(captured) does not fit in a block of length \(block.claimedLength)")
        }
        let interface = section.interfaces[number]
        var record = unsafe CapturedRecord(
            time: interface.clock.time(UInt64(high) << 32 | UInt64(low)), linkType: interface.linkType,
            originalLength: max(captured, original), bytes: input.bytes(at: 28, count: captured),
            length: block.length, interfaceName: interface.name)
        if block.length &- 32 >= captured &+ 4 { unsafe record.options = isBigEndian ? .bigEndian : .littleEndian }
        if section.keepsNumbers { unsafe record.number = packetNumber(of: block, after: captured, in: input) }
        return unsafe record
    }

    /// The number of a packet in the whole capture (section 4.3, epb_packetid); 0 if there is none.
    @inline(never)
    private func packetNumber(of block: PcapngBlock, after captured: Int, in input: borrowing ReadBuffer) -> UInt64 {
        var options = PcapngOptions(of: block, from: 28 &+ (captured &+ 3) & ~3, isBigEndian: isBigEndian)
        while let (code, position, length) = options.next(in: input) {
            guard code == 5, length == 8 else { continue }
            let number = input.load(UInt64.self, at: position, isBigEndian: isBigEndian)
            // No capture has more packets, and the limit leaves room to count up.
            return number > 0 && number < 1 << 62 ? number &+ numberOffset : 0
        }
        return 0
    }

    /// Parses a Simple Packet Block (section 4.4): of interface 0, cut at its snap length, without a timestamp.
    private func simplePacket(_ block: PcapngBlock, in input: borrowing ReadBuffer) throws(ReadingError)
        -> CapturedRecord
    {
        guard block.length >= 16 else { throw block.tooShort(in: input) }
        guard let interface = section.interfaces.first else { throw unknownInterface(0, block, in: input) }
        let original = Int(input.load(UInt32.self, at: 8, isBigEndian: isBigEndian))
        let limit = interface.snapLength == 0 ? Int.max : Int(interface.snapLength)
        let captured = min(original, limit, block.length &- 16, Self.maximumCapturedLength)
        return unsafe CapturedRecord(
            time: latestTime, linkType: interface.linkType, originalLength: original,
            bytes: input.bytes(at: 12, count: captured), length: block.length, interfaceName: interface.name)
    }

    private func unknownInterface(_ number: Int, _ block: PcapngBlock, in input: borrowing ReadBuffer) -> ReadingError {
        .damaged(block.place, at: input.offset, "interface \(number) is not described by any block")
    }

    /// Consumes a block that holds no packet, and keeps interfaces and secrets.
    private mutating func pass(_ block: PcapngBlock, in input: inout ReadBuffer) throws(ReadingError) {
        switch block.type {
        case .interfaceDescription:
            try hold(block, in: &input)
            try section.addInterface(block, in: input)
            input.consume(block.length)
        case .decryptionSecrets:
            try hold(block, in: &input)
            try addSecrets(block, in: input)
            input.consume(block.length)
        case .sectionHeader where block.length <= PcapngSection.longestCommentedHeader:
            try hold(block, in: &input)
            section.readComments(of: block, in: input)
            input.consume(block.length)
        default:
            let offset = input.offset
            guard input.skip(block.length &- 4), input.fill(4) else {
                throw .ended(block.place, input, "inside the \(block.type)")
            }
            try checkTrailer(of: block, at: 0, offset: offset, in: input)
            input.consume(4)
        }
    }

    /// Keeps secrets (section 4.7).
    private mutating func addSecrets(_ block: PcapngBlock, in input: borrowing ReadBuffer) throws(ReadingError) {
        let room = block.length &- 20
        let length = room < 0 ? 0 : Int(input.load(UInt32.self, at: 12, isBigEndian: isBigEndian))
        guard room >= 0 else { throw block.tooShort(in: input) }
        guard length <= room else {
            throw .damaged(
                .betweenPackets, at: input.offset,
                "\(length) bytes of secrets do not fit in a block of length \(block.claimedLength)")
        }
        let type = input.load(UInt32.self, at: 8, isBigEndian: isBigEndian)
        _ = secrets.keep(unsafe CaptureSecrets(type: type, bytes: Array(input.bytes(at: 16, count: length))))
    }
}
