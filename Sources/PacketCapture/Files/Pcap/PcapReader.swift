import WireFormat

/// The header of a pcap file, and with it the way to read its records (draft-ietf-opsawg-pcap).
struct PcapHeader {
    /// The captured length beyond which a packet cannot be one: what libpcap takes of network link types.
    static let maximumPacketLength = 262_144

    /// What the first bytes of the file's packets are.
    let linkType: LinkType
    private let magic: Magic
    /// Whether the captured length may stand behind the original one.
    private let mayHoldSwappedLengths: Bool

    /// Reads the header at the start of `input`.
    ///
    /// - Throws: `cutShort`, or `damaged` where the version is not supported.
    init(from input: inout ReadBuffer, _ magic: Magic) throws(ReadingError) {
        guard input.fill(Self.length) else { throw .ended(.header, input) }
        self.magic = magic
        let major = input.load(UInt16.self, at: 4, isBigEndian: magic.isBigEndian)
        let minor = input.load(UInt16.self, at: 6, isBigEndian: magic.isBigEndian)
        guard major == 2 else {
            throw .damaged(.header, at: 0, "version \(major).\(minor) of pcap is not supported")
        }
        // libpcap wrote them the other way round before version 2.3, and either way in it.
        mayHoldSwappedLengths = minor <= 3
        // The upper six bits tell of frame check sequences.
        let number = input.load(UInt32.self, at: 20, isBigEndian: magic.isBigEndian) & 0x03FF_FFFF
        linkType = LinkType(rawValue: number)
        input.consume(Self.length)
    }

    /// Reads the record at the start of `input`, the next one; nil at the end.
    ///
    /// - Throws: `cutShort`, or `damaged` where the captured length cannot be true.
    @inline(__always)
    func nextRecord(in input: inout ReadBuffer) throws(ReadingError) -> CapturedRecord? {
        if let record = unsafe peekRecord(in: &input) {
            unsafe input.consume(record.length)
            return unsafe record
        }
        return try unsafe readOn(in: &input)
    }

    /// Reads the records at the start of `input` that are here as a whole, as far as the batch has room.
    ///
    /// - Parameters:
    ///   - input: Where they stand.
    ///   - batch: Where to put them.
    ///   - count: How many packets came before; counted on.
    func readRecords(from input: inout ReadBuffer, into batch: inout PacketBatch, count: inout UInt64) {
        while !batch.isFull, var record = unsafe peekRecord(in: &input) {
            unsafe input.consume(record.length)
            count &+= 1
            unsafe record.number = count
            unsafe batch.append(record)
        }
    }

    /// Looks at the record at the start of `input`; nil where that is not here as a whole, or cannot be one.
    ///
    /// Takes `input` as `inout` although it does not change it: else the compiler copies it first.
    @inline(__always)
    func peekRecord(in input: inout ReadBuffer) -> CapturedRecord? {
        guard input.count >= magic.recordHeaderLength else { return nil }
        let seconds = input.load(UInt32.self, at: 0, isBigEndian: magic.isBigEndian)
        let fraction = input.load(UInt32.self, at: 4, isBigEndian: magic.isBigEndian)
        let (captured, original) = lengths(in: input)
        let length = magic.recordHeaderLength &+ captured
        guard captured <= Self.maximumPacketLength, input.count >= length else { return nil }
        let nanoseconds = Int64(seconds) &* 1_000_000_000 &+ Int64(fraction) &* magic.nanosecondsPerFraction
        return unsafe CapturedRecord(
            time: Timestamp(nanoseconds: nanoseconds), linkType: linkType, originalLength: max(captured, original),
            bytes: input.bytes(at: magic.recordHeaderLength, count: captured), length: length)
    }

    /// The captured and the original length of the packet at the start of `input`.
    @inline(__always)
    private func lengths(in input: borrowing ReadBuffer) -> (captured: Int, original: Int) {
        let first = Int(input.load(UInt32.self, at: 8, isBigEndian: magic.isBigEndian))
        let second = Int(input.load(UInt32.self, at: 12, isBigEndian: magic.isBigEndian))
        return mayHoldSwappedLengths && first > second ? (second, first) : (first, second)
    }

    /// Reads more of the file for the next record; nil at the end.
    @inline(never)
    private func readOn(in input: inout ReadBuffer) throws(ReadingError) -> CapturedRecord? {
        guard input.fill(magic.recordHeaderLength) else {
            guard input.count > 0 || input.failure != nil else { return nil }
            throw .ended(input.count > 0 ? .packet : .betweenPackets, input)
        }
        let captured = lengths(in: input).captured
        guard captured <= Self.maximumPacketLength else {
            throw .damaged(
                .packet, at: input.offset,
                "captured length \(captured) is above the maximum of \(Self.maximumPacketLength)")
        }
        guard input.fill(magic.recordHeaderLength &+ captured), let record = unsafe peekRecord(in: &input) else {
            throw .ended(.packet, input)
        }
        unsafe input.consume(record.length)
        return unsafe record
    }

    private static let length = 24
}

extension PcapHeader {
    /// The number by which a pcap file is known, and what it tells of the file.
    struct Magic {
        let isBigEndian: Bool
        let nanosecondsPerFraction: Int64
        /// How many bytes stand before a packet's own: 16, or 24 as a patched libpcap of the 1990s wrote them.
        let recordHeaderLength: Int

        /// Recognises the first four bytes of a file; nil where they are not this number.
        init?(_ bytes: [UInt8]) {
            let (isBigEndian, number): (Bool, [UInt8]) =
                bytes.first == 0xA1 ? (true, bytes) : (false, bytes.reversed())
            switch number {
            case [0xA1, 0xB2, 0xC3, 0xD4]: (nanosecondsPerFraction, recordHeaderLength) = (1000, 16)
            case [0xA1, 0xB2, 0x3C, 0x4D]: (nanosecondsPerFraction, recordHeaderLength) = (1, 16)
            case [0xA1, 0xB2, 0xCD, 0x34]: (nanosecondsPerFraction, recordHeaderLength) = (1000, 24)
            default: return nil
            }
            self.isBigEndian = isBigEndian
        }
    }
}
