import WireFormat

/// The search's guesses at where frames begin, each a chain of headers, and how far they have come.
struct ChainSet: ~Copyable {
    /// The rules for chains.
    struct Rules {
        /// Who may send the stream.
        var senders: [Role]
        /// Whether RSV1 may mark compressed messages.
        var mayBeCompressed: Bool
        /// Whether nothing is known of the connection.
        var isMidstream: Bool
        /// Whether the stream has long consisted of short texts alone.
        var sendsTexts: Bool
        /// Whether frames begin at the first byte, or nowhere.
        var isAnchored: Bool
        /// The sender whose frames begin there unless something contradicts it; nil if none is expected.
        var expected: Role?
    }

    private let rules: Rules
    private let first: UInt64
    private var model = ByteModel()
    private var chains: [HeaderChain] = []
    /// The next place to try.
    private(set) var candidate: UInt64
    /// How far the bytes must extend for the first chain to go on.
    private var nextDue = UInt64.max
    /// Whether a chain has changed since ``leader(needed:end:)`` last found no place.
    private var isUndecided = false
    /// While chains begin: the weakest one if the set is full; nil if unknown.
    private var weakest: Int?
    /// The most chains so far: twice this bounds the array's capacity, which depends on the allocator.
    private var largest = 0

    /// The number of chains followed at a time; a stronger one replaces the weakest.
    private static let limit = 32

    /// Starts where frames may begin.
    init(_ rules: Rules, from offset: UInt64) {
        self.rules = rules
        first = offset
        candidate = offset
    }

    /// Whether there are no chains.
    var isEmpty: Bool { chains.isEmpty }

    /// The memory taken, in bytes.
    var cost: Int { 2 &* largest &* MemoryLayout<HeaderChain>.stride }

    /// The evidence of the leading chain, in bits; if a sender is expected, only its chains count.
    var bestEvidence: Int { chains.reduce(0) { isUnexpected($1) ? $0 : max($0, $1.bits) } }

    /// The offset before which no chain needs any bytes.
    var awaited: UInt64 { chains.reduce(candidate) { min($0, $1.next) } }

    /// Whether a chain covers all bytes with whole frames.
    func isWhole(at end: UInt64) -> Bool {
        chains.contains {
            $0.next == end && ($0.bits >= Evidence.neededAtEnd || $0.frames > 1) && !isUnexpected($0)
        }
    }

    /// Whether the chain of the expected sender covers all bytes with whole frames, or is so likely that a frame may go
    /// on after them.
    func isAsExpected(at end: UInt64, needed: Int) -> Bool {
        rules.expected != nil && chains.contains { ($0.next == end || $0.bits >= needed) && !isUnexpected($0) }
    }

    /// Whether the chain's masking is not the expected sender's: it then needs as much evidence as after a gap.
    private func isUnexpected(_ chain: HeaderChain) -> Bool { (rules.expected ?? chain.sender) != chain.sender }

    /// The number of headers that lead to the end of the bytes; 0 if no chain does.
    func frames(to end: UInt64) -> Int { chains.first { $0.next == end }?.frames ?? 0 }

    /// Models the next bytes of the stream as bytes that are not frames.
    mutating func learn(_ bytes: Span<UInt8>) { model.receive(bytes) }

    /// Follows every chain as far as the bytes go, and begins new chains.
    ///
    /// No header is taken twice: a chain that reaches another's header joins that chain.
    ///
    /// - Parameters:
    ///   - kept: The bytes.
    ///   - segmentStart: Where the last segment begins; nil if there is none.
    ///   - isEnd: Whether no more bytes follow.
    mutating func advance(over kept: borrowing SearchedBytes, segmentStart: UInt64?, isEnd: Bool) {
        let end = kept.end
        var walks = ChainWalks(from: candidate, to: end)
        if isEnd || nextDue <= end { followAll(kept, &walks, isEnd: isEnd) }
        weakest = nil
        beginChains(kept, &walks, segmentStart: segmentStart, isEnd: isEnd)
        largest = max(largest, chains.count)
        guard walks.count > 0 else { return }
        nextDue = .max
        isUndecided = true
        for index in chains.indices {
            if let gain = walks.gain(of: chains[index].walk) {
                chains[index].adopt(gain.beginning, gain.sum)
            }
            chains[index].walk = nil
            nextDue = min(nextDue, chains[index].due)
        }
    }

