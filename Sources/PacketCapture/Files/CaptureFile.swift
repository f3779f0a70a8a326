public import WireFormat

/// One capture file, or standard input, read packet by packet: pcap or pcapng, plain or compressed with gzip, zstd or
/// lz4.
///
/// A pcapng file may have several sections and interfaces, with any link types and time resolutions. A Simple Packet
/// Block has no timestamp; its packet gets that of the packet before it.
@safe
public struct CaptureFile: ~Copyable {
    /// The name as given; "-" is standard input.
    public let name: String
    /// How many packets have been read, including those that do not match the filter.
    public private(set) var packetCount: UInt64 = 0

    private let source: FileSource
    private var input: CaptureInput
    /// Reads records of a pcap file; nil for pcapng.
    private let pcap: PcapReader?
    private var pcapng: PcapngReader
    private var filters: FilterSet?
    private var isFinished = false

    /// Opens the file and reads its header; of pcapng, everything up to the first interface.
    ///
    /// - Parameters:
    ///   - path: The file's path; "-" is standard input.
    ///   - filter: A libpcap filter expression; only matching packets are returned. In pcapng, packets whose link type
    ///     it does not apply to do not match.
    /// - Throws: Every kind but `repeatedStandardInput` and `tooManySecrets`, without a packet number.
    public init(path: String, filter: String? = nil) throws(CaptureError) {
        try self.init(path: path, filter: filter, ReadingMemory())
    }

    init(
        path: String, filter: String?, _ memory: ReadingMemory, follower: CaptureFollower? = nil
    ) throws(CaptureError) {
        let source = try FileSource(path: path, follower: follower)
        var input = try CaptureInput(source, name: path, memory)
        var pcap: PcapReader?
        var pcapng = PcapngReader()
        do throws(ReadingError) {
            if let magic = input.pcapMagic {
                pcap = try PcapReader(readingHeaderFrom: &input.buffer, magic)
            } else {
                try pcapng.readHeader(in: &input.buffer)
            }
        } catch {
            throw CaptureError(error, name: path, packetNumber: nil, input.compression, input.buffer.failure)
        }
        if let filter {
            do throws(FilterError) {
                filters = try FilterSet(
                    filter, for: pcap?.linkType ?? pcapng.firstLinkType ?? .ethernet, isOnly: pcap != nil)
            } catch {
                throw CaptureError(.badFilter, name: path, detail: error.message, filter: filter)
            }
        } else {
            filters = nil
        }
        name = path
        self.source = source
        self.pcap = pcap
        self.pcapng = pcapng
        self.input = input
    }

    /// Whether packets may arrive while they are read (from a pipe, FIFO, socket or terminal), so that results should
    /// be written at once.
    public var isLive: Bool { source.isLive }

    /// Whether the file is compressed.
    var isCompressed: Bool { input.compression != nil }

    /// The size of a regular file in bytes, as stored (compressed); nil for anything else.
    public var byteCount: UInt64? { source.byteCount }

    /// How many bytes of the file have been read, as stored (compressed), for a progress line.
    public var bytesRead: UInt64 { input.compression == nil ? input.buffer.offset : source.bytesRead }

    /// The secrets of a pcapng file found so far and not yet taken; at most 16 MiB are kept, counting an extra 128
    /// bytes for each.
    public var secrets: [CaptureSecrets] { pcapng.secrets.kept }

    /// What a pcapng file says about the whole capture that its packets are part of.
    var part: CapturePart? { pcapng.part }

    /// What is added to the numbers of a part's packets: the number of packets in earlier captures.
    var numberOffset: UInt64 {
        get { pcapng.numberOffset }
        set { pcapng.numberOffset = newValue }
    }

    /// Whether secrets beyond 16 MiB were dropped.
    var hasDroppedSecrets: Bool { pcapng.secrets.hasDropped }

