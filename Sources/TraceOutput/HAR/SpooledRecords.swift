import WireFormat

/// Pieces of output of one session, each with a key to order them by: the last few in memory, the others in a spool.
///
/// The spool holds them in chunks, each of which begins with the position of the next. A record is 16 bytes, its key
/// and its length (little-endian), followed by its text. Chunks hold whole records; a long record has its own chunk,
/// which is written and printed piece by piece.
struct SpooledRecords: ~Copyable {
    /// A run of records in the spool.
    struct Chunk {
        var offset: UInt64
        var length: Int
        /// Whether it is one long record.
        var isLong = false

        /// The text of its only record.
        var text: Range<UInt64> { offset &+ UInt64(headLength)..<offset &+ UInt64(length) }
    }

    /// Bytes from which the records in memory become a chunk.
    static var chunkLength: Int { 8 << 10 }
    /// Bytes before the first record of a chunk.
    static var linkLength: Int { 16 }
    /// Bytes before the text of the first record.
    static var headLength: Int { linkLength + 16 }

    /// The bytes of records in memory, and the room for further ones.
    var bytesInMemory: Int { tail.capacity - Self.leastMemory }
    private static var leastMemory: Int { 64 }

    /// The records that are in memory, laid out as a chunk; empty if there are none.
    private(set) var tail = OutputBuffer(capacity: leastMemory)
    /// The first chunk.
    private(set) var first: Chunk?
    private var last: Chunk?
    private var latestKey: UInt64 = 0
    /// Whether the keys never decrease.
    private(set) var isOrdered = true

    /// Adds a record.
    mutating func append(_ text: borrowing OutputBuffer, key: UInt64, to spool: inout some Spool & ~Copyable) {
        note(key)
        if tail.isEmpty { tail.append(repeating: 0, count: Self.linkLength) }
        tail.append(word: key)
        tail.append(word: UInt64(text.count))
        tail.append(contentsOf: text)
        if tail.count >= Self.chunkLength { spill(to: &spool) }
    }

    /// Begins a record that is too long for memory.
    mutating func beginLong(key: UInt64, to spool: inout some Spool & ~Copyable) -> Chunk {
        spill(to: &spool, keepsMemory: false)
        note(key)
        var head = OutputBuffer(capacity: Self.headLength)
        head.append(repeating: 0, count: Self.linkLength)
        head.append(word: key)
        head.append(word: 0)
        return Chunk(offset: head.withBytes { spool.append($0) }, length: head.count, isLong: true)
    }

    /// Adds a long record, whose text is in the spool right after what ``beginLong(key:to:)`` wrote.
    mutating func endLong(_ chunk: Chunk, in spool: inout some Spool & ~Copyable) {
        var length = OutputBuffer(capacity: 8)
        length.append(word: UInt64(chunk.length - Self.headLength))
        length.withBytes { spool.overwrite($0, at: chunk.offset &+ UInt64(Self.headLength - 8)) }
        add(chunk, to: &spool)
    }

    private mutating func note(_ key: UInt64) {
        if key < latestKey { isOrdered = false }
        latestKey = max(latestKey, key)
    }

    /// Moves the records in memory to the spool.
    mutating func spill(to spool: inout some Spool & ~Copyable, keepsMemory: Bool = true) {
        defer { tail.removeAll(keeping: keepsMemory ? 2 * Self.chunkLength : Self.leastMemory) }
        guard !tail.isEmpty else { return }
        add(Chunk(offset: tail.withBytes { spool.append($0) }, length: tail.count), to: &spool)
    }

    /// Links a chunk to the one before it.
    private mutating func add(_ chunk: Chunk, to spool: inout some Spool & ~Copyable) {
        if let last {
            var link = OutputBuffer(capacity: Self.linkLength)
            link.append(word: chunk.offset)
            link.append(word: UInt64(chunk.length) &<< 1 | (chunk.isLong ? 1 : 0))
            link.withBytes { spool.overwrite($0, at: last.offset) }
        } else {
            first = chunk
        }
        last = chunk
    }
}

/// A chunk, read record by record.
struct RecordReader {
    /// A record.
    struct Record {
        var key: UInt64
        /// Where its text is in the chunk.
        var text: Range<Int>
    }

    private var position = SpooledRecords.linkLength

    /// The next record of `chunk`; nil at its end.
    mutating func next(in chunk: Span<UInt8>) -> Record? {
        guard position + 16 <= chunk.count, let length = Int(exactly: chunk.word(at: position + 8)),
            length <= chunk.count - position - 16
        else { return nil }
        let start = position + 16
        defer { position = start + length }
        return Record(key: chunk.word(at: position), text: start..<start + length)
    }

    /// The position of the chunk after `chunk`; nil if it is the last.
    static func link(of chunk: Span<UInt8>) -> SpooledRecords.Chunk? {
        guard chunk.count >= SpooledRecords.linkLength, chunk.word(at: 8) > 1 else { return nil }
        let length = Int(chunk.word(at: 8) &>> 1)
        return SpooledRecords.Chunk(offset: chunk.word(at: 0), length: length, isLong: chunk.word(at: 8) & 1 != 0)
    }

    /// The key of the first record of `chunk`.
    static func firstKey(of chunk: Span<UInt8>) -> UInt64 {
        chunk.count >= SpooledRecords.headLength ? chunk.word(at: SpooledRecords.linkLength) : 0
    }
}

extension OutputBuffer {
    /// Appends eight bytes, the lowest first.
    fileprivate mutating func append(word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { append(UInt8(truncatingIfNeeded: word &>> shift)) }
    }
}

extension Span<UInt8> {
    /// The eight bytes at `position`, the lowest first.
    fileprivate func word(at position: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in 0..<8 { word |= UInt64(self[position + place]) &<< UInt64(8 &* place) }
        return word
    }
}