    /// Follows every chain as far as the bytes go; most wait for bytes that have not arrived, and do not move.
    private mutating func followAll(_ kept: borrowing SearchedBytes, _ walks: inout ChainWalks, isEnd: Bool) {
        let end = kept.end
        // One bit per chain: there are at most `limit` of them, 32.
        var moved: UInt64 = 0
        var gone: UInt64 = 0
        for index in chains.indices where isEnd ? chains[index].next < end : chains[index].due <= end {
            moved |= 1 &<< UInt64(index)
            chains[index].walk = walks.begin()
            if !chains[index].follow(kept, &walks, model, rules, isEnd: isEnd) { gone |= 1 &<< UInt64(index) }
        }
        guard moved != 0 else { return }
        // Two chains that have not moved still have different futures.
        for index in chains.indices where gone & 1 &<< UInt64(index) == 0 {
            let bit: UInt64 = 1 &<< UInt64(index)
            var others = (moved & bit == 0 ? moved : .max) & (bit &- 1) & ~gone
            while others != 0 {
                let other = others.trailingZeroBitCount
                others &= others &- 1
                guard chains[other].merges(with: chains[index]) else { continue }
                if chains[index].bits > chains[other].bits { chains[other] = chains[index] }
                gone |= bit
                break
            }
        }
        guard gone != 0 else { return }
        var count = 0
        for index in chains.indices where gone & 1 &<< UInt64(index) == 0 {
            if count < index { chains[count] = chains[index] }
            count &+= 1
        }
        chains.removeLast(chains.count &- count)
    }

    /// Begins a chain at each new place where a header may begin.
    private mutating func beginChains(
        _ kept: borrowing SearchedBytes, _ walks: inout ChainWalks, segmentStart: UInt64?, isEnd: Bool
    ) {
        let bytes = kept.bytes.span
        var place = kept.index(of: candidate)
        while place < bytes.count {
            let offset = kept.offset &+ UInt64(place)
            if rules.isAnchored, offset > first { break }
            // A header takes at most 14 bytes; if it is cut, the next segment tries it again.
            guard isEnd || bytes.count &- place >= FrameHeader.maximumByteCount || offset == segmentStart else { break }
            // A quick check of two bytes rules out most places.
            let byte = bytes[place]
            let mayBegin = Self.mayBegin(byte)
            let isMasked = place &+ 1 < bytes.count ? bytes[place &+ 1] & 0x80 != 0 : nil
            let isClients = mayBegin && isMasked ?? true
            let isServers = mayBegin && !(isMasked ?? false)
            model.countPlace(clientHeader: isClients, serverHeader: isServers)
            if mayBegin {
                for sender in rules.senders where sender == .client ? isClients : isServers {
                    let isSegmentStart = rules.isAnchored || offset == segmentStart
                    let rest = bytes.extracting(droppingFirst: place)
                    begin(sender, at: offset, rest, kept, &walks, isSegmentStart: isSegmentStart, isEnd: isEnd)
                }
            }
            place &+= 1
        }
        candidate = kept.offset &+ UInt64(place)
    }

    /// Begins a chain at a place if a header that can begin one is there.
    private mutating func begin(
        _ sender: Role, at offset: UInt64, _ rest: Span<UInt8>, _ kept: borrowing SearchedBytes,
        _ walks: inout ChainWalks, isSegmentStart: Bool, isEnd: Bool
    ) {
        let isSmall = rest.count < FrameHeader.maximumByteCount
        guard rules.isAnchored || isSmall || mayLead(rest, sender, isEnd: isEnd) else { return }
        let sum = ChainScore.Sum(rows: HeaderChain.firstBits(isSegmentStart: isSegmentStart))
        let beginning = ChainBeginning(at: offset, isDoubtful: !isSegmentStart)
        guard !walks.meets(at: offset, sender, sum, beginning) else { return }
        var chain = HeaderChain(
            sender: sender, start: offset, isSegmentStart: isSegmentStart, isMidstream: rules.isMidstream,
            sendsTexts: rules.sendsTexts, beginsMessage: rules.isAnchored)
        chain.walk = walks.begin()
        guard chain.follow(kept, &walks, model, rules, isEnd: isEnd) else { return }
        if chain.frames > 0 || rules.isAnchored || isSmall { insert(chain) }
    }

    /// Whether the bytes begin with a header that can begin a chain, and enough of its payload.
    private func mayLead(_ rest: Span<UInt8>, _ sender: Role, isEnd: Bool) -> Bool {
        guard let header = FrameHeader(rest) else { return false }
        let wanted = min(header.payloadLength, 128)
        guard isEnd || UInt64(rest.count &- header.byteCount) >= wanted else { return false }
        guard header.payloadLength > 125 || Self.mayFollow(header, rest, sender) else { return false }
        return HeaderChain.mayBegin(with: header, from: sender, mayBeCompressed: rules.mayBeCompressed)
    }

