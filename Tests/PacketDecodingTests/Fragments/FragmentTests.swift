import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Fragments")
struct FragmentTests {
    /// Segments in 5 pieces of 24 bytes, the last one slightly shorter.
    static let samples = Sample.both.map { sample in
        var sample = sample
        sample.payload = (0..<84).map { UInt8($0) }
        return sample
    }

    @Test("fragments form the datagram in every order, with every duplicate at every place", arguments: samples, 2...5)
    func everyOrder(sent: TCPPacket, count: Int) {
        let size = (sent.fragmentable.count / count + 7) / 8 * 8
        let packets = sent.fragments(of: size)
        for order in permutations(Array(packets.indices)) {
            for (twice, place) in order.flatMap({ index in (0...order.count).map { (index, $0) } }) {
                var sequence = order
                sequence.insert(twice, at: place)
                var feed = FragmentFeed()
                let outcomes = sequence.map { feed.receive(packets[$0]).outcome }
                // Complete with the first copy of the last piece, after which only a late duplicate comes.
                let last = packets.indices.compactMap { sequence.firstIndex(of: $0) }.max()!
                #expect(outcomes.firstIndex(of: .reassembledTCP) == last, "order \(sequence)")
                #expect(feed.payloads == [sent.payload], "order \(sequence)")
                let totals = feed.totals
                #expect(
                    totals.duplicateFragments == 1 && totals.waitingDatagrams == 0 && totals.unusedFragments == 0
                        && totals.heldBytes == 0, "order \(sequence)")
            }
        }
    }

    @Test("the segment equals that of an unfragmented packet", arguments: samples)
    func segment(sent: TCPPacket) throws {
        var feed = FragmentFeed()
        var last: TCPSegment?
        for fragment in sent.fragments(of: 24).reversed() { last = feed.receive(fragment).reassembled }
        let segment = try #require(last)
        let whole = try #require(decode(sent.ethernet()).segment)
        #expect(segment.source == whole.source && segment.destination == whole.destination)
        #expect(segment.sequence == whole.sequence && segment.flags == whole.flags)
        #expect(segment.payloadLength == whole.payloadLength && segment.headerLength == whole.headerLength)
        #expect(segment.hopLimit(in: feed.decoder.datagram.span) == 64)
        #expect(segment.checksumStatus(in: feed.decoder.datagram.span) == .right)
        #expect(segment.ipv4HeaderChecksumStatus(in: feed.decoder.datagram.span) == .unknown)
    }

    @Test("random fragments, overlapping or not, agree with the byte by byte model", arguments: 0..<40 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let sent = Self.samples[Int.random(in: 0...1, using: &random)]
            let whole = FragmentDatagram(sent)
            let bytes = whole.fragmentable
            var model = FragmentModel(isIPv6: sent.isIPv6)
            var feed = FragmentFeed()
            for _ in 0..<Int.random(in: 2...20, using: &random) {
                let start = Int.random(in: 0..<bytes.count / 8, using: &random) * 8
                var end = min(start + 8 * Int.random(in: 1...8, using: &random), bytes.count)
                if end < bytes.count, Int.random(in: 0..<40, using: &random) == 0 { end += 8 }
                end = min(end, bytes.count)
                let isWrong = Int.random(in: 0..<30, using: &random) == 0
                let isLast = end == bytes.count || isWrong && Bool.random(using: &random)
                var payload = Array(bytes[start..<end])
                if isWrong, Bool.random(using: &random) { payload[0] ^= 1 }
                // A whole datagram in one fragment is not fragmented (RFC 6946).
                if isLast, start == 0 { continue }
                // Dropped without the whole TCP header.
                if sent.isIPv6, start == 0, end < 20 { continue }

                let completes = model.insert(start..<end, payload, isLast: isLast)
                let fragment = whole.fragment(start..<end, moreFragments: !isLast, bytes: payload)
                let decoded = feed.receive(fragment)
                let isComplete = decoded.outcome != .fragment
                #expect(isComplete == completes, "seed \(seed)")
                #expect(feed.totals.contradictoryDatagrams == model.contradictions, "seed \(seed)")
                if isComplete { break }
            }
        }
    }

    @Test("a first fragment without the whole TCP header is dropped in IPv6, as by Linux (RFC 7112 5)")
    func shortFirst() {
        for sent in Self.samples {
            for size in [8, 16, 24] {
                var feed = FragmentFeed()
                for fragment in sent.fragments(of: size) { feed.receive(fragment) }
                #expect(feed.payloads == (sent.isIPv6 && size < 20 ? [] : [sent.payload]))
            }
        }
    }

    @Test(
        "fragments with and without ECN do not form a datagram (RFC 3168 5.3)", arguments: samples,
        0..<16 as Range<UInt8>)
    func congestion(sent: TCPPacket, marks: UInt8) {
        let (first, second) = (marks >> 2, marks & 3)
        var feed = FragmentFeed()
        let fragments = sent.fragments(of: 48)
        for (index, fragment) in fragments.enumerated() {
            feed.receive(MarkedDatagram(fragment, mark: index == 0 ? first : second))
        }
        let isWhole = first == second || first != 0 && second != 0
        #expect(feed.payloads == (isWhole ? [sent.payload] : []))
        #expect(feed.totals.waitingDatagrams == 0)
    }

    @Test(
        "a fragment that hosts refuse is ignored: the next copy counts",
        arguments: [[0x83, 3, 4, 0], [0x86, 4, 0, 0]])
    func refusedOptions(options: [UInt8]) {
        let sent = Self.samples[0]
        var feed = FragmentFeed()
        let fragments = sent.fragments(of: 48)
        for fragment in fragments {
            feed.receive(MarkedDatagram(fragment, options: options, payload: 0xee))
            feed.receive(fragment)
        }
        #expect(feed.payloads == [sent.payload])
    }

    @Test("a fragment inside others that came in order is ignored, whatever its bytes", arguments: samples)
    func inside(sent: TCPPacket) {
        let end = sent.fragmentable.count
        var feed = FragmentFeed()
        for range in [0..<24, 24..<48] { feed.receive(sent.fragment(range)) }
        for range in [0..<24, 8..<16, 16..<40, 0..<48] {
            feed.receive(sent.fragment(range, bytes: Array(repeating: 0xee, count: range.count)))
        }
        feed.receive(sent.fragment(48..<end))
        #expect(feed.payloads == [sent.payload])
        #expect(feed.totals.contradictoryDatagrams == 0 && feed.totals.duplicateFragments == 4)
    }

    @Test(
        "other overlaps end the datagram, even if bytes agree, and later fragments begin another (RFC 5722)",
        arguments: samples, [8..<32, 16..<64] as [Range<Int>])
    func overlap(sent: TCPPacket, range: Range<Int>) {
        var feed = FragmentFeed()
        // Out of order, in two runs.
        for range in [24..<48, 0..<24, range] { feed.receive(sent.fragment(range)) }
        #expect(feed.totals.contradictoryDatagrams == 1 && feed.totals.waitingDatagrams == 0)
        #expect(feed.totals.unusedFragments == 3)
        for fragment in sent.fragments(of: 48) { feed.receive(fragment) }
        #expect(feed.payloads == [sent.payload] && feed.totals.heldBytes == 0)
    }

    @Test("the end of a datagram may be that of an earlier one with the same identification", arguments: samples)
    func sameEnd(sent: TCPPacket) {
        var feed = FragmentFeed()
        var other = sent
        other.sequence += 1
        for fragment in sent.fragments(of: 48) { feed.receive(fragment) }
        for fragment in other.fragments(of: 48).reversed() { feed.receive(fragment) }
        #expect(feed.payloads == [sent.payload, other.payload])
        #expect(feed.totals.waitingDatagrams == 0 && feed.totals.unusedFragments == 0)
    }

    @Test("a duplicate that comes after its datagram was complete does not begin another", arguments: samples)
    func lateDuplicate(sent: TCPPacket) {
        var feed = FragmentFeed()
        let fragments = sent.fragments(of: 48)
        for fragment in fragments + fragments { feed.receive(fragment) }
        #expect(feed.payloads == [sent.payload])
        #expect(feed.totals.duplicateFragments == UInt64(fragments.count) && feed.totals.waitingDatagrams == 0)

        // Another datagram may use the same identification at the same time.
        var other = sent
        other.sequence += 1
        for fragment in other.fragments(of: 48) { feed.receive(fragment) }
        #expect(feed.payloads.count == 2)
    }

    @Test("a duplicate is known after 15 further datagrams, not after 16", arguments: [15, 16] as [UInt32])
    func forgottenDuplicate(count: UInt32) {
        let sent = Self.samples[0]
        var feed = FragmentFeed()
        for fragment in sent.fragments(of: 48) { feed.receive(fragment) }
        for number in 1...count {
            for fragment in sent.fragments(of: 48, identification: 1000 + number) { feed.receive(fragment) }
        }
        #expect(feed.payloads.count == Int(count) + 1)
        for fragment in sent.fragments(of: 48).prefix(1) { feed.receive(fragment) }
        #expect(feed.totals.waitingDatagrams == (count > 15 ? 1 : 0))
    }

    @Test("a snap length leaves the payload up to the first missing byte", arguments: samples)
    func snapLength(sent: TCPPacket) throws {
        let fragments = sent.fragments(of: 48)
        let headers = sent.isIPv6 ? 14 + 48 : 14 + 20
        for cut in [0, 3, 47, 48] {
            var feed = FragmentFeed()
            var last: TCPSegment?
            for (index, fragment) in fragments.enumerated().reversed() {
                last = feed.receive(fragment, snapLength: index == 1 ? headers + cut : .max).reassembled
            }
            let segment = try #require(last)
            #expect(segment.payloadLength == sent.payload.count)
            #expect(feed.payloads == [cut == 48 ? sent.payload : Array(sent.payload[..<(48 - 32 + cut)])])
        }
        var feed = FragmentFeed()
        for fragment in fragments { feed.receive(fragment, snapLength: headers) }
        #expect(feed.payloads.isEmpty && feed.totals.reassembledDatagrams == 1)
    }

    @Test("impossible fragments are malformed", arguments: samples)
    func malformed(sent: TCPPacket) {
        var feed = FragmentFeed()
        let end = sent.fragmentable.count
        #expect(feed.receive(sent.fragment(0..<12, moreFragments: true)).outcome == .malformed)
        #expect(feed.receive(sent.fragment(0..<0, moreFragments: true)).outcome == .malformed)
        #expect(feed.receive(sent.fragment(65_528..<65_536, bytes: [1, 2, 3, 4, 5, 6, 7, 8])).outcome == .malformed)
        #expect(feed.receive(sent.fragment(0..<end, moreFragments: true)).outcome != .reassembledTCP)
        #expect(feed.totals.waitingDatagrams <= 1)
    }

    @Test("fragments of other protocols do not wait", arguments: [1, 50] as [UInt8])
    func otherProtocols(number: UInt8) {
        let datagram = IPv4Datagram(
            from: Sample.ipv4.source.address, to: Sample.ipv4.destination.address, protocolNumber: number,
            payload: Array(repeating: 7, count: 100))
        var feed = FragmentFeed()
        for fragment in datagram.fragments(of: 48) {
            #expect(feed.receive(fragment).outcome == (number == 50 ? .tunnel(.esp) : .other))
        }
        #expect(feed.totals.waitingDatagrams == 0)
    }

    @Test("a segment after a fragment comes from its own packet")
    func plainAfterFragments() {
        var feed = FragmentFeed()
        for fragment in Self.samples[0].fragments(of: 48) { feed.receive(fragment) }
        #expect(feed.receive(Sample.ipv6).outcome == .tcp)
        #expect(feed.payloads == [Self.samples[0].payload, Sample.ipv6.payload])
    }
}

private func permutations(_ items: [Int]) -> [[Int]] {
    guard let last = items.last else { return [[]] }
    return permutations(items.dropLast()).flatMap { rest in
        (0...rest.count).map { place in Array(rest[..<place]) + [last] + Array(rest[place...]) }
    }
}
