import WireFormat

/// The guesses of a search at where frames begin, each a chain of headers, and how far they have come.
struct ChainSet: ~Copyable {
    /// What may begin a chain.
    struct Rules {
        /// Who may send the stream.
        var senders: [Role]
        /// Whether RSV1 may mark compressed messages.
        var mayBeCompressed: Bool
        /// Whether nothing is known of the connection.
        var isMidstream: Bool
        /// Whether the stream was made of short texts alone for a long time.
        var sendsTexts: Bool
        /// Whether frames begin at the first byte, or nowhere.
        var isAnchored: Bool
        /// Whose frames begin there unless something speaks against it; nil if nothing is expected.
        var expected: Role?
    }

    private let rules: Rules
    private let first: UInt64
    private var model = ByteModel()
    private var chains: [HeaderChain] = []
    /// The next place to try.
    private(set) var candidate: UInt64
    /// How far the bytes must go for the first of the chains to go on.
    private var nextDue = UInt64.max
    /// Whether a chain has changed since ``leader(needed:end:)`` last found no place.
    private var isUndecided = false
    /// While chains begin: the weakest of as many as there may be, if it is known.
    private var weakest: Int?
    /// The most chains that there were: twice as many bound the array's capacity, which depends on the allocator.
    private var largest = 0

    /// How many chains are followed at a time; the weakest is dropped for another.
    private static let limit = 32

    /// Begins where frames may begin.
    init(_ rules: Rules, from offset: UInt64) {
        self.rules = rules
        first = offset
        candidate = offset
    }

    /// Whether there are no chains.
    var isEmpty: Bool { chains.isEmpty }

    /// Memory taken, in bytes.
    var cost: Int { 2 &* largest &* MemoryLayout<HeaderChain>.stride }

    /// The evidence of the leading chain, in bits; of those of an expected sender, if there is one.
    var bestEvidence: Int { chains.reduce(0) { isUnexpected($1) ? $0 : max($0, $1.bits) } }

    /// The place before which no chain needs bytes any more.
    var awaited: UInt64 { chains.reduce(candidate) { min($0, $1.next) } }

    /// Whether a chain takes all bytes, as whole frames.
    func isWhole(at end: UInt64) -> Bool {
        chains.contains {
            $0.next == end && ($0.bits >= Evidence.neededAtEnd || $0.frames > 1) && !isUnexpected($0)
        }
    }

    /// Whether the chain of the expected sender takes all bytes as whole frames, or is so likely that one may go on
    /// behind them.
    func isAsExpected(at end: UInt64, needed: Int) -> Bool {
        rules.expected != nil && chains.contains { ($0.next == end || $0.bits >= needed) && !isUnexpected($0) }
    }

    /// Whether these are the frames of another sender than the expected one, by their masking: they must prove as much
    /// as after a gap.
    private func isUnexpected(_ chain: HeaderChain) -> Bool { (rules.expected ?? chain.sender) != chain.sender }

    /// How many headers lead to a place where the bytes end; 0 if no chain does.
    func frames(to end: UInt64) -> Int { chains.first { $0.next == end }?.frames ?? 0 }

    /// Learns what the next bytes of the stream are if they are no frames.
    mutating func learn(_ bytes: Span<UInt8>) { model.receive(bytes) }

    /// Follows every chain as far as the bytes go, and begins new ones.
    ///
    /// No header is taken twice: a chain that reaches a header of another joins that one.
    ///
    /// - Parameters:
    ///   - kept: The bytes.
    ///   - segmentStart: Where the segment begins that came last; nil if there is none.
    ///   - isEnd: Whether no more bytes follow these.
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

