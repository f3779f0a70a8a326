import TraceOutput
import WireFormat

/// A range of bytes of a stream, and where the spool has their replacement.
struct Extent: Sendable {
    var offset: UInt64
    var position: UInt64
    var length: UInt32

    var end: UInt64 { offset &+ UInt64(length) }

    /// The bytes that it takes in the spool.
    static var size: Int { 20 }

    func append(to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: offset >> UInt64(shift)))
        }
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: position >> UInt64(shift)))
        }
        for shift in stride(from: 24, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: length >> UInt32(shift)))
        }
    }

    init(offset: UInt64, position: UInt64, length: UInt32) {
        self.offset = offset
        self.position = position
        self.length = length
    }

    /// Reads what ``append(to:)`` wrote.
    init(_ bytes: Span<UInt8>, at start: Int) {
        offset = bytes.bigEndianUInt64(at: start)
        position = bytes.bigEndianUInt64(at: start + 8)
        length = bytes.bigEndianUInt32(at: start + 16)
    }
}

/// The replacements of a stream, in order.
///
/// All but the last few are in the spool, so that a stream takes little memory, however long it is.
struct ExtentIndex: Sendable {
    /// The last ones.
    private(set) var tail: [Extent] = []
    /// Where the others are.
    private(set) var blocks: [Block] = []
    private var end: UInt64 = 0

    /// Extents that follow each other in the spool.
    struct Block: Sendable {
        var first: UInt64
        var position: UInt64
        var count: UInt32
    }

    /// Adds an extent, which must follow all others.
    ///
    /// - Returns: Whether it does; if not, it is not added.
    mutating func add(_ extent: Extent, _ store: inout some Spool & ~Copyable) -> Bool {
        guard extent.offset >= end, extent.length > 0 else { return false }
        end = extent.end
        if let last = tail.last, last.end == extent.offset, last.position &+ UInt64(last.length) == extent.position,
            last.length &+ extent.length < 1 << 30
        {
            tail[tail.count - 1].length &+= extent.length
            return true
        }
        // The longer the stream, the larger the blocks.
        if tail.count >= (blocks.count < 16 ? 32 : 256) { flush(&store) }
        tail.append(extent)
        return true
    }

    /// Moves all of them to the spool.
    mutating func flush(_ store: inout some Spool & ~Copyable) {
        guard let first = tail.first else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(tail.count * Extent.size)
        for extent in tail { extent.append(to: &bytes) }
        blocks.append(Block(first: first.offset, position: store.append(bytes.span), count: UInt32(tail.count)))
        tail = []
    }

    /// The indices in ``blocks`` of those that may overlap a range; one index past the end stands for the tail.
    func blocks(overlapping range: Range<UInt64>) -> Range<Int> {
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].first <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        let start = max(0, low - 1)
        var last = start
        while last < blocks.count, blocks[last].first < range.upperBound { last += 1 }
        return start..<max(start, last)
    }
}

extension [Extent] {
    /// Those that overlap a range.
    func overlapping(_ range: Range<UInt64>) -> ArraySlice<Extent> {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].end <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return self[low...].prefix { $0.offset < range.upperBound }
    }
}
