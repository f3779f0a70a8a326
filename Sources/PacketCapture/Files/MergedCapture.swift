public import WireFormat

/// Capture files that are one capture: every packet comes from the file whose next packet is earliest.
///
/// A file is read in its own order even where its times run backwards; of equal times the file named first goes first.
/// A file that cannot be opened, or breaks off, is remembered in `problems` and the others go on. Regular files are
/// open only from their first packet's turn to their last, so that a rotated set costs what a few files cost.
@safe
public struct MergedCapture: ~Copyable {
    /// The files' names as they were given; "-" is standard input.
    public let names: [String]
    /// Whether packets of any file may come while they are read, so that what they lead to should be written at once.
    public private(set) var isLive = false
    /// The size of all files in bytes; nil when one is not a regular file.
    public private(set) var byteCount: UInt64? = 0
    /// What could not be read so far, in the order in which it was met.
    public private(set) var problems: [CaptureError] = []
    /// How many of the files are captures, as far as their headers tell.
    public private(set) var readableFileCount = 0
    /// How many packets have been read, those that the filter left out included.
    public private(set) var packetCount: UInt64 = 0
    /// The secrets that pcapng files held so far, in the order in which they were met; at most 64 MiB of each file.
    ///
    /// Those that stand before a packet in its file are here when that packet is lent: see ``readBatch()``.
    public private(set) var secrets: [CaptureSecrets] = []

    /// Counts on, in ``readBatch()``, where memory that earlier batches stand in has been left.
    ///
    /// The bytes of a batch stay where they are until it has counted as far as was asked for.
    public private(set) var turnCount = 0

    private let filter: String?
    private let turns: Int
    /// Whether memory was left since `turnCount` was counted on.
    private var hasTurned = false
    /// The memory of files that are read to their end, each with the count from which nobody needs it.
    private var retired: [(memory: [MemoryBlock], until: Int)] = []
    private var queue = MergeQueue()
    /// The file whose turn it is; nil before its first packet and after the end.
    private var current: CaptureFile?
    /// The opened files whose turn it is not, by their place in `names`.
    private var parked: [ParkedFile]
    private var openFileCount = 0
    private var finishedBytes: UInt64 = 0
    /// The packets that are lent: see ``readBatch()``.
    public private(set) var batch = PacketBatch()

    /// Opens the files at `paths`, where "-" is standard input.
    ///
    /// With several files, waits for the first packet of those that are not regular files.
    ///
    /// - Parameters:
    ///   - paths: Their names.
    ///   - filter: A libpcap filter expression; only packets that it matches are handed on, all are counted.
    ///   - turns: How far ``turnCount`` counts before the bytes of a batch are gone.
    /// - Throws: `badFilter` and `repeatedStandardInput` only.
    public init(paths: [String], filter: String? = nil, turns: Int = 1) throws(CaptureError) {
        names = paths
        self.filter = filter
        self.turns = turns
        parked = paths.map { _ in ParkedFile() }
        guard paths.count(where: { $0 == "-" }) <= 1 else {
            throw CaptureError(.repeatedStandardInput, name: "-")
        }
        for source in paths.indices {
            try enqueue(source)
        }
    }

    /// How many bytes have been read of all files, for a progress line.
    public var bytesRead: UInt64 {
        parked.reduce(finishedBytes + Self.bytesRead(of: current)) { $0 + Self.bytesRead(of: $1.file) }
    }

    private static func bytesRead(of file: borrowing CaptureFile?) -> UInt64 {
        switch file {
        case .some(let file): file.bytesRead
        case nil: 0
        }
    }

    /// Reads the next packet that the filter matches; nil at the end of all files.
    ///
    /// The packet borrows its file's buffer until it is last used. Its number counts the packets of all files in their
    /// merged order, those that the filter left out included.
    @_lifetime(&self)
    public mutating func next() -> CapturedPacket? {
        batch.removeAll()
        guard let record = unsafe nextWanted() else { return nil }
        return unsafe _overrideLifetime(record.packet, mutating: &self)
    }

    /// Reads the next packet that the filter matches into ``batch``, and those behind it that are here already, without
    /// waiting for any: for callers who look ahead, or at `secrets` before each packet.
    ///
    /// - Returns: Whether there are any; if not, all files are at their end.
    public mutating func readBatch() -> Bool {
        batch.removeAll()
        guard let first = unsafe nextWanted() else { return false }
        unsafe batch.append(first)
        current?.read(into: &batch, count: &packetCount, before: queue.secondTime)
        if turns > 1 { lendBatch() }
        return true
    }

    /// How much memory holds packets that were lent, in bytes: a few buffers', unless packets are huge.
    public var lentByteCount: Int {
        retired.reduce(Self.byteCount(of: Self.lentMemory(of: current))) { $0 + Self.byteCount(of: $1.memory) }
    }

    private static func byteCount(of memory: [MemoryBlock]) -> Int { memory.reduce(0) { $0 + $1.byteCount } }

    private static func lentMemory(of file: borrowing CaptureFile?) -> [MemoryBlock] {
        switch file {
        case .some(let file): file.lentMemory
        case nil: []
        }
    }

    /// Lets the memory go that packets of earlier batches stand in; those of the last one stay.
    public mutating func endLending() {
        retired.removeAll()
        current?.endLending()
    }

