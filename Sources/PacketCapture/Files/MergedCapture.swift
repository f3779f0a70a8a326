public import WireFormat

/// Several capture files read as one capture, merged by time.
///
/// The next packet is the earliest of the files' next packets; with equal times, the file named first goes first. Each
/// file is read in its own order even if its times run backwards. A file that cannot be opened, or breaks off, is
/// listed in ``problems``, and reading goes on with the others: check it at the end. Regular files are open only
/// between their first and their last packet, so a long rotated set needs few open files.
@safe
public struct MergedCapture: ~Copyable {
    /// The files' names as given; "-" is standard input.
    public let names: [String]
    /// Whether packets may arrive while they are read, from at least one of the files, so that results should be
    /// written at once.
    public private(set) var isLive = false
    /// The size of all files in bytes; nil if one is not a regular file.
    public private(set) var byteCount: UInt64? = 0
    /// What could not be read so far, in the order it was found.
    public private(set) var problems: [CaptureError] = []
    /// How many of the files are captures, judging by their headers.
    public private(set) var readableFileCount = 0
    /// How many packets have been read, including those that do not match the filter.
    public private(set) var packetCount: UInt64 = 0
    /// The secrets found in pcapng files so far, in order; at most 16 MiB in all, counting 128 bytes more for each.
    ///
    /// Secrets that precede a packet in its file are here when that packet is returned: see ``readBatch()``.
    public var secrets: [CaptureSecrets] { keptSecrets.kept }

    /// How often ``readBatch()`` has moved on to other memory.
    ///
    /// The bytes of a batch stay in place until this has grown by the `turns` given to the initializer.
    package var turnCount: Int { lent.turnCount }

    /// What the files say about the capture that their packets are a part of; nil unless all of them say so, and say
    /// the same or that their captures follow each other.
    package private(set) var part: CapturePart?

    private let filter: String?
    /// What finds the files of a capture that is being written; nil if all were named.
    private let follower: CaptureFollower?
    /// The memory that batches are lent from.
    private var lent: LentMemory
    private let windows: WindowRoom
    /// The number of the latest packet, if the files' own numbers count.
    private var latestNumber: UInt64?
    private var queue = MergeQueue()
    /// The file being read; nil before the first packet and after the end.
    private var current: CaptureFile?
    private var keptSecrets = KeptSecrets()
    /// The files, by their index in `names`; none if they are followed.
    private let sources: [MergeSource]
    private var openFileCount = 0
    private var finishedBytes: UInt64 = 0
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
        windows = WindowRoom(memory)
        self.filter = filter
        follower = nil
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
    ///   - follower: What finds the files.
    ///   - names: Their names, or patterns for them.
    ///   - filter: A libpcap filter expression; only matching packets are returned, all are counted.
    ///   - memory: What the program may take.
    /// - Throws: `badFilter`.
    package init(
        following follower: CaptureFollower, names: [String], filter: String? = nil, memory: MemoryBudget = .standard
    ) throws(CaptureError) {
        self.names = names
        windows = WindowRoom(memory)
        self.filter = filter
        self.follower = follower
        lent = LentMemory(turns: 1)
        sources = []
        isLive = true
        byteCount = nil
        guard let filter else { return }
        do throws(FilterError) {
            _ = try FilterSet(filter, for: .ethernet, isOnly: false)
        } catch {
            throw CaptureError(
                .badFilter, name: names.joined(separator: ", "), detail: error.message, filter: filter)
        }
    }

    /// Learns whether the files are parts of one capture, or of captures that follow each other: then their packets'
    /// numbers count, and they are merged by them.
    private mutating func joinParts() {
        guard let (whole, offsets) = CapturePart.joined(sources.map(\.part)) else { return }
        part = whole
        guard whole.keepsNumbers else { return }
        latestNumber = 0
        guard names.count > 1 else { return }
        for (source, offset) in zip(sources, offsets) where offset > 0 { source.shiftNumbers(by: offset) }
        var queued: [Int] = []
        while let source = queue.first {
            queued.append(source)
            queue.removeFirst()
        }
        for source in queued {
            queue.insert(source, time: Timestamp(nanoseconds: Int64(sources[source].firstNumber)))
        }
    }

    /// How many bytes of all files have been read, for a progress line.
    public var bytesRead: UInt64 {
        sources.reduce(finishedBytes + Self.bytesRead(of: current)) { $0 + Self.bytesRead(of: $1.file) }
    }

