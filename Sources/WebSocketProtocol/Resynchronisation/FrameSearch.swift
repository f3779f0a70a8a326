public import WireFormat

/// Looks for the place where frames begin in a stream of which that is not known: behind a gap, or where a capture
/// begins in the middle.
///
/// It keeps the bytes that it looks at, up to a bound, so that decoding can go on at the place found, which lies in
/// them. All places are tried, and a place counts only by the chain of headers that follows from it (``Evidence``).
public final class FrameSearch {
    /// A segment's bytes among those that are kept, or a gap between them.
    private struct Piece {
        /// Where it begins in the stream.
        var offset: UInt64
        /// Where its bytes begin in the buffer.
        var index: Int
        /// The packet that brought it, or showed the gap.
        var origin: Origin
        /// How many bytes the gap has; 0 of a segment.
        var missing: UInt64 = 0
    }

    /// A place where frames begin.
    public struct Place: Sendable {
        /// Where: bytes from the first of the stream.
        public var offset: UInt64
        /// Who sends the stream.
        public var sender: Role
    }

    /// Bytes looked at so far.
    public private(set) var searched: UInt64 = 0

    private var pieces: [Piece] = []
    private var buffer: [UInt8] = []
    /// Where the buffer would begin in the stream, if there were no gaps between its bytes: so that the place of those
    /// behind the last gap is known.
    private var bufferOffset: UInt64
    /// The next place to try.
    private var candidateOffset: UInt64
    private var chains: [HeaderChain] = []
    private let senders: [Role]
    private let mayBeCompressed: Bool
    private let isMidstream: Bool
    private let needed: Int
    private let limit: Int

    /// Chains followed at a time; the weakest goes when there are more.
    private static let chainLimit = 32

    /// Begins a search.
    ///
    /// - Parameters:
    ///   - streamOffset: Where the bytes to come begin in the stream.
    ///   - sender: Who sends it; nil where that is to be told by the masking.
    ///   - mayBeCompressed: Whether RSV1 may mark compressed messages.
    ///   - needed: The bits of evidence that a chain must come to.
    ///   - limit: Bytes kept at the most.
    public init(streamOffset: UInt64, sender: Role?, mayBeCompressed: Bool, needed: Int, limit: Int) {
        bufferOffset = streamOffset
        candidateOffset = streamOffset
        senders = sender.map { [$0] } ?? [.client, .server]
        isMidstream = sender == nil
        self.mayBeCompressed = mayBeCompressed
        self.needed = needed
        self.limit = limit
    }

    /// How many bytes are kept.
    public var keptCount: Int { buffer.count }

    /// What it takes in memory, in bytes.
    public var cost: Int {
        buffer.capacity &+ pieces.capacity &* MemoryLayout<Piece>.stride
            &+ chains.capacity &* MemoryLayout<HeaderChain>.stride &+ FrameSearch.overhead
    }

    /// What a search costs beside what it keeps: itself, and the heads of its arrays.
    private static let overhead = 320

    /// The bits of the chain that leads.
    public var bestEvidence: Int { chains.map(\.bits).max() ?? 0 }

    /// How many segments' bytes are kept.
    public var pieceCount: Int { pieces.count }

    /// The packet that brought a piece, or showed the gap.
    public func origin(ofPiece index: Int) -> Origin { pieces[index].origin }

    /// How many bytes are missing in a piece that is a gap; 0 where it is none, or ends before `offset`.
    public func missing(inPiece index: Int, from offset: UInt64 = 0) -> UInt64 {
        pieces[index].offset >= offset ? pieces[index].missing : 0
    }

    /// Where what is kept begins in the stream.
    public var keptOffset: UInt64 { pieces.first?.offset ?? end }

    /// The bytes of a piece, those before `offset` left out.
    public func bytes(ofPiece index: Int, from offset: UInt64 = 0) -> ArraySlice<UInt8> {
        let piece = pieces[index]
        let bytes = buffer[piece.index..<endIndex(ofPiece: index)]
        return offset > piece.offset ? bytes.dropFirst(Int(clamping: offset &- piece.offset)) : bytes
    }