    /// Follows every chain as far as the bytes go; most wait for bytes that have not come, and stay where they are.
    private mutating func followAll(_ kept: borrowing SearchedBytes, _ walks: inout ChainWalks, isEnd: Bool) {
        let end = kept.end
        // One bit each: there are `limit` at most, 32.
        var moved: UInt64 = 0
        var gone: UInt64 = 0
        for index in chains.indices where isEnd ? chains[index].next < end : chains[index].due <= end {
            moved |= 1 &<< UInt64(index)
            chains[index].walk = walks.begin()
            if !chains[index].follow(kept, &walks, model, rules, isEnd: isEnd) { gone |= 1 &<< UInt64(index) }
        }
        guard moved != 0 else { return }
        // Two that have not moved have different futures, as before.
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

    /// Begins a chain at each new place at which a header may stand.
    private mutating func beginChains(
        _ kept: borrowing SearchedBytes, _ walks: inout ChainWalks, segmentStart: UInt64?, isEnd: Bool
    ) {
        let bytes = kept.bytes.span
        var place = kept.index(of: candidate)
        while place < bytes.count {
            let offset = kept.offset &+ UInt64(place)
            if rules.isAnchored, offset > first { break }
            // A header takes at most 14 bytes; one that is cut is tried again with the next segment.
            guard isEnd || bytes.count &- place >= FrameHeader.maximumByteCount || offset == segmentStart else { break }
            // A quick look at two bytes, which rules out most places.
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

    /// Begins a chain at a place if a header stands there that can begin one.
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

    /// Whether a header stands at the beginning of these bytes that a chain may begin with, and enough of its payload.
    private func mayLead(_ rest: Span<UInt8>, _ sender: Role, isEnd: Bool) -> Bool {
        guard let header = FrameHeader(rest) else { return false }
        let wanted = min(header.payloadLength, 128)
        guard isEnd || UInt64(rest.count &- header.byteCount) >= wanted else { return false }
        guard header.payloadLength > 125 || Self.mayFollow(header, rest, sender) else { return false }
        return HeaderChain.mayBegin(with: header, from: sender, mayBeCompressed: rules.mayBeCompressed)
    }

    /// Whether two bytes behind a short frame can begin the next: a quick look, since most chains end there.
    private static func mayFollow(_ header: FrameHeader, _ rest: Span<UInt8>, _ sender: Role) -> Bool {
        let place = header.byteCount &+ Int(header.payloadLength)
        guard place &+ 1 < rest.count else { return true }
        let byte = rest[place]
        guard mayBegin(byte), (rest[place &+ 1] & 0x80 != 0) == (sender == .client) else { return false }
        // Control frames may stand inside messages, and show nothing of them.
        guard !header.opcode.isControl, byte & 0x08 == 0 else { return true }
        return header.fin == (byte & 0x0f != 0)
    }

    /// Whether the first byte of a header can be this one: reserved bits and opcodes.
    private static func mayBegin(_ byte: UInt8) -> Bool {
        byte & 0x30 == 0 && byte & 0x07 <= 2 && byte & 0x48 != 0x48
    }

    private mutating func insert(_ chain: consuming HeaderChain) {
        // Most are no stronger than the weakest, so they change nothing, whichever they meet.
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

    /// The chain with the least evidence, if there are as many as may be: only then is it dropped for another.
    private var weakestChain: Int? {
        guard chains.count >= ChainSet.limit else { return nil }
        var weakest = 0
        for index in chains.indices where chains[index].bits < chains[weakest].bits { weakest = index }
        return weakest
    }
}

/// What happens to all chains.
extension ChainSet {
    /// Notes that a gap of `length` bytes follows at `end`, if a chain spans it.
    ///
    /// - Returns: Whether one does; if not, nothing changes.
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

    /// Counts that the stream ends at a place.
    ///
    /// - Parameters:
    ///   - end: The place.
    ///   - segment: Where the last segment begins.
    mutating func finish(at end: UInt64, segment: UInt64?) {
        for index in chains.indices where chains[index].next == end {
            chains[index].endsWithStream(from: segment)
        }
        isUndecided = true
    }

    /// Moves chains that begin before a place, where bytes were discarded, to a later header; they keep their evidence.
    mutating func restart(before offset: UInt64) {
        for index in chains.indices { chains[index].restart(before: offset) }
        isUndecided = true
    }

    /// The leading chain, if it has the evidence that is needed.
    ///
    /// A chain whose first bytes were discarded may begin after what has come so far: it waits.
    ///
    /// - Parameters:
    ///   - needed: The evidence that is needed, in bits.
    ///   - end: Where the bytes end.
    /// - Returns: That chain, if no other is as likely.
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