    /// Returns `secrets` and empties it.
    @inline(__always)
    public mutating func takeSecrets() -> [CaptureSecrets] {
        pcapng.secrets.kept.isEmpty ? [] : pcapng.secrets.takeAll()
    }

    /// Reads the next packet that matches the filter; nil at the end.
    ///
    /// The packet borrows the file's buffer until its last use.
    ///
    /// - Throws: `cutShort`, `damaged` or `cannotRead`, once; after that, the file is at its end.
    @_lifetime(&self)
    public mutating func next() throws(CaptureError) -> CapturedPacket? {
        while var record = try unsafe read() {
            if unsafe record.isWanted {
                unsafe record.number = packetCount
                return unsafe _overrideLifetime(record.packet, mutating: &self)
            }
        }
        return nil
    }

    /// Reads the next packet, whether it matches the filter or not; nil at the end.
    mutating func read() throws(CaptureError) -> CapturedRecord? {
        guard !isFinished else { return nil }
        do throws(ReadingError) {
            guard var record = try unsafe readRecord() else {
                isFinished = true
                return nil
            }
            packetCount &+= 1
            unsafe record.isWanted = filters?.matches(record) ?? true
            return unsafe record
        } catch {
            isFinished = true
            throw CaptureError(
                error, name: name, packetNumber: packetCount &+ 1, input.compression, input.buffer.failure)
        }
    }

    /// Adds packets that are already in the buffer to `batch`, until it is full.
    ///
    /// Stops before anything else: the end, damage, blocks that are not packets. So the bytes of the batch's packets
    /// stay in place until the next read from the file.
    ///
    /// - Parameters:
    ///   - batch: Receives the packets that match the filter.
    ///   - count: How many packets came before; incremented.
    ///   - latest: The number of the latest packet, if the file's own numbers are used; nil if packets are counted.
    ///   - time: Stops at the first packet that is not earlier than this.
    mutating func read(
        into batch: inout PacketBatch, count: inout UInt64, numberedAfter latest: inout UInt64?, before time: Timestamp?
    ) {
        if let pcap, filters == nil, time == nil {
            let before = count
            pcap.readRecords(from: &input.buffer, into: &batch, count: &count)
            packetCount &+= count &- before
            return
        }
        while !batch.isFull, var record = unsafe peekRecord() {
            if let time, unsafe record.place(isNumbered: latest != nil) >= time { return }
            unsafe take(record)
            packetCount &+= 1
            count &+= 1
            unsafe record.assignNumber(count, after: &latest)
            if filters != nil, unsafe filters?.matches(record) == false { continue }
            unsafe batch.append(record)
        }
    }

    /// Marks the current block of memory as lent; see ``ReadBuffer``.
    mutating func lend() { input.buffer.lend() }

    /// Whether the buffer has moved on to another block since the last call.
    mutating func takeTurn() -> Bool {
        defer { input.buffer.hasTurned = false }
        return input.buffer.hasTurned
    }

    /// Frees all blocks but the current one, once no packet that was read is in use.
    mutating func endLending() { input.buffer.endLending() }

    /// The memory that packets were lent from; empty if none was.
    var lentMemory: [MemoryBlock] { input.buffer.hasLent ? input.buffer.blocks : [] }

    @inline(__always)
    private mutating func peekRecord() -> CapturedRecord? {
        if let pcap { unsafe pcap.peekRecord(in: &input.buffer) } else { unsafe pcapng.peekRecord(in: &input.buffer) }
    }

    @inline(__always)
    private mutating func take(_ record: CapturedRecord) {
        if pcap != nil {
            unsafe input.buffer.consume(record.length)
        } else {
            unsafe pcapng.take(record, from: &input.buffer)
        }
    }

    private mutating func readRecord() throws(ReadingError) -> CapturedRecord? {
        if let pcap {
            try unsafe pcap.nextRecord(in: &input.buffer)
        } else {
            try unsafe pcapng.nextRecord(in: &input.buffer)
        }
    }
}