    /// How many bytes are kept from `offset` on.
    public func keptCount(from offset: UInt64) -> Int {
        pieces.indices.reduce(0) { $0 + bytes(ofPiece: $1, from: offset).count }
    }

    private func endIndex(ofPiece index: Int) -> Int {
        index + 1 < pieces.count ? pieces[index + 1].index : buffer.count
    }

    private func endOffset(ofPiece index: Int) -> UInt64 {
        pieces[index].offset &+ UInt64(endIndex(ofPiece: index) - pieces[index].index) &+ pieces[index].missing
    }

    /// Looks at the next bytes of the stream, which are one segment's.
    ///
    /// - Returns: Where frames begin, once that is clear.
    public func receive(_ bytes: Span<UInt8>, origin: Origin) -> Place? {
        let start = end
        pieces.append(Piece(offset: start, index: buffer.count, origin: origin))
        unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
        searched &+= UInt64(bytes.count)
        advance(segmentStart: start, isEnd: false)
        let place = decide()
        if place == nil, buffer.count > limit { discard() }
        return place
    }

    /// Looks at what there is once more, since the stream is over.
    ///
    /// - Parameter hasFin: Whether it was ended by a FIN.
    /// - Returns: The place, if there is one after all.
    public func finish(hasFin: Bool) -> Place? {
        advance(segmentStart: nil, isEnd: true)
        if hasFin {
            for index in chains.indices where chains[index].next == end { chains[index].endsWithStream() }
        }
        return decide()
    }

    /// Goes on behind the next `length` bytes of the stream, which are missing, where chains reach over them: the gap lies in
    /// the payload of a frame whose header is in the chain.
    ///
    /// - Parameters:
    ///   - length: How many bytes are missing.
    ///   - origin: The packet that shows it.
    /// - Returns: Whether a chain does; else nothing is changed, and a search must begin anew behind the gap.
    public func skip(_ length: UInt64, origin: Origin) -> Bool {
        advance(segmentStart: nil, isEnd: true)
        let (gapEnd, isBeyond) = end.addingReportingOverflow(length)
        guard !isBeyond, chains.contains(where: { $0.next >= gapEnd }) else { return false }
        let rivalBits = chains.filter { $0.next < gapEnd }.map(\.bits).max() ?? 0
        chains.removeAll { $0.next < gapEnd }
        for index in chains.indices { chains[index].lose(rivalBits: rivalBits) }
        pieces.append(Piece(offset: end, index: buffer.count, origin: origin, missing: length))
        bufferOffset &+= length
        candidateOffset = end
        return true
    }

    private var end: UInt64 { bufferOffset &+ UInt64(buffer.count) }

    /// The bytes from a place in the stream on.
    private func bytes(from offset: UInt64) -> Range<Int> {
        Int(offset &- bufferOffset)..<buffer.count
    }

    /// Follows every chain as far as the bytes go, and begins new ones.
    ///
    /// No header is looked at twice: a chain that comes to a header of another goes on like that one.
    private func advance(segmentStart: UInt64?, isEnd: Bool) {
        var alive: [HeaderChain] = []
        var walks = ChainWalks(from: candidateOffset, to: end)
        for chain in chains {
            var chain = chain
            chain.walk = walks.begin()
            if follow(&chain, &walks, isEnd: isEnd) { insert(chain, into: &alive) }
        }
        while candidateOffset < end {
            let range = bytes(from: candidateOffset)
            // A header is at most 14 bytes; what is cut is tried again with the next segment.
            guard isEnd || range.count >= FrameHeader.maximumByteCount || candidateOffset == segmentStart else { break }
            for sender in senders where mayBegin(range.lowerBound, sender) {
                var chain = HeaderChain(
                    sender: sender, start: candidateOffset, isSegmentStart: candidateOffset == segmentStart,
                    isMidstream: isMidstream)
                chain.walk = walks.begin()
                if follow(&chain, &walks, isEnd: isEnd), chain.frames > 0 || isSmall(range) {
                    insert(chain, into: &alive)
                }
            }
            candidateOffset &+= 1
        }
        for index in alive.indices {
            if let gain = walks.gain(of: alive[index].walk) { alive[index].adopt(start: gain.start, bits: gain.bits) }
        }
        chains = alive
    }

