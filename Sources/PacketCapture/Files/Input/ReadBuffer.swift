/// The next bytes of a source, in one place.
///
/// It reads what the source has, never waiting for more than is asked for, and grows only as far as bytes really come:
/// a length that a file claims costs nothing by itself.
///
/// Bytes that were lent to others stay where they are for as many fills as it has blocks of memory, which take turns.
@safe
struct ReadBuffer: ~Copyable {
    private let source: any ByteSource
    /// The block at hand is at `turn`; the others hold what was read before, and are made when their turn comes.
    private(set) var blocks: [MemoryBlock]
    private var turn = 0
    private let blockCount: Int
    private var storage: UnsafeMutableRawPointer
    private var capacity: Int
    private let usualCapacity: Int
    private var start = 0
    private var end = 0
    /// How many bytes of the source stand before the first unread one.
    private(set) var offset: UInt64 = 0
    /// Whether bytes of the block at hand were lent, so that another has to take its turn.
    private var isLent = false
    /// Whether bytes of any block were.
    private(set) var hasLent = false
    /// Whether another has since this was last set to false.
    var hasTurned = false

    /// Makes an empty buffer.
    ///
    /// - Parameters:
    ///   - source: Where the bytes come from.
    ///   - capacity: How many of them are read at a time.
    ///   - blockCount: How many blocks of memory take turns.
    init(_ source: any ByteSource, capacity: Int, blocks blockCount: Int = 1) {
        self.source = source
        self.capacity = capacity
        usualCapacity = capacity
        self.blockCount = blockCount
        let first = MemoryBlock(byteCount: capacity)
        blocks = [first]
        unsafe storage = first.start
    }

    /// How many unread bytes are here.
    var count: Int { end &- start }

    /// How many bytes of the source stand before its end, as far as it has been read.
    var endOffset: UInt64 { offset &+ UInt64(count) }

    /// Why the source ended before its end; nil while it has not.
    var failure: InputFailure? { source.failure }

    /// The unread bytes, until the next `fill`.
    var unread: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: storage + start, count: count)
    }

    /// Has at least `length` unread bytes here; false where the source ends before.
    @inline(__always)
    mutating func fill(_ length: Int) -> Bool {
        count >= length || readOn(length)
    }

    /// Passes over `length` bytes, which must be here.
    @inline(__always)
    mutating func consume(_ length: Int) {
        start &+= length
        offset &+= UInt64(length)
    }

    /// Passes over `length` bytes without holding them; false where the source ends before.
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

    /// The integer at `position` of the unread bytes, in a byte order; must be here, which is checked.
    @inline(__always)
    func load<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type, at position: Int, isBigEndian: Bool
    ) -> Integer {
        precondition(position >= 0 && position &+ MemoryLayout<Integer>.size <= count)
        let stored = unsafe storage.loadUnaligned(fromByteOffset: start &+ position, as: Integer.self)
        return isBigEndian ? Integer(bigEndian: stored) : Integer(littleEndian: stored)
    }

    /// `length` unread bytes from `position` on, until the next `fill`; must be here, which is checked.
    @inline(__always)
    func bytes(at position: Int, count length: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(position >= 0 && length >= 0 && position &+ length <= count)
        let first = unsafe storage + (start &+ position)
        return unsafe UnsafeBufferPointer(start: first.assumingMemoryBound(to: UInt8.self), count: length)
    }

    /// Takes note that bytes of the block at hand are lent.
    @inline(__always)
    mutating func lend() {
        isLent = true
        hasLent = true
    }

    /// Lets all blocks but the one at hand go: nobody needs what was lent from them.
    mutating func endLending() {
        blocks = [blocks[turn]]
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
            if end == capacity { grow() }
            let room = unsafe UnsafeMutableRawBufferPointer(start: storage + end, count: capacity &- end)
            let read = unsafe source.read(into: room)
            guard read > 0 else { return false }
            end &+= read
        }
        return true
    }

    /// Goes on in the next block, with the bytes that are unread.
    private mutating func takeTurns() {
        let rest = unsafe unread
        turn = (turn &+ 1) % blockCount
        capacity = max(usualCapacity, rest.count)
        if turn == blocks.count { blocks.append(MemoryBlock(byteCount: capacity)) }
        // A block that had to grow is not kept.
        if blocks[turn].byteCount != capacity { blocks[turn] = MemoryBlock(byteCount: capacity) }
        unsafe storage = blocks[turn].start
        if let first = rest.baseAddress { unsafe storage.copyMemory(from: first, byteCount: rest.count) }
        end = rest.count
        start = 0
        isLent = false
        hasTurned = true
    }

    private mutating func grow() {
        let larger = MemoryBlock(byteCount: capacity * 2)
        unsafe larger.start.copyMemory(from: storage, byteCount: end)
        blocks[turn] = larger
        unsafe storage = larger.start
        capacity *= 2
    }
}

/// Memory of a fixed size, freed with its last owner.
@safe
final class MemoryBlock {
    /// Its first byte.
    let start: UnsafeMutableRawPointer
    /// Its size.
    let byteCount: Int

    init(byteCount: Int) {
        self.byteCount = byteCount
        unsafe start = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
    }

    deinit {
        unsafe start.deallocate()
    }
}

/// What a file is read into.
struct ReadingMemory {
    /// Files are read fastest with about this many bytes at a time.
    static let usualSize = 256 * 1024

    /// How many bytes are read at a time.
    var bufferSize = usualSize
    /// How many blocks of that size take turns.
    var blocks = 1
}
