/// The memory that packets were lent from, for a reader that keeps batches while it reads on.
struct LentMemory {
    /// By how much ``turnCount`` grows before the bytes of a batch may be overwritten.
    let turns: Int
    /// How often the reader has moved on to other memory.
    private(set) var turnCount = 0
    /// Whether a file whose packets were lent has ended since ``turnCount`` was last incremented.
    private var hasRetired = false
    /// The memory of files that have been read to their end, each with the turn count at which it can be freed.
    private var retired: [(blocks: [MemoryBlock], until: Int)] = []

    init(turns: Int) {
        self.turns = turns
    }

    /// Whether batches are kept while the next ones are read.
    var isNeeded: Bool { turns > 1 }

    /// The bytes of files that have been read to their end.
    var byteCount: Int { retired.reduce(0) { $0 + Self.byteCount(of: $1.blocks) } }

    static func byteCount(of blocks: [MemoryBlock]) -> Int { blocks.reduce(0) { $0 + $1.byteCount } }

    /// Advances ``turnCount`` if the reader has moved on from the memory of earlier batches.
    ///
    /// - Parameter hasTurned: Whether the file being read has moved on to another block.
    mutating func endBatch(hasTurned: Bool) {
        guard hasTurned || hasRetired else { return }
        hasRetired = false
        turnCount += 1
        retired.removeAll { $0.until <= turnCount }
    }

    /// Keeps the memory of a file that was read to its end while its packets may be in use.
    mutating func retire(_ blocks: [MemoryBlock]) {
        // A file without matching packets, perhaps one of thousands, keeps no memory.
        guard !blocks.isEmpty else { return }
        hasRetired = true
        retired.append((blocks, until: turnCount + 1 + turns))
    }

    /// Frees all of it: no batch is in use.
    mutating func removeAll() {
        retired.removeAll()
    }
}