    private func isSmall(_ range: Range<Int>) -> Bool { range.count < FrameHeader.maximumByteCount }

    /// A quick look at two bytes: most places end here.
    private func mayBegin(_ index: Int, _ sender: Role) -> Bool {
        let first = buffer[index]
        guard first & 0x30 == 0, first & 0x07 <= 2, first & 0x48 != 0x48 else { return false }
        guard index + 1 < buffer.count else { return true }
        return (buffer[index + 1] & 0x80 != 0) == (sender == .client)
    }

    /// Takes the headers of a chain as far as the bytes go; false when it breaks, or meets another.
    private func follow(_ chain: inout HeaderChain, _ walks: inout ChainWalks, isEnd: Bool) -> Bool {
        let kept = buffer
        while chain.next < end {
            if walks.meets(chain) { return false }
            let place = chain.next
            let bits = chain.bits
            let rest = kept.span.extracting(bytes(from: chain.next))
            guard let header = FrameHeader(rest) else { return true }
            let behind = rest.extracting(droppingFirst: header.byteCount)
            // The payload's beginning is looked at, so wait for it while it may come.
            let wanted = min(header.payloadLength, 128)
            guard isEnd || UInt64(behind.count) >= wanted else { return true }
            let payload = behind.extracting(first: Int(min(UInt64(behind.count), header.payloadLength)))
            guard chain.take(header, payload: payload, mayBeCompressed: mayBeCompressed) else { return false }
            walks.mark(place, by: chain, bits: bits)
            if endsSegment(chain.next) { chain.endsWithSegment() }
        }
        return true
    }

    /// Whether a kept piece ends at this place.
    private func endsSegment(_ offset: UInt64) -> Bool {
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            let end = endOffset(ofPiece: middle)
            if end == offset { return pieces[middle].missing == 0 }
            if end < offset { low = middle + 1 } else { high = middle }
        }
        return false
    }

    private func insert(_ chain: HeaderChain, into alive: inout [HeaderChain]) {
        if let index = alive.firstIndex(where: { $0.merges(with: chain) }) {
            if chain.bits > alive[index].bits { alive[index] = chain }
            return
        }
        guard alive.count >= FrameSearch.chainLimit else {
            alive.append(chain)
            return
        }
        guard let weakest = alive.indices.min(by: { alive[$0].bits < alive[$1].bits }) else { return }
        if alive[weakest].bits < chain.bits { alive[weakest] = chain }
    }

    /// The place of the chain that has enough evidence and leads.
    ///
    /// A chain whose beginning was given up with the bytes before may begin behind what has come: it waits.
    private func decide() -> Place? {
        guard let best = chains.max(by: { $0.bits < $1.bits }), best.bits >= needed,
            best.bits >= best.rivalBits + Evidence.margin, best.start <= end
        else { return nil }
        let others = chains.filter { !$0.merges(with: best) }
        guard others.allSatisfy({ $0.bits + Evidence.margin <= best.bits }) else { return nil }
        return Place(offset: best.start, sender: best.sender)
    }

    /// Gives up the first half of what is kept, as far as no chain waits in it.
    ///
    /// Chains that begin there keep their evidence, and begin at their next header. That one stands in the last bytes:
    /// no chain waits for more than a header and the payload that is looked at.
    private func discard() {
        let half = buffer.count / 2
        let awaited = chains.reduce(candidateOffset) { min($0, $1.next) }
        let middlePiece = pieces.firstIndex { $0.index >= half } ?? pieces.count
        let awaitedPiece = pieces.lastIndex { $0.offset <= awaited } ?? 0
        let kept = min(middlePiece, awaitedPiece)
        guard kept > 0 else { return }
        let first = pieces[kept]
        for index in chains.indices where chains[index].start < first.offset { chains[index].restart() }
        buffer.removeFirst(first.index)
        bufferOffset &+= UInt64(first.index)
        pieces.removeFirst(kept)
        for index in pieces.indices { pieces[index].index -= first.index }
    }
}
