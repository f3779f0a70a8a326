public import WireFormat

/// Several capture files read as one capture, merged by time.
///
/// The next packet is the earliest of the files' next packets; with equal times, the file named first goes first. Each
/// file is read in its own order even if its times run backwards. A file that cannot be opened, or breaks off, is
/// listed in ``problems``, and reading goes on with the others: check ``problems`` at the end. Regular files are open
/// only between their first and their last packet, so a long rotated set needs few open files.
@safe
public struct MergedCapture: ~Copyable {
    /// The files' names as given; "-" is standard input.
    public let names: [String]
    /// Whether packets may arrive while they are read, from at least one of the files, so that results should be
    /// written at once.
    public internal(set) var isLive = false
    /// The size of all files in bytes; nil if one is not a regular file.
    public internal(set) var byteCount: UInt64? = 0
    /// What could not be read so far, in the order it was found.
    public var problems: [CaptureError] { findings.problems }
    /// How many of the files are captures, judging by their headers.
    public internal(set) var readableFileCount = 0
    /// How many packets have been read, including those that do not match the filter.
    public private(set) var packetCount: UInt64 = 0
    /// The secrets found in pcapng files so far, in order; at most 16 MiB in all, counting an extra 128 bytes for each.
    ///
    /// Secrets that precede a packet in its file are here when that packet is returned: see ``readBatch()``.
    public var secrets: [CaptureSecrets] { findings.secrets }

    /// How often ``readBatch()`` has moved on to other memory.
    ///
    /// The bytes of a batch stay in place until this has grown by the `turns` given to the initializer.
    package var turnCount: Int { lent.turnCount }

    /// What the files say about the capture that they are parts of; nil unless all of them say so, and either say the
    /// same or are parts of captures that follow each other.
    package internal(set) var part: CapturePart?

    /// Finds the files of a capture that is being written; nil if all were named.
    let follower: CaptureFollower?
    /// What opens the files.
    var opener: FileOpener
    /// What was found in them besides packets.
    var findings: FileFindings
    /// The memory that batches are lent from.
    var lent: LentMemory
    /// The number of the latest packet, if the files' own numbers are used.
    var latestNumber: UInt64?
    var queue = MergeQueue()
    /// The file being read; nil before the first packet and after the end.
    var current: CaptureFile?
    /// The files, by their index in `names`; none if they are followed.
    let sources: [MergeSource]
    /// The bytes of files that have been read to their end.
    var finishedBytes: UInt64 = 0
    /// The packets read by ``readBatch()``.
    public private(set) var batch = PacketBatch()

    /// Opens the files.
    ///
    /// With several files, this waits for the first packet of each that is not a regular file.
    ///
    /// - Parameters:
    ///   - paths: The files' paths; "-" is standard input.
    ///   - filter: A libpcap filter expression; only matching packets are returned, all are counted.
    /// - Throws: `badFilter` and `repeatedStandardInput` only; other errors are in ``problems``.
    public init(paths: [String], filter: String? = nil) throws(CaptureError) {
        try self.init(paths: paths, filter: filter, turns: 1)
    }

    /// Opens the files, for a reader that keeps batches while it reads on.
    ///
    /// - Parameters:
    ///   - paths: The files' paths; "-" is standard input.
    ///   - filter: A libpcap filter expression; only matching packets are returned, all are counted.
    ///   - turns: By how much ``turnCount`` grows before the bytes of a batch are overwritten.
    ///   - memory: What the program may take.
    /// - Throws: `badFilter` and `repeatedStandardInput` only; other errors are in ``problems``.
    package init(
        paths: [String], filter: String? = nil, turns: Int, memory: MemoryBudget = .standard
    ) throws(CaptureError) {
        names = paths
        follower = nil
        opener = FileOpener(filter: filter, turns: turns, memory: memory)
        findings = FileFindings(follower: nil)
        lent = LentMemory(turns: turns)
        sources = paths.map { _ in MergeSource() }
        guard paths.count(where: { $0 == "-" }) <= 1 else {
            throw CaptureError(.repeatedStandardInput, name: "-")
        }
        for source in paths.indices {
            try enqueue(source)
        }
        joinParts()
    }

    /// Reads files that are being written, one after the other, without an end; problems go to the follower.
    ///
    /// - Parameters:
    ///   - follower: Finds the files.
    ///   - names: Their names, or patterns for them.
    ///   - filter: A libpcap filter expression; only matching packets are returned, all are counted.
    ///   - memory: The program's memory.
    /// - Throws: `badFilter`.
    package init(
        following follower: CaptureFollower, names: [String], filter: String? = nil, memory: MemoryBudget = .standard
    ) throws(CaptureError) {
        self.names = names
        self.follower = follower
        opener = FileOpener(filter: filter, turns: 1, memory: memory)
        findings = FileFindings(follower: follower)
        lent = LentMemory(turns: 1)
        sources = []
        isLive = true
        byteCount = nil
        try opener.checkFilter(of: names)
    }

    /// How many bytes of all files have been read, for a progress line.
    public var bytesRead: UInt64 {
        sources.reduce(finishedBytes + Self.bytesRead(of: current)) { $0 + Self.bytesRead(of: $1.file) }
    }

    static func bytesRead(of file: borrowing CaptureFile?) -> UInt64 {
        switch file {
        case .some(let file): file.bytesRead
        case nil: 0
        }
    }

    /// Reads the next packet that matches the filter; nil at the end of all files.
    ///
    /// The packet borrows its file's buffer until its last use. Its number counts the packets of all files in merged
    /// order, including those that do not match the filter.
    @_lifetime(&self)
    public mutating func next() -> CapturedPacket? {
        batch.removeAll()
        guard let record = unsafe nextWanted() else { return nil }
        return unsafe _overrideLifetime(record.packet, mutating: &self)
    }

    /// Reads the next matching packet into ``batch``, together with those that are already in the buffer: faster than
    /// ``next()`` for callers that look ahead.
    ///
    /// - Returns: Whether there is a packet; if not, all files are at their end.
    public mutating func readBatch() -> Bool {
        batch.removeAll()
        guard let first = unsafe nextWanted() else { return false }
        unsafe batch.append(first)
        current?.read(
            into: &batch, count: &packetCount, numberedAfter: &latestNumber, before: queue.secondTime)
        if lent.isNeeded { lendBatch() }
        return true
    }

    /// Bytes of memory held for packets that were lent: a few buffers, unless packets are huge.
    package var lentByteCount: Int {
        lent.byteCount + LentMemory.byteCount(of: Self.lentMemory(of: current))
    }

    static func lentMemory(of file: borrowing CaptureFile?) -> [MemoryBlock] {
        switch file {
        case .some(let file): file.lentMemory
        case nil: []
        }
    }

    /// Frees the memory of all batches, the latest one included.
    package mutating func endLending() {
        lent.removeAll()
        current?.endLending()
    }

    /// Keeps the batch's memory, and advances `turnCount` if the reader has moved on from earlier batches' memory.
    private mutating func lendBatch() {
        let hasTurned = current?.takeTurn() == true
        current?.lend()
        lent.endBatch(hasTurned: hasTurned)
    }

    /// Reads up to the next packet that matches the filter; nil at the end of all files.
    private mutating func nextWanted() -> CapturedRecord? {
        while var record = unsafe readOn() {
            packetCount &+= 1
            unsafe record.assignNumber(packetCount, after: &latestNumber)
            if unsafe record.isWanted { return unsafe record }
        }
        return nil
    }

    /// The most that zstd windows of files open at the same time take, in bytes.
    package var windowByteCount: Int { opener.windowByteCount }
}
