import CaptureCutting
import PacketCapture
import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Packets that wait until their owner is known")
struct PacketQueueTests {
    /// A queue that is fed as `wstap cut --shards` feeds it.
    private struct Feed {
        var queue = PacketQueue<Int>()
        private var decoder = PacketDecoder()
        private var segment = TCPSegment()
        private var number: UInt64 = 0
        /// The numbers and owners of the packets that came out.
        private(set) var written: [(number: UInt64, owner: Int)] = []

        /// Adds an Ethernet packet; if it carries or completes a segment, its source port is the owner.
        mutating func receive(_ bytes: [UInt8], seconds: Double = 0) {
            number += 1
            let packet = CapturedPacket(
                number: number, time: Timestamp(nanoseconds: Int64(seconds * 1e9)), linkType: .ethernet,
                originalLength: bytes.count, bytes: bytes.span)
            let kind = decoder.decode(packet, into: &segment)
            switch kind {
            case .tcp: queue.append(packet, of: Int(segment.source.port))
            case .reassembledTCP:
                queue.settle(decoder.fragmentPlaces, owner: Int(segment.source.port))
                queue.append(packet, of: Int(segment.source.port))
            case .fragment: queue.append(fragment: packet, at: decoder.fragmentPlaces)
            default: Issue.record("\(kind)")
            }
            drain(at: packet.time)
        }

        mutating func drain(at time: Timestamp?) {
            while let entry = queue.next(at: time) { written.append((entry.number, entry.owner ?? -1)) }
        }

        var numbers: [UInt64] { written.map(\.number) }
        var owners: [Int] { written.map(\.owner) }
    }

    private func datagram(_ port: UInt16, count: Int = 44) -> IPv4Datagram {
        IPv4Datagram(
            TCPPacket(
                from: Endpoint("10.0.0.1:\(port)"), to: Endpoint("10.0.0.2:80"), sequence: 1,
                payload: [UInt8](repeating: 7, count: count)))
    }

    @Test("continue in capture order once their datagram is complete, with its owner")
    func order() {
        var feed = Feed()
        let (first, second) = (datagram(1000).fragments(of: 32), datagram(2000).fragments(of: 32, identification: 8))
        feed.receive(first[0].ethernet())
        feed.receive(second[0].ethernet())
        feed.receive(datagram(3000).ethernet())
        feed.receive(second[1].ethernet())
        #expect(feed.written.isEmpty)
        feed.receive(first[1].ethernet())
        #expect(feed.numbers == [1, 2, 3, 4, 5] && feed.owners == [1000, 2000, 3000, 2000, 1000])
        #expect(feed.queue.isEmpty && feed.queue.abandonedFragments == 0)
    }

    @Test("wait for the inner datagram if theirs carries a fragment")
    func nested() {
        var feed = Feed()
        let inner = datagram(1000).fragments(of: 32)
        let outer = inner.enumerated().map { place, fragment in
            fragment.inside(.ip).fragments(of: 24, identification: UInt32(20 + place))
        }
        #expect(outer.map(\.count) == [3, 3])
        for fragment in outer[0] { feed.receive(fragment.ethernet()) }
        feed.receive(outer[1][0].ethernet())
        feed.receive(outer[1][1].ethernet())
        #expect(feed.written.isEmpty)
        feed.receive(outer[1][2].ethernet())
        #expect(feed.numbers == Array(1...6) && feed.owners == [Int](repeating: 1000, count: 6))
    }

    @Test("are left out if their datagram is never complete, even if a later one has the same identification")
    func overdue() {
        var feed = Feed()
        let fragments = datagram(1000).fragments(of: 32)
        feed.receive(fragments[0].ethernet())
        feed.receive(datagram(2000).ethernet(), seconds: 59)
        #expect(feed.written.isEmpty)
        feed.receive(fragments[0].ethernet(), seconds: 59.5)
        feed.receive(fragments[1].ethernet(), seconds: 60)
        #expect(feed.written.isEmpty)
        feed.receive(datagram(3000).ethernet(), seconds: 60.5)
        #expect(feed.numbers == [2, 3, 4, 5] && feed.owners == [2000, 1000, 1000, 3000])
        #expect(feed.queue.abandonedFragments == 1)
    }

    @Test("are left out at the end of the capture if they still wait")
    func end() {
        var feed = Feed()
        feed.receive(datagram(1000).fragments(of: 32)[0].ethernet())
        feed.receive(datagram(2000).ethernet())
        feed.drain(at: nil)
        #expect(feed.numbers == [2] && feed.queue.abandonedFragments == 1 && feed.queue.isEmpty)
    }

    @Test("take no more than 32 MiB: the oldest fragments are left out")
    func memory() {
        var feed = Feed()
        let large = datagram(1000, count: 1400).ethernet()
        feed.receive(datagram(2000).fragments(of: 32)[0].ethernet())
        for _ in 0..<15_000 { feed.receive(large) }
        #expect(feed.written.isEmpty)
        for _ in 0..<10_000 { feed.receive(large) }
        #expect(feed.written.count == 25_000 && feed.queue.abandonedFragments == 1)
    }

    /// The time for this many datagrams of two fragments each, all or none of them in tunnels.
    private func seconds(_ count: Int, tunneled: Bool) -> Double {
        let whole = datagram(1000)
        let pairs = (0..<200).map { place in
            let fragments = whole.fragments(of: 32, identification: UInt32(100 + place))
            guard tunneled else { return fragments.map { $0.ethernet() } }
            return fragments.enumerated().flatMap { half, fragment in
                fragment.inside(.ip).fragments(of: 40, identification: UInt32(place * 2 + half)).map { $0.ethernet() }
            }
        }
        let stuck = datagram(2000).fragments(of: 32)[0].ethernet()
        return processorSeconds {
            var feed = Feed()
            feed.receive(stuck)
            for place in 0..<count { for packet in pairs[place % pairs.count] { feed.receive(packet) } }
            #expect(feed.written.isEmpty)
            feed.drain(at: nil)
            #expect(feed.written.count == count * pairs[0].count)
        }
    }

    @Test("cost no more each, the more there are", arguments: [false, true])
    func growth(tunneled: Bool) {
        let (few, many) = (seconds(1_000, tunneled: tunneled), seconds(8_000, tunneled: tunneled))
        #expect(many < 24 * few, "\(few) s, \(many) s")
    }
}