    /// Sees to it that the batch stays where it is, and counts where earlier ones do not any more.
    private mutating func lendBatch() {
        if current?.takeTurn() == true { hasTurned = true }
        current?.lend()
        guard hasTurned else { return }
        hasTurned = false
        turnCount += 1
        retired.removeAll { $0.until <= turnCount }
    }

    /// Reads on to the next packet that the filter matches; nil at the end of all files.
    private mutating func nextWanted() -> CapturedRecord? {
        while var record = unsafe readOn() {
            packetCount &+= 1
            unsafe record.number = packetCount
            if unsafe record.isWanted { return unsafe record }
        }
        return nil
    }

    /// Opens a source for the first time and gives it its place in the queue.
    private mutating func enqueue(_ source: Int) throws(CaptureError) {
        do throws(CaptureError) {
            let isAlone = names.count == 1
            var file = try CaptureFile(
                path: names[source], filter: filter,
                memory(ofSize: isAlone ? ReadingMemory.usualSize : Self.smallBufferSize))
            readableFileCount += 1
            isLive = isLive || file.isLive
            byteCount = if let total = byteCount, let size = file.byteCount { total + size } else { nil }
            guard !isAlone else {
                queue.insert(source, time: Timestamp(nanoseconds: 0))
                openFileCount += 1
                parked[source].file = consume file
                return
            }
            guard let record = try unsafe file.read() else {
                secrets += file.takeSecrets()
                finishedBytes += file.bytesRead
                return
            }
            unsafe queue.insert(source, time: record.time)
            if file.byteCount == nil {
                openFileCount += 1
                unsafe parked[source].record = record
                parked[source].file = consume file
            }
        } catch {
            guard error.kind != .badFilter else { throw error }
            problems.append(error)
        }
    }

    /// Goes on to the packet whose turn it is, of what is then the current file; nil when there is none left.
    private mutating func readOn() -> CapturedRecord? {
        if current != nil, let record = unsafe readCurrent(), unsafe isNext(record) {
            return unsafe record
        }
        return unsafe takeTurn()
    }

    /// Reads the next packet of the current file; where there is none, closes the file and takes it out of the queue.
    private mutating func readCurrent() -> CapturedRecord? {
        do throws(CaptureError) {
            if let record = try unsafe current?.read() {
                takeSecrets()
                return unsafe record
            }
        } catch {
            problems.append(error)
        }
        closeCurrent()
        return nil
    }

    /// Takes over the secrets that the current file has met.
    private mutating func takeSecrets() {
        if let found = current?.takeSecrets(), !found.isEmpty { secrets += found }
    }

    /// What there is to say of a file that is read to its end.
    private static func problem(of file: borrowing CaptureFile?) -> CaptureError? {
        switch file {
        case .some(let file) where file.hasDroppedSecrets: CaptureError(.tooManySecrets, name: file.name)
        default: nil
        }
    }

    private mutating func closeCurrent() {
        takeSecrets()
        if let problem = Self.problem(of: current) { problems.append(problem) }
        finishedBytes += Self.bytesRead(of: current)
        if turns > 1 { retireMemory() }
        current = nil
        openFileCount -= 1
        queue.removeFirst()
    }

    /// Keeps the memory of the current file while packets may be lent from it.
    private mutating func retireMemory() {
        // A file of which the filter has left out all, one of thousands perhaps, takes no room.
        let memory = Self.lentMemory(of: current)
        guard !memory.isEmpty else { return }
        hasTurned = true
        retired.append((memory, until: turnCount + 1 + turns))
    }

    /// Whether the current file's next packet is the next of all; parks the file where it is not.
    private mutating func isNext(_ record: CapturedRecord) -> Bool {
        unsafe queue.count == 1 || isStillFirst(record)
    }

    private mutating func isStillFirst(_ record: CapturedRecord) -> Bool {
        guard let source = queue.first, unsafe queue.replaceFirst(time: record.time) != source else { return true }
        unsafe parked[source].record = record
        parked[source].file = current.take()
        return false
    }

    /// Makes the first file of the queue that has a packet current, and returns that packet; nil when none has.
    private mutating func takeTurn() -> CapturedRecord? {
        while let source = queue.first {
            if let record = unsafe resume(source) {
                return unsafe record
            }
        }
        return nil
    }

    /// Makes the first source of the queue current, and returns its packet; nil where there is none after all, and the
    /// source is out of the queue.
    private mutating func resume(_ source: Int) -> CapturedRecord? {
        current = parked[source].file.take()
        if current != nil {
            if let record = unsafe parked[source].record {
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
            openFileCount += 1
        } catch {
            problems.append(error)
            queue.removeFirst()
            return nil
        }
        return unsafe readCurrent()
    }

    private func memory(ofSize size: Int) -> ReadingMemory { ReadingMemory(bufferSize: size, blocks: turns) }

    /// How many files may be open with a buffer of the full size.
    private static let largeBufferCount = 32
    /// The buffer of the others, and of files opened for their first packet's time.
    private static let smallBufferSize = 16 * 1024
}

/// A place for an open file whose turn it is not; arrays hold no values that cannot be copied.
@safe
private final class ParkedFile {
    var file: CaptureFile?
    /// The packet of it that waits; nil before the first is read.
    var record: CapturedRecord?
}
