package import WireFormat

/// The bytes of a stream that a search keeps: segments, and the gaps between them.
package struct SearchedBytes {
    /// The bytes of a segment, or a gap between segments.
    private struct Piece {
        /// Where it begins in the stream.
        var offset: UInt64
        /// Where its bytes begin in the buffer.
        var index: Int
        /// The packet that brought the bytes, or showed the gap.
        var origin: Origin
        /// The length of the gap in bytes; 0 for a segment.
        var missing: UInt64 = 0
        /// How far its sender had received the other stream; the largest number if that is not known.
        var received: UInt64 = .max
    }

    /// The stream offset that ``bytes`` would begin at if there were no gaps in them; it locates the bytes after the
    /// last gap.
    private(set) var offset: UInt64
    /// All kept bytes, without the gaps.
    private(set) var bytes: [UInt8] = []
    private var pieces: [Piece] = []
    /// The most bytes and pieces so far: twice these bound the arrays' capacity, which depends on the allocator.
    private var largest = (bytes: 0, pieces: 0)

    /// The number of pieces beyond which consecutive gaps count as one: without bytes between them, nothing else bounds
    /// their number.
    private static let separateGaps = 1024

    /// Starts empty; the first byte will have this stream offset.
    init(from offset: UInt64) {
        self.offset = offset
    }

    /// The number of bytes kept.
    package var count: Int { bytes.count }

    /// The number of pieces: segments and gaps.
    package var pieceCount: Int { pieces.count }

    /// The stream offset of the first byte kept.
    package var start: UInt64 { pieces.first?.offset ?? end }

    /// The stream offset after the last byte kept.
    var end: UInt64 { offset &+ UInt64(bytes.count) }

    /// The memory taken, in bytes.
    var cost: Int { 2 &* (largest.bytes &+ largest.pieces &* MemoryLayout<Piece>.stride) }

    /// The packet that brought a piece, or showed the gap.
    package func origin(ofPiece index: Int) -> Origin { pieces[index].origin }

    /// How far the sender of a piece had received the other stream; nil if that is not known, and of a gap.
    package func received(ofPiece index: Int) -> UInt64? {
        pieces[index].received == .max ? nil : pieces[index].received
    }

    /// The length in bytes of the gap that a piece is; 0 if it is not one, or begins before `offset`.
    package func missing(inPiece index: Int, from offset: UInt64 = 0) -> UInt64 {
        pieces[index].offset >= offset ? pieces[index].missing : 0
    }

    /// The bytes of a piece, without those before `offset`.
    package func bytes(ofPiece index: Int, from offset: UInt64 = 0) -> ArraySlice<UInt8> {
        let piece = pieces[index]
        let bytes = bytes[piece.index..<endIndex(ofPiece: index)]
        return offset > piece.offset ? bytes.dropFirst(Int(clamping: offset &- piece.offset)) : bytes
    }

    /// The number of bytes kept from `offset` on.
    package func count(from offset: UInt64) -> Int {
        pieces.indices.reduce(0) { $0 + bytes(ofPiece: $1, from: offset).count }
    }

    /// The index in ``bytes`` of the byte at an offset after the last gap.
    func index(of offset: UInt64) -> Int { Int(offset &- self.offset) }

    /// Adds a segment.
    mutating func append(_ segment: Span<UInt8>, _ origin: Origin, received: UInt64?) {
        pieces.append(Piece(offset: end, index: bytes.count, origin: origin, received: received ?? .max))
        unsafe segment.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        largest.bytes = max(largest.bytes, bytes.count)
        largest.pieces = max(largest.pieces, pieces.count)
    }

    /// Adds a gap, whose end must not overflow.
    mutating func appendGap(_ length: UInt64, _ origin: Origin) {
        if pieces.count >= SearchedBytes.separateGaps, let last = pieces.last, last.missing > 0,
            last.index == bytes.count
        {
            pieces[pieces.count - 1].missing &+= length
        } else {
            pieces.append(Piece(offset: end, index: bytes.count, origin: origin, missing: length))
            largest.pieces = max(largest.pieces, pieces.count)
        }
        offset &+= length
    }

    /// Finds the segment that ends at an offset.
    ///
    /// - Returns: Where that segment begins; nil if none ends there.
    func startOfSegment(endingAt offset: UInt64) -> UInt64? {
        // Most searches are for the last segment.
        if let last = pieces.last, offset > last.offset {
            return offset == end && last.missing == 0 ? last.offset : nil
        }
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            let end = endOffset(ofPiece: middle)
            if end == offset { return pieces[middle].missing == 0 ? pieces[middle].offset : nil }
            if end < offset { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Discards the first half of the bytes, as far as it lies before `awaited`.
    ///
    /// - Returns: The stream offset of the first byte still kept; nil if nothing could be discarded.
    mutating func discardHalf(before awaited: UInt64) -> UInt64? {
        let half = bytes.count / 2
        let middlePiece = pieces.firstIndex { $0.index >= half } ?? pieces.count
        let awaitedPiece = pieces.lastIndex { $0.offset <= awaited } ?? 0
        let kept = min(middlePiece, awaitedPiece)
        guard kept > 0 else { return nil }
        let first = pieces[kept]
        bytes.removeFirst(first.index)
        offset &+= UInt64(first.index)
        pieces.removeFirst(kept)
        for index in pieces.indices { pieces[index].index -= first.index }
        return first.offset
    }

    private func endIndex(ofPiece index: Int) -> Int {
        index + 1 < pieces.count ? pieces[index + 1].index : bytes.count
    }

    private func endOffset(ofPiece index: Int) -> UInt64 {
        pieces[index].offset &+ UInt64(endIndex(ofPiece: index) - pieces[index].index) &+ pieces[index].missing
    }
}
