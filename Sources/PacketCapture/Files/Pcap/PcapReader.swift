import WireFormat

/// Reads the header and the records of a pcap file (draft-ietf-opsawg-pcap).
struct PcapReader {
    /// The largest captured length that is believed: libpcap's limit for network link types.
    static let maximumPacketLength = 262_144

    /// The link type of all packets in the file.
    let linkType: LinkType
    private let magic: Magic
    /// Whether records may have the original length first.
    private let mayHoldSwappedLengths: Bool

    /// Reads the file header at the start of `input`.
    ///
    /// - Throws: `cutShort`; `damaged` if the version is not supported.
    init(readingHeaderFrom input: inout ReadBuffer, _ magic: Magic) throws(ReadingError) {
        guard input.fill(Self.length) else { throw .ended(.header, input) }
        self.magic = magic
        let major = input.load(UInt16.self, at: 4, isBigEndian: magic.isBigEndian)
        let minor = input.load(UInt16.self, at: 6, isBigEndian: magic.isBigEndian)
        guard major == 2 else {
            throw .damaged(.header, at: 0, "pcap version \(major).\(minor) is not supported")
        }
        // libpcap wrote the lengths in the opposite order before version 2.3, and in either order in 2.3.
        mayHoldSwappedLengths = minor <= 3
        // The upper six bits describe frame check sequences.
        let number = input.load(UInt32.self, at: 20, isBigEndian: magic.isBigEndian) & 0x03FF_FFFF
        linkType = LinkType(rawValue: number)
        input.consume(Self.length)
    }

    /// Reads the next record; nil at the end.
    ///
    /// - Throws: `cutShort`; `damaged` if the captured length is above ``maximumPacketLength``.
    @inline(__always)
    func nextRecord(in input: inout ReadBuffer) throws(ReadingError) -> CapturedRecord? {
        if let record = unsafe peekRecord(in: &input) {
            unsafe input.consume(record.length)
            return unsafe record
        }
        return try unsafe readOn(in: &input)
    }

    /// Reads the records that are complete in the buffer, until the batch is full.
    ///
    /// - Parameters:
    ///   - input: The buffer.
    ///   - batch: Receives the packets.
    ///   - count: How many packets came before; incremented.
    func readRecords(from input: inout ReadBuffer, into batch: inout PacketBatch, count: inout UInt64) {
        while !batch.isFull, var record = unsafe peekRecord(in: &input) {
            unsafe input.consume(record.length)
            count &+= 1
            unsafe record.number = count
            unsafe batch.append(record)
        }
    }

    /// The record at the start of `input`, not consumed; nil if it is not complete in the buffer, or invalid.
    ///
    /// `input` is `inout` so that the compiler does not copy it first; it is not changed.
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

    /// Fills the buffer and reads the next record; nil at the end.
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
                "captured length \(captured) exceeds the maximum of \(Self.maximumPacketLength)")
        }
        guard input.fill(magic.recordHeaderLength &+ captured), let record = unsafe peekRecord(in: &input) else {
            throw .ended(.packet, input)
        }
        unsafe input.consume(record.length)
        return unsafe record
    }

    private static let length = 24
}

extension PcapReader {
    /// The magic number of a pcap file, and what it says about the file.
    struct Magic {
        let isBigEndian: Bool
        let nanosecondsPerFraction: Int64
        /// Bytes of a record's header: 16, or 24 as written by a patched libpcap of the 1990s.
        let recordHeaderLength: Int

        /// Recognises the first four bytes of a file; nil if they are not a magic number of pcap.
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
