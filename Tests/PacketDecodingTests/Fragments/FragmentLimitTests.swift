import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Bounds on fragments")
struct FragmentLimitTests {
    private let sent = FragmentTests.samples[0]

    @Test("the datagrams that wait are bounded, the oldest goes first")
    func datagrams() {
        var limits = DecodingLimits()
        limits.datagrams = 10
        var feed = FragmentFeed(limits: limits)
        for number in 0..<1000 as Range<UInt32> { feed.receive(sent.fragment(0..<48, identification: number)) }
        #expect(feed.totals.waitingDatagrams == 10)
        #expect(feed.totals.evictedDatagrams == 990)
        let end = sent.fragmentable.count
        for number in [0, 989, 990, 999] as [UInt32] { feed.receive(sent.fragment(48..<end, identification: number)) }
        // The fragment that completes 989 has evicted 990.
        #expect(feed.payloads == [sent.payload])
    }

    @Test("the bytes that wait are bounded, however they come", arguments: [8, 1024, 60_000])
    func bytes(size: Int) {
        var limits = DecodingLimits()
        limits.bytes = 200_000
        var feed = FragmentFeed(limits: limits)
        let bytes = [UInt8](repeating: 7, count: size)
        for number in 0..<2000 as Range<UInt32> {
            feed.receive(sent.fragment(0..<size, identification: number, moreFragments: true, bytes: bytes))
            feed.receive(
                sent.fragment(size..<size + 8, identification: number, moreFragments: true, bytes: bytes.suffix(8)))
            #expect(feed.totals.heldBytes <= 200_000)
        }
        #expect(feed.totals.evictedDatagrams > 1000)
        #expect(feed.totals.unusedFragments == 4000)
    }

    @Test("a datagram of more fragments than the bound is dropped")
    func fragments() {
        var limits = DecodingLimits()
        limits.fragmentsPerDatagram = 8
        var feed = FragmentFeed(limits: limits)
        for fragment in sent.fragments(of: 8) { feed.receive(fragment) }
        #expect(feed.payloads.isEmpty && feed.totals.evictedDatagrams == 1)
        #expect(feed.totals.unusedFragments == UInt64(sent.fragments(of: 8).count))
    }

    @Test(
        "a datagram waits no longer than its lifetime, in packet time",
        arguments: [(30, true), (31, false), (-100, true)] as [(Int64, Bool)])
    func lifetime(seconds: Int64, completes: Bool) {
        var feed = FragmentFeed()
        let fragments = sent.fragments(of: 48)
        for fragment in fragments.dropLast() { feed.receive(fragment, seconds: 0) }
        feed.receive(fragments.last!, seconds: seconds)
        #expect(feed.payloads.count == (completes ? 1 : 0))
        #expect(feed.totals.overdueDatagrams == (completes ? 0 : 1))
    }

    @Test("times at the limits of a timestamp do no harm")
    func extremeTimes() {
        var decoder = PacketDecoder()
        for (index, time) in [Int64.min, .max, 0, .min, .max].enumerated() {
            let bytes = sent.fragment(0..<48, identification: UInt32(index)).ethernet()
            bytes.withPacket(time: Timestamp(nanoseconds: time)) { packet in
                #expect(decoder.decode(packet).outcome == .fragment)
            }
        }
    }

    @Test("hostile fragments never trap, and stay within the bounds", arguments: 0..<20 as Range<UInt64>)
    func hostile(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var limits = DecodingLimits()
        limits.bytes = 50_000
        limits.datagrams = 20
        limits.fragmentsPerDatagram = 16
        var decoder = PacketDecoder(limits: limits)
        let wholes = FragmentTests.samples.flatMap { sent in
            [FragmentDatagram(sent)] + FragmentTunnelTests.tunnels.map { FragmentDatagram(sent.inside($0)) }
        }
        for _ in 0..<1000 {
            let whole = wholes.randomElement(using: &random)!
            let count = whole.fragmentable.count
            let start = Int.random(in: 0..<count, using: &random) / 8 * 8
            let end = Int.random(in: start...count, using: &random)
            let fragment = whole.fragment(
                start..<end, identification: UInt32.random(in: 0...3, using: &random),
                moreFragments: Bool.random(using: &random))
            var bytes = fragment.ethernet()
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                bytes[Int.random(in: 0..<min(bytes.count, 80), using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            let length = Bool.random(using: &random) ? bytes.count : Int.random(in: 0...bytes.count, using: &random)
            let time = Timestamp(nanoseconds: Int64.random(in: 0...60_000_000_000, using: &random))
            let decoded = Array(bytes[..<length]).withPacket(time: time, originalLength: bytes.count) {
                decoder.decode($0)
            }
            if let segment = decoded.reassembled {
                #expect(segment.payload.upperBound <= decoder.datagram.count, "seed \(seed)")
                #expect(segment.payload.count <= segment.payloadLength, "seed \(seed)")
            }
            #expect(decoder.fragmentTotals.heldBytes <= 50_000, "seed \(seed)")
            #expect(decoder.fragmentTotals.waitingDatagrams <= 20, "seed \(seed)")
        }
    }
}
