import WireFormat

/// The next bytes of a source, contiguous in memory.
///
/// It reads what the source has without waiting for more than was asked for, and grows only as bytes arrive: a length
/// claimed by a file costs nothing by itself.
///
/// Lent bytes stay in place while the buffer's other blocks of memory are filled in turn.
@safe
struct ReadBuffer: ~Copyable {
    private let source: any ByteSource
    /// `blocks[turn]` is the current block; the others, created on first use, hold what was read before.
    private(set) var blocks: [MemoryBlock]
    private var turn = 0
    private let blockCount: Int
    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    private let usualCapacity: Int
    private var start = 0
    private var end = 0
    /// The offset in the source of the first unread byte.
    private(set) var offset: UInt64 = 0
    /// Whether bytes of the current block were lent: the next fill must use another block.
    private var isLent = false
    /// Whether bytes of any block were lent.
    private(set) var hasLent = false
    /// Set whenever the buffer moves on to another block.
    var hasTurned = false

    /// Creates an empty buffer.
    ///
    /// - Parameters:
    ///   - source: Where the bytes come from.
    ///   - capacity: How many bytes to read at a time.
    ///   - blockCount: How many blocks of memory to use in turn.
    init(_ source: any ByteSource, capacity: Int, blocks blockCount: Int = 1) {
        self.source = source
        self.capacity = capacity
        usualCapacity = capacity
        self.blockCount = blockCount
        let first = MemoryBlock(byteCount: capacity)
        blocks = [first]
        unsafe storage = first.start
    }

    /// How many unread bytes are in the buffer.
    var count: Int { end &- start }

    /// How many bytes of the source have been read into the buffer so far.
    var endOffset: UInt64 { offset &+ UInt64(count) }

    /// Why the source ended early; nil if it did not.
    var failure: InputFailure? { source.failure }

    /// The unread bytes, valid until the next `fill`.
    var unread: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: storage + start, count: count)
    }

    /// Ensures that `length` unread bytes are in the buffer; false if the source ends before.
    @inline(__always)
    mutating func fill(_ length: Int) -> Bool {
        count >= length || readOn(length)
    }

    /// Skips `length` bytes, which must be in the buffer.
    @inline(__always)
    mutating func consume(_ length: Int) {
        start &+= length
        offset &+= UInt64(length)
    }

    /// Skips `length` bytes without holding them; false if the source ends before.
    mutating func skip(_ length: Int) -> Bool {
        var rest = length
        while rest > count {
            rest &-= count
            consume(count)
            guard fill(1) else { return false }
        }
        consume(rest)
        return true
    }

    /// The integer at `position` of the unread bytes; traps if it is not all in the buffer.
    @inline(__always)
    func load<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type, at position: Int, isBigEndian: Bool
    ) -> Integer {
        precondition(position >= 0 && position &+ MemoryLayout<Integer>.size <= count)
        let stored = unsafe storage.loadUnaligned(fromByteOffset: start &+ position, as: Integer.self)
        return isBigEndian ? Integer(bigEndian: stored) : Integer(littleEndian: stored)
    }

    /// `length` unread bytes from `position` on, valid until the next `fill`; traps if they are not all in the buffer.
    @inline(__always)
    func bytes(at position: Int, count length: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(position >= 0 && length >= 0 && position &+ length <= count)
        let first = unsafe storage + (start &+ position)
        return unsafe UnsafeBufferPointer(start: first.assumingMemoryBound(to: UInt8.self), count: length)
    }

    /// Marks the current block as lent.
    @inline(__always)
    mutating func lend() {
        isLent = true
        hasLent = true
    }

    /// Frees all blocks but the current one, once no lent bytes are in use.
    ///
    /// A block that had to grow is replaced if the unread bytes fit into one of the usual size.
    mutating func endLending() {
        isLent = false
        let isLarge = capacity > usualCapacity && count <= usualCapacity
        let current = isLarge ? MemoryBlock(byteCount: usualCapacity) : blocks[turn]
        if isLarge {
            if let first = unsafe unread.baseAddress { unsafe current.start.copyMemory(from: first, byteCount: count) }
            end = count
            start = 0
            capacity = usualCapacity
            unsafe storage = current.start
        }
        blocks = [current]
        turn = 0
    }

    private mutating func readOn(_ length: Int) -> Bool {
        if isLent && blockCount > 1 {
            takeTurns()
        } else if start > 0 {
            unsafe storage.copyMemory(from: storage + start, byteCount: count)
            end = count
            start = 0
        }
        while count < length {
            if end == capacity { grow(atMost: length) }
            let room = unsafe UnsafeMutableRawBufferPointer(start: storage + end, count: capacity &- end)
            let read = unsafe source.read(into: room)
            guard read > 0 else { return false }
            end &+= read
        }
        return true
    }

    /// Moves on to the next block, and takes the unread bytes along.
    private mutating func takeTurns() {
        let rest = unsafe unread
        turn = (turn &+ 1) % blockCount
        capacity = max(usualCapacity, rest.count)
        if turn == blocks.count { blocks.append(MemoryBlock(byteCount: capacity)) }
        // A block that had to grow is replaced by one of the usual size.
        if blocks[turn].byteCount != capacity { blocks[turn] = MemoryBlock(byteCount: capacity) }
        unsafe storage = blocks[turn].start
        if let first = rest.baseAddress { unsafe storage.copyMemory(from: first, byteCount: rest.count) }
        end = rest.count
        start = 0
        isLent = false
        hasTurned = true
    }

    /// Makes the block larger: twice as large, but not larger than what is wanted.
    private mutating func grow(atMost wanted: Int) {
        let size = max(capacity &+ 1, min(capacity &* 2, wanted))
        let larger = MemoryBlock(byteCount: size)
        unsafe larger.start.copyMemory(from: storage, byteCount: end)
        blocks[turn] = larger
        unsafe storage = larger.start
        capacity = size
    }
}

/// Memory of a fixed size, freed with its last owner.
@safe
final class MemoryBlock {
    let start: UnsafeMutableRawPointer
    let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        unsafe start = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    }

    deinit {
        unsafe start.deallocate()
    }
}

/// The memory that a file is read into.
struct ReadingMemory {
    /// The fastest size for reading files, as measured.
    static let usualSize = 256 * 1024

    /// How many bytes are read at a time.
    var bufferSize = usualSize
    /// How many blocks of that size are used in turn.
    var blocks = 1
    /// The room for zstd windows.
    var windows = WindowRoom(.standard)
}