    private static func bytesRead(of file: borrowing CaptureFile?) -> UInt64 {
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

    /// Reads the next matching packet into ``batch``, and with it those that are already in the buffer: faster than
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

    private static func lentMemory(of file: borrowing CaptureFile?) -> [MemoryBlock] {
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

    /// Opens a source for the first time and queues it.
    private mutating func enqueue(_ source: Int) throws(CaptureError) {
        do throws(CaptureError) {
            let isAlone = names.count == 1
            var file = try CaptureFile(
                path: names[source], filter: filter,
                memory(ofSize: isAlone ? ReadingMemory.usualSize : Self.smallBufferSize))
            readableFileCount += 1
            isLive = isLive || file.isLive
            byteCount = if let total = byteCount, let size = file.byteCount { total + size } else { nil }
            sources[source].part = file.part
            guard !isAlone else {
                queue.insert(source, time: Timestamp(nanoseconds: 0))
                openFileCount += 1
                sources[source].file = consume file
                return
            }
            guard let record = try unsafe file.read() else {
                keep(file.takeSecrets(), of: file.name)
                finishedBytes += file.bytesRead
                return
            }
            unsafe queue.insert(source, time: record.time)
            sources[source].firstNumber = unsafe record.number
            if file.byteCount == nil {
                openFileCount += 1
                unsafe sources[source].record = record
                sources[source].file = consume file
            }
        } catch {
            guard error.kind != .badFilter else { throw error }
            problems.append(error)
        }
    }

    /// Reads the next packet in merged order, from the then current file; nil if none is left.
    private mutating func readOn() -> CapturedRecord? {
        if current != nil, let record = unsafe readCurrent(), unsafe isNext(record) {
            return unsafe record
        }
        if let record = unsafe takeTurn() { return unsafe record }
        return follower == nil ? nil : unsafe followOn()
    }

    /// Opens the next of the files that are followed, and reads its first packet; nil at the end.
    private mutating func followOn() -> CapturedRecord? {
        while let follower, let (path, isComplete) = follower.next() {
            do throws(CaptureError) {
                current = try CaptureFile(
                    path: path, filter: filter, memory(ofSize: ReadingMemory.usualSize),
                    follower: isComplete ? nil : follower)
            } catch {
                record(error)
                continue
            }
            readableFileCount += 1
            openFileCount += 1
            queue.insert(0, time: Timestamp(nanoseconds: 0))
            if let record = unsafe readCurrent() { return unsafe record }
        }
        return nil
    }

    /// Keeps a problem, or reports it at once if nobody asks before the end of an endless capture.
    private mutating func record(_ problem: CaptureError) {
        guard let follower else { return problems.append(problem) }
        // What has been written of the last record when the capture ends is no problem.
        if !follower.hasEnded || problem.kind != .cutShort { follower.report(problem) }
    }

    /// Reads the next packet of the current file; if there is none, closes the file and removes it from the queue.
    private mutating func readCurrent() -> CapturedRecord? {
        do throws(CaptureError) {
            if let record = try unsafe current?.read() {
                takeSecrets()
                return unsafe record
            }
        } catch {
            record(error)
        }
        closeCurrent()
        return nil
    }

    /// Moves the secrets found in the current file to `secrets`.
    private mutating func takeSecrets() {
        if let found = current?.takeSecrets(), !found.isEmpty { keep(found, of: Self.name(of: current)) }
    }

    private static func name(of file: borrowing CaptureFile?) -> String {
        switch file {
        case .some(let file): file.name
        case nil: ""
        }
    }

    /// Keeps secrets while there is room.
    private mutating func keep(_ found: [CaptureSecrets], of name: String) {
        let hadDropped = keptSecrets.hasDropped
        for one in found where !keptSecrets.keep(one) {
            if !hadDropped { record(CaptureError(.tooManySecrets, name: name)) }
            return
        }
    }

    /// The problem of a file that was read to its end; nil if it has none.
    private static func problem(of file: borrowing CaptureFile?) -> CaptureError? {
        switch file {
        case .some(let file) where file.hasDroppedSecrets: CaptureError(.tooManySecrets, name: file.name)
        default: nil
        }
    }

    private mutating func closeCurrent() {
        takeSecrets()
        if let problem = Self.problem(of: current) { record(problem) }
        finishedBytes += Self.bytesRead(of: current)
        if lent.isNeeded { lent.retire(Self.lentMemory(of: current)) }
        current = nil
        openFileCount -= 1
        queue.removeFirst()
    }

    /// Whether the current file's next packet is the next of all; parks the file if it is not.
    private mutating func isNext(_ record: CapturedRecord) -> Bool {
        unsafe queue.count == 1 || isStillFirst(record)
    }

    private mutating func isStillFirst(_ record: CapturedRecord) -> Bool {
        guard let source = queue.first,
            unsafe queue.replaceFirst(time: record.place(isNumbered: latestNumber != nil)) != source
        else { return true }
        unsafe sources[source].record = record
        sources[source].file = current.take()
        return false
    }

    /// Makes the first file in the queue that has a packet current, and returns that packet; nil if none has.
    private mutating func takeTurn() -> CapturedRecord? {
        while let source = queue.first {
            if let record = unsafe resume(source) {
                return unsafe record
            }
        }
        return nil
    }

    /// Makes the first source in the queue current and returns its packet; nil if it has none after all, and was
    /// removed from the queue.
    private mutating func resume(_ source: Int) -> CapturedRecord? {
        current = sources[source].file.take()
        if current != nil {
            if let record = unsafe sources[source].record {
                takeSecrets()
                return unsafe record
            }
            return unsafe readCurrent()
        }
        do throws(CaptureError) {
            let isCrowded = openFileCount >= Self.largeBufferCount
            current = try CaptureFile(
                path: names[source], filter: filter,
                memory(ofSize: isCrowded ? Self.smallBufferSize : ReadingMemory.usualSize))
            current?.numberOffset = sources[source].numberOffset
            openFileCount += 1
        } catch {
            problems.append(error)
            queue.removeFirst()
            return nil
        }
        return unsafe readCurrent()
    }

    private func memory(ofSize size: Int) -> ReadingMemory {
        ReadingMemory(bufferSize: size, blocks: lent.turns, windows: windows)
    }

    /// The bytes that windows of zstd may take, of all files that are open together.
    package var windowByteCount: Int { windows.expected }

    /// How many files may be open with a full-sized buffer.
    private static let largeBufferCount = 32
    /// The buffer size of other files, and of files opened only to learn the time of their first packet.
    private static let smallBufferSize = 16 * 1024
}