    /// Whether the two bytes after a short frame can begin the next one: a quick check, since most chains end there.
    private static func mayFollow(_ header: FrameHeader, _ rest: Span<UInt8>, _ sender: Role) -> Bool {
        let place = header.byteCount &+ Int(header.payloadLength)
        guard place &+ 1 < rest.count else { return true }
        let byte = rest[place]
        guard mayBegin(byte), (rest[place &+ 1] & 0x80 != 0) == (sender == .client) else { return false }
        // Control frames may come inside messages, and show nothing about those.
        guard !header.opcode.isControl, byte & 0x08 == 0 else { return true }
        return header.fin == (byte & 0x0f != 0)
    }

    /// Whether a header can have this first byte, by its reserved bits and opcode.
    private static func mayBegin(_ byte: UInt8) -> Bool {
        byte & 0x30 == 0 && byte & 0x07 <= 2 && byte & 0x48 != 0x48
    }

    private mutating func insert(_ chain: consuming HeaderChain) {
        // Most are no stronger than the weakest, so they change nothing, whichever chain they meet.
        if let weakest, chain.bits <= chains[weakest].bits { return }
        defer { weakest = weakestChain }
        if let index = chains.firstIndex(where: { $0.merges(with: chain) }) {
            if chain.bits > chains[index].bits { chains[index] = chain }
        } else if let weakest = weakestChain {
            if chains[weakest].bits < chain.bits { chains[weakest] = chain }
        } else {
            chains.append(chain)
        }
    }

    /// The chain with the least evidence, if the set is full: only then can another replace it.
    private var weakestChain: Int? {
        guard chains.count >= ChainSet.limit else { return nil }
        var weakest = 0
        for index in chains.indices where chains[index].bits < chains[weakest].bits { weakest = index }
        return weakest
    }
}

/// Changes that affect all chains.
extension ChainSet {
    /// Records that a gap of `length` bytes follows at `end`, if a chain spans it.
    ///
    /// - Returns: Whether a chain does; if not, nothing changes.
    mutating func skip(_ length: UInt64, at end: UInt64) -> Bool {
        let (gapEnd, isBeyond) = end.addingReportingOverflow(length)
        guard !isBeyond, chains.contains(where: { $0.next >= gapEnd }) else { return false }
        let rivalBits = chains.reduce(0) { $1.next < gapEnd ? max($0, $1.bits) : $0 }
        chains.removeAll { $0.next < gapEnd }
        for index in chains.indices { chains[index].lose(rivalBits: rivalBits) }
        nextDue = chains.map(\.due).min() ?? .max
        isUndecided = true
        candidate = gapEnd
        return true
    }

    /// Counts the end of the stream as evidence.
    ///
    /// - Parameters:
    ///   - end: Where the stream ends.
    ///   - segment: Where the last segment begins.
    mutating func finish(at end: UInt64, segment: UInt64?) {
        for index in chains.indices where chains[index].next == end {
            chains[index].endsWithStream(from: segment)
        }
        isUndecided = true
    }

    /// Moves chains that begin before an offset, where bytes were discarded, to a later header; they keep their
    /// evidence.
    mutating func restart(before offset: UInt64) {
        for index in chains.indices { chains[index].restart(before: offset) }
        isUndecided = true
    }

    /// The leading chain, if it has enough evidence.
    ///
    /// A chain whose first bytes were discarded may begin after the current bytes: then it waits.
    ///
    /// - Parameters:
    ///   - needed: The evidence needed, in bits.
    ///   - end: Where the bytes end.
    /// - Returns: The chain, if no other comes close.
    mutating func leader(needed: Int, end: UInt64) -> HeaderChain? {
        guard isUndecided else { return nil }
        isUndecided = false
        var leader: Int?
        for index in chains.indices where leader.map({ chains[index].bits > chains[$0].bits }) ?? true {
            leader = index
        }
        guard let leader, chains[leader].bits >= needed else { return nil }
        let best = chains[leader]
        guard best.bits >= best.rivalBits + Evidence.margin else { return nil }
        if isUnexpected(best), best.bits < Evidence.needed { return nil }
        for chain in chains where !chain.merges(with: best) && chain.bits + Evidence.margin > best.bits { return nil }
        isUndecided = best.start > end
        return isUndecided ? nil : best
    }
}
