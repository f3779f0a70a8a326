package import WireFormat

/// Searches for the place where frames begin: after a gap, or in a stream that began before the capture.
///
/// It keeps the bytes it has searched, up to a limit, so that decoding can resume at the place found, which lies in them.
/// Every place is tried, and judged only by the chain of headers that follows from it (``Evidence``).
package final class FrameSearch {
    /// A segment's bytes among those kept, or a gap between them.
    private struct Piece {
        /// Where it begins in the stream.
        var offset: UInt64
        /// Where its bytes begin in the buffer.
        var index: Int
        /// The packet that brought it, or showed the gap.
        var origin: Origin
        /// The length of the gap in bytes; 0 for a segment.
        var missing: UInt64 = 0
    }

    /// A place where frames begin.
    package struct Place: Sendable {
        /// Where: bytes from the first of the stream.
        package var offset: UInt64
        /// Who sends the stream.
        package var sender: Role
    }

    /// Bytes searched so far.
    package private(set) var searched: UInt64 = 0

    private var pieces: [Piece] = []
    private var buffer: [UInt8] = []
    /// Where the buffer would begin in the stream if there were no gaps in it: this gives the place of the bytes after
    /// the last gap.
    private var bufferOffset: UInt64
    /// The next place to try.
    private var candidateOffset: UInt64
    private var chains: [HeaderChain] = []
    /// The most bytes, pieces and chains that there were: twice as many bound the arrays' capacity, which depends on the
    /// allocator.
    private var largest = (buffer: 0, pieces: 0, chains: 0)
    private let model = ByteModel()
    private let senders: [Role]
    private let mayBeCompressed: Bool
    private let isMidstream: Bool
    /// Whether frames begin at the first byte, or nowhere.
    package let isAnchored: Bool
    private let needed: Int
    private let limit: Int

    /// With more pieces, gaps that follow each other count as one: without bytes between, nothing else bounds their number.
    private static let separateGaps = 1024

    /// How many chains are followed at a time; the weakest is dropped for another.
    private static let chainLimit = 32

    /// Begins a search.
    ///
    /// - Parameters:
    ///   - streamOffset: Where the bytes to come begin in the stream.
    ///   - sender: Who sends it; nil to find out by the masking.
    ///   - mayBeCompressed: Whether RSV1 may mark compressed messages.
    ///   - needed: How many bits of evidence a chain needs.
    ///   - limit: The most bytes to keep.
    package init(streamOffset: UInt64, sender: Role?, mayBeCompressed: Bool, needed: Int, limit: Int) {
        bufferOffset = streamOffset
        candidateOffset = streamOffset
        senders = sender.map { [$0] } ?? [.client, .server]
        isMidstream = sender == nil
        isAnchored = false
        self.mayBeCompressed = mayBeCompressed
        self.needed = needed
        self.limit = limit
    }

    /// Begins a trial of one place: frames begin there, or the stream is no WebSocket.
    ///
    /// All bytes are kept, and either kind of masking is tried.
    ///
    /// - Parameters:
    ///   - streamOffset: The place, where the bytes to come begin in the stream.
    ///   - mayBeCompressed: Whether RSV1 may mark compressed messages.
    package init(anchoredAt streamOffset: UInt64, mayBeCompressed: Bool) {
        bufferOffset = streamOffset
        candidateOffset = streamOffset
        senders = [.client, .server]
        isMidstream = false
        isAnchored = true
        self.mayBeCompressed = mayBeCompressed
        needed = Evidence.neededAfterUpgrade
        limit = .max
    }

    /// Whether a trial has failed: no chain leads on from its place.
    package var hasFailed: Bool { isAnchored && candidateOffset > bufferOffset && chains.isEmpty }

    /// Whether the chain of a trial is more likely than not.
    package var isLikely: Bool { bestEvidence >= Evidence.likely }

    /// Whether the bytes of a trial, which are all, are whole frames.
    package var isWhole: Bool {
        chains.contains { $0.next == end && ($0.bits >= Evidence.neededAtEnd || $0.frames > 1) }
    }

    /// How many bytes are kept.
    package var keptCount: Int { buffer.count }

    /// Memory taken, in bytes.
    package var cost: Int {
        2 &* (largest.buffer &+ largest.pieces &* MemoryLayout<Piece>.stride)
            &+ 2 &* largest.chains &* MemoryLayout<HeaderChain>.stride &+ FrameSearch.overhead
    }

    /// Memory that a search takes besides what it keeps: itself, and the heads of its arrays.
    private static let overhead = 1024

    /// The evidence of the leading chain, in bits.
    package var bestEvidence: Int { chains.map(\.bits).max() ?? 0 }

    /// How many segments' bytes are kept.
    package var pieceCount: Int { pieces.count }

    /// The packet that brought a piece, or showed the gap.
    package func origin(ofPiece index: Int) -> Origin { pieces[index].origin }

    /// How many bytes are missing in a piece that is a gap; 0 if it is none, or begins before `offset`.
    package func missing(inPiece index: Int, from offset: UInt64 = 0) -> UInt64 {
        pieces[index].offset >= offset ? pieces[index].missing : 0
    }

    /// Where the kept bytes begin in the stream.
    package var keptOffset: UInt64 { pieces.first?.offset ?? end }

    /// The bytes of a piece, without those before `offset`.
    package func bytes(ofPiece index: Int, from offset: UInt64 = 0) -> ArraySlice<UInt8> {
        let piece = pieces[index]
        let bytes = buffer[piece.index..<endIndex(ofPiece: index)]
        return offset > piece.offset ? bytes.dropFirst(Int(clamping: offset &- piece.offset)) : bytes
    }

    /// How many bytes are kept from `offset` on.
    package func keptCount(from offset: UInt64) -> Int {
        pieces.indices.reduce(0) { $0 + bytes(ofPiece: $1, from: offset).count }
    }

    private func endIndex(ofPiece index: Int) -> Int {
        index + 1 < pieces.count ? pieces[index + 1].index : buffer.count
    }

    private func endOffset(ofPiece index: Int) -> UInt64 {
        pieces[index].offset &+ UInt64(endIndex(ofPiece: index) - pieces[index].index) &+ pieces[index].missing
    }

    /// Searches the next bytes of the stream, those of one segment.
    ///
    /// - Returns: Where frames begin, once that is clear.
    package func receive(_ bytes: Span<UInt8>, origin: Origin) -> Place? {
        let start = end
        pieces.append(Piece(offset: start, index: buffer.count, origin: origin))
        unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
        largest.buffer = max(largest.buffer, buffer.count)
        largest.pieces = max(largest.pieces, pieces.count)
        searched &+= UInt64(bytes.count)
        model.receive(bytes)
        advance(segmentStart: start, isEnd: false)
        largest.chains = max(largest.chains, chains.count)
        let place = decide()
        if place == nil, buffer.count > limit { discard() }
        return place
    }

    /// Decides with what there is, since the stream has ended.
    ///
    /// - Parameter hasFin: Whether a FIN ended it.
    /// - Returns: The place, if there is one after all.
    package func finish(hasFin: Bool) -> Place? {
        advance(segmentStart: nil, isEnd: true)
        if hasFin {
            for index in chains.indices where chains[index].next == end { chains[index].endsWithStream() }
        }
        return decide()
    }

    /// Skips the next `length` bytes of the stream, which are missing, if a chain spans them: the gap then lies in the
    /// payload of a frame whose header is in the chain.
    ///
    /// - Parameters:
    ///   - length: How many bytes are missing.
    ///   - origin: The packet that shows it.
    /// - Returns: Whether a chain does. If not, nothing changes, and a new search must begin after the gap.
    package func skip(_ length: UInt64, origin: Origin) -> Bool {
        advance(segmentStart: nil, isEnd: true)
        let (gapEnd, isBeyond) = end.addingReportingOverflow(length)
        guard !isBeyond, chains.contains(where: { $0.next >= gapEnd }) else { return false }
        let rivalBits = chains.filter { $0.next < gapEnd }.map(\.bits).max() ?? 0
        chains.removeAll { $0.next < gapEnd }
        for index in chains.indices { chains[index].lose(rivalBits: rivalBits) }
        if pieces.count >= FrameSearch.separateGaps, let last = pieces.last, last.missing > 0,
            last.index == buffer.count
        {
            pieces[pieces.count - 1].missing &+= length
        } else {
            pieces.append(Piece(offset: end, index: buffer.count, origin: origin, missing: length))
            largest.pieces = max(largest.pieces, pieces.count)
        }
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
    /// No header is taken twice: a chain that reaches a header of another joins that one.
    private func advance(segmentStart: UInt64?, isEnd: Bool) {
        var walks = ChainWalks(from: candidateOffset, to: end)
        var alive = followAll(&walks, isEnd: isEnd)
        let kept = buffer
        while candidateOffset < end {
            if isAnchored, candidateOffset > bufferOffset { break }
            let range = bytes(from: candidateOffset)
            // A header takes at most 14 bytes; one that is cut is tried again with the next segment.
            guard isEnd || range.count >= FrameHeader.maximumByteCount || candidateOffset == segmentStart else { break }
            let place = range.lowerBound
            let isServers = mayBegin(place, .server)
            let isClients = mayBegin(place, .client)
            model.countPlace(clientHeader: isClients, serverHeader: isServers)
            for sender in senders where sender == .client ? isClients : isServers {
                guard isAnchored || isSmall(range) || mayLead(kept.span.extracting(range), sender, isEnd: isEnd)
                else { continue }
                let isSegmentStart = isAnchored || candidateOffset == segmentStart
                let bits = HeaderChain.firstBits(isSegmentStart: isSegmentStart)
                guard !walks.meets(at: candidateOffset, sender, bits: bits, start: candidateOffset) else { continue }
                var chain = HeaderChain(
                    sender: sender, start: candidateOffset, isSegmentStart: isSegmentStart, isMidstream: isMidstream)
                chain.walk = walks.begin()
                if follow(&chain, &walks, isEnd: isEnd), chain.frames > 0 || isAnchored || isSmall(range) {
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

    /// Follows every chain as far as the bytes go.
    ///
    /// Most wait for bytes that have not come: those stay where they are.
    ///
    /// - Returns: The chains that are not broken.
    private func followAll(_ walks: inout ChainWalks, isEnd: Bool) -> [HeaderChain] {
        var alive = chains
        chains = []
        let end = end
        var haveMoved = false
        // One bit each: there are `chainLimit` at most, 32.
        var broken: UInt64 = 0
        for index in alive.indices {
            alive[index].walk = nil
            guard alive[index].next < end else { continue }
            haveMoved = true
            alive[index].walk = walks.begin()
            if !follow(&alive[index], &walks, isEnd: isEnd) { broken |= 1 &<< UInt64(index) }
        }
        guard haveMoved else { return alive }
        var rest: [HeaderChain] = []
        rest.reserveCapacity(alive.count)
        for index in alive.indices where broken & 1 &<< UInt64(index) == 0 { insert(alive[index], into: &rest) }
        return rest
    }

    /// Whether a header stands at the beginning of these bytes that a chain may begin with, and enough of its payload.
    private func mayLead(_ rest: Span<UInt8>, _ sender: Role, isEnd: Bool) -> Bool {
        guard let header = FrameHeader(rest) else { return false }
        let wanted = min(header.payloadLength, 128)
        guard isEnd || UInt64(rest.count &- header.byteCount) >= wanted else { return false }
        return HeaderChain.mayBegin(with: header, from: sender, mayBeCompressed: mayBeCompressed)
    }

    private func isSmall(_ range: Range<Int>) -> Bool { range.count < FrameHeader.maximumByteCount }

    /// A quick look at two bytes, which rules out most places.
    private func mayBegin(_ index: Int, _ sender: Role) -> Bool {
        let first = buffer[index]
        guard first & 0x30 == 0, first & 0x07 <= 2, first & 0x48 != 0x48 else { return false }
        guard index + 1 < buffer.count else { return true }
        return (buffer[index + 1] & 0x80 != 0) == (sender == .client)
    }

    /// Takes the headers of a chain as far as the bytes go; false if it breaks, or meets another.
    private func follow(_ chain: inout HeaderChain, _ walks: inout ChainWalks, isEnd: Bool) -> Bool {
        let kept = buffer
        let end = end
        while chain.next < end {
            if walks.meets(at: chain.next, chain.sender, bits: chain.bits, start: chain.start) { return false }
            let offset = chain.next
            let bits = chain.bits
            let rest = kept.span.extracting(bytes(from: chain.next))
            guard let header = FrameHeader(rest) else { return true }
            let following = rest.extracting(droppingFirst: header.byteCount)
            // The beginning of the payload is evidence, so wait for it while it may come.
            let wanted = min(header.payloadLength, 128)
            guard isEnd || UInt64(following.count) >= wanted else { return true }
            let payload = following.extracting(first: Int(min(UInt64(following.count), header.payloadLength)))
            let isText = model.isUTF8 && kept.span.isInUTF8Sequence(bytes(from: offset).lowerBound)
            guard chain.take(header, payload: payload, isText: isText, mayBeCompressed: mayBeCompressed, model)
            else { return false }
            if let walk = chain.walk { walks.mark(offset, chain.sender, by: walk, bits: bits) }
            if let piece = piece(endingAt: chain.next) {
                chain.endsWithSegment(isAlone: pieces[piece].offset == offset)
            }
        }
        return true
    }

    /// The kept segment that ends at this place.
    private func piece(endingAt offset: UInt64) -> Int? {
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            let end = endOffset(ofPiece: middle)
            if end == offset { return pieces[middle].missing == 0 ? middle : nil }
            if end < offset { low = middle + 1 } else { high = middle }
        }
        return nil
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

    /// The beginning of the leading chain, if it has enough evidence.
    ///
    /// A chain whose first bytes were discarded may begin after what has come so far: it waits.
    private func decide() -> Place? {
        var leader: Int?
        for index in chains.indices where leader.map({ chains[index].bits > chains[$0].bits }) ?? true {
            leader = index
        }
        guard let leader, chains[leader].bits >= needed else { return nil }
        let best = chains[leader]
        guard best.bits >= best.rivalBits + Evidence.margin, best.start <= end else { return nil }
        for chain in chains where !chain.merges(with: best) && chain.bits + Evidence.margin > best.bits { return nil }
        return Place(offset: best.start, sender: best.sender)
    }

    /// Discards the first half of what is kept, as far as no chain waits in it.
    ///
    /// Chains that begin there keep their evidence and now begin at their next header. That one is in the last bytes, since
    /// no chain waits for more than a header and the first bytes of its payload.
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
