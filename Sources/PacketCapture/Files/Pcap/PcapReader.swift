import WireFormat

/// Reads the header and the records of a pcap file (draft-ietf-opsawg-pcap), or of a snoop file (RFC 1761).
struct PcapReader {
    /// The largest captured length that is accepted: libpcap's limit for network link types.
    static let maximumPacketLength = 262_144

    /// The link type of all packets in the file.
    let linkType: LinkType
    private let magic: Magic
    /// Whether records may have the original length first, or are those of snoop.
    private let isUnusual: Bool

    /// Reads the file header at the start of `input`.
    ///
    /// - Throws: `cutShort`; `damaged` if the version is not supported.
    init(readingHeaderFrom input: inout ReadBuffer, _ magic: Magic) throws(ReadingError) {
        guard input.fill(magic.isSnoop ? Self.snoopLength : Self.length) else { throw .ended(.header, input) }
        self.magic = magic
        guard !magic.isSnoop else {
            guard input.load(UInt32.self, at: 0, isBigEndian: true) == 0x736E_6F6F,
                input.load(UInt32.self, at: 4, isBigEndian: true) == 0x7000_0000
            else { throw .damaged(.header, at: 0, "this is not the header of a snoop file") }
            let version = input.load(UInt32.self, at: 8, isBigEndian: true)
            guard version == 2 else { throw .damaged(.header, at: 0, "snoop version \(version) is not supported") }
            linkType = LinkType(snoop: input.load(UInt32.self, at: 12, isBigEndian: true))
            isUnusual = true
            input.consume(Self.snoopLength)
            return
        }
        let major = input.load(UInt16.self, at: 4, isBigEndian: magic.isBigEndian)
        let minor = input.load(UInt16.self, at: 6, isBigEndian: magic.isBigEndian)
        guard major == 2 else {
            throw .damaged(.header, at: 0, "pcap version \(major).\(minor) is not supported")
        }
        // libpcap wrote the lengths in the opposite order before version 2.3, and in either order in 2.3.
        isUnusual = minor <= 3
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
    /// `input` is `inout` only to avoid a copy; it does not change.
    @inline(__always)
    func peekRecord(in input: inout ReadBuffer) -> CapturedRecord? {
        guard input.count >= magic.recordHeaderLength else { return nil }
        if isUnusual, magic.isSnoop { return unsafe peekSnoopRecord(in: input) }
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
        return isUnusual && first > second ? (second, first) : (first, second)
    }

    /// Fills the buffer and reads the next record; nil at the end.
    @inline(never)
    private func readOn(in input: inout ReadBuffer) throws(ReadingError) -> CapturedRecord? {
        guard input.fill(magic.recordHeaderLength) else {
            guard input.count > 0 || input.failure != nil else { return nil }
            throw .ended(input.count > 0 ? .packet : .betweenPackets, input)
        }
        let captured = magic.isSnoop ? try snoopLength(in: input) : lengths(in: input).captured
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

/// Records of snoop files (RFC 1761 2): original and captured length, length of the record, drops, seconds and
/// microseconds; then the packet, and padding. All numbers are big-endian.
extension PcapReader {
    private static let snoopLength = 16

    @inline(never)
    private func peekSnoopRecord(in input: borrowing ReadBuffer) -> CapturedRecord? {
        let original = Int(input.load(UInt32.self, at: 0, isBigEndian: true))
        let captured = Int(input.load(UInt32.self, at: 4, isBigEndian: true))
        let length = Int(input.load(UInt32.self, at: 8, isBigEndian: true))
        let seconds = input.load(UInt32.self, at: 16, isBigEndian: true)
        let microseconds = input.load(UInt32.self, at: 20, isBigEndian: true)
        guard captured <= Self.maximumPacketLength, Self.lengthRange(captured).contains(length), input.count >= length
        else { return nil }
        let nanoseconds = Int64(seconds) &* 1_000_000_000 &+ Int64(microseconds) &* 1000
        return unsafe CapturedRecord(
            time: Timestamp(nanoseconds: nanoseconds), linkType: linkType, originalLength: max(captured, original),
            bytes: input.bytes(at: magic.recordHeaderLength, count: captured), length: length)
    }

    /// The length of the record at the start of `input` without its header.
    private func snoopLength(in input: borrowing ReadBuffer) throws(ReadingError) -> Int {
        let captured = Int(input.load(UInt32.self, at: 4, isBigEndian: true))
        let length = Int(input.load(UInt32.self, at: 8, isBigEndian: true))
        guard captured <= Self.maximumPacketLength else { return captured }
        guard Self.lengthRange(captured).contains(length) else {
            throw .damaged(
                .packet, at: input.offset, "record length \(length) does not fit \(captured) captured bytes")
        }
        return length &- magic.recordHeaderLength
    }

    /// The accepted lengths of a record: writers pad to 4 bytes.
    private static func lengthRange(_ captured: Int) -> ClosedRange<Int> { (24 &+ captured)...(24 &+ captured &+ 64) }
}

extension LinkType {
    /// The link type of a snoop file with this data link type (RFC 1761 4).
    fileprivate init(snoop number: UInt32) {
        switch number {
        case 0, 4: self = .ethernet
        case 8: self = .fddi
        case 26: self = .ipOverInfiniBand
        default: self.init(rawValue: 0x10000 &+ min(number, 0xffff))
        }
    }
}

extension PcapReader {
    /// The magic number of a pcap file, and what it says about the file.
    struct Magic {
        let isBigEndian: Bool
        let nanosecondsPerFraction: Int64
        /// Bytes of a record's header: 16, or 24 as written by a patched libpcap of the 1990s, and in snoop files.
        let recordHeaderLength: Int
        /// Whether it is a snoop file.
        let isSnoop: Bool

        /// Recognises the first four bytes of a file; nil if they are not a magic number of pcap.
        init?(_ bytes: [UInt8]) {
            isSnoop = bytes == [0x73, 0x6E, 0x6F, 0x6F]
            guard !isSnoop else {
                (isBigEndian, nanosecondsPerFraction, recordHeaderLength) = (true, 1000, 24)
                return
            }
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
