public import WireFormat

/// One capture file (pcap or pcapng, also compressed with gzip, zstd or lz4), or standard input, read packet by packet.
///
/// A pcapng file may hold several sections and interfaces, of any link types and time resolutions. A Simple Packet Block
/// has no time: its packet gets that of the packet before it.
@safe
public struct CaptureFile: ~Copyable {
    /// The name as it was given; "-" is standard input.
    public let name: String
    /// How many packets have been read, those that the filter left out included.
    public private(set) var packetCount: UInt64 = 0

    private let source: FileSource
    private var input: CaptureInput
    /// The header of a pcap file; nil of pcapng.
    private let pcap: PcapHeader?
    private var pcapng: PcapngReader
    private var filters: FilterSet?
    private var isFinished = false

    /// Opens the file at `path`, or standard input where that is "-", and reads its header: of pcapng up to the first
    /// interface.
    ///
    /// - Parameters:
    ///   - path: Its name.
    ///   - filter: A libpcap filter expression; only packets that it matches are handed on. In pcapng, packets of a link
    ///     type that it does not suit do not match.
    /// - Throws: All kinds but `repeatedStandardInput` and `tooManySecrets`, without a packet number.
    public init(path: String, filter: String? = nil) throws(CaptureError) {
        try self.init(path: path, filter: filter, ReadingMemory())
    }

    init(path: String, filter: String?, _ memory: ReadingMemory) throws(CaptureError) {
        let source = try FileSource(path: path)
        var input = try CaptureInput(source, name: path, memory)
        var pcap: PcapHeader?
        var pcapng = PcapngReader()
        do throws(ReadingError) {
            if let magic = input.pcapMagic {
                pcap = try PcapHeader(from: &input.buffer, magic)
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
                throw CaptureError(.badFilter, name: path, detail: error.words, filter: filter)
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

    /// Whether packets may come while they are read (a pipe, a FIFO, a socket, a terminal), so that what they lead to
    /// should be written at once.
    public var isLive: Bool { source.isLive }

    /// The size of a regular file in bytes, compressed as it is; nil of anything else.
    public var byteCount: UInt64? { source.byteCount }

    /// How many bytes of the file have been read, compressed as they are, for a progress line.
    public var bytesRead: UInt64 { input.compression == nil ? input.buffer.offset : source.bytesRead }

    /// The secrets of a pcapng file that were met so far and not yet taken; at most 64 MiB of a file are kept.
    public var secrets: [CaptureSecrets] { pcapng.secrets }

    /// Whether there were more secrets than that.
    var hasDroppedSecrets: Bool { pcapng.hasDroppedSecrets }

    /// Hands over `secrets`, which is empty then.
    @inline(__always)
    public mutating func takeSecrets() -> [CaptureSecrets] {
        guard !pcapng.secrets.isEmpty else { return [] }
        defer { pcapng.secrets = [] }
        return pcapng.secrets
    }

    /// Reads the next packet that the filter matches; nil at the end.
    ///
    /// The packet borrows the file's buffer until it is last used.
    ///
    /// - Throws: `cutShort`, `damaged` or `cannotRead`, once; then the file is at its end.
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

    /// Reads the next packet, whatever the filter says; nil at the end.
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

    /// Reads those of the next packets that are here already, as far as the batch has room.
    ///
    /// Stops before anything that has to be told of or kept: the end, damage, blocks that are no packets. So whatever
    /// the batch holds stays where it is until the file reads on.
    ///
    /// - Parameters:
    ///   - batch: Where to put those that the filter matches.
    ///   - count: How many packets came before; counted on.
    ///   - time: Where to stop: at the first packet that is not before this.
    mutating func read(into batch: inout PacketBatch, count: inout UInt64, before time: Timestamp?) {
        if let pcap, filters == nil, time == nil {
            let before = count
            pcap.readRecords(from: &input.buffer, into: &batch, count: &count)
            packetCount &+= count &- before
            return
        }
        while !batch.isFull, var record = unsafe peekRecord() {
            if let time, unsafe record.time >= time { return }
            unsafe take(record)
            packetCount &+= 1
            count &+= 1
            if filters != nil, unsafe filters?.matches(record) == false { continue }
            unsafe record.number = count
            unsafe batch.append(record)
        }
    }

    /// Takes note that packets are lent; see ``ReadBuffer``.
    mutating func lend() { input.buffer.lend() }

    /// Whether the memory that packets were lent from is left, since this was asked last.
    mutating func takeTurn() -> Bool {
        defer { input.buffer.hasTurned = false }
        return input.buffer.hasTurned
    }

    /// Takes note that nobody needs packets that were lent from memory which is left.
    mutating func endLending() { input.buffer.endLending() }

    /// The memory that packets were lent from; empty where none was.
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

/// What a Decryption Secrets Block of a pcapng file holds (draft-ietf-opsawg-pcapng 4.7).
public struct CaptureSecrets: Hashable, Sendable {
    /// What the bytes are, as registered in section 10.2; 0x544C534B is a TLS key log.
    public let type: UInt32
    /// The secrets as the file holds them.
    public let bytes: [UInt8]
}
