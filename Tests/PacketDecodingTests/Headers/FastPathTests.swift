import TestSupport
import Testing
import WireFormat

@testable import PacketDecoding

@Suite("The fast path for plain packets")
struct PlainSegmentTests {
    @Test("takes Ethernet, IP and TCP without options, and leaves the rest to the slow path")
    func reach() {
        for packet in Sample.both {
            var segment = TCPSegment()
            let bytes = packet.ethernet()
            let isPlain = segment.readFastPath(bytes.span, wireLength: bytes.count)
            #expect(isPlain)
            let tagged = packet.ethernet(tags: [VLANTag()])
            let isTaggedPlain = segment.readFastPath(tagged.span, wireLength: tagged.count)
            #expect(!isTaggedPlain)
            var opening = packet
            opening.flags = .syn
            let syn = opening.ethernet()
            let isOpeningPlain = segment.readFastPath(syn.span, wireLength: syn.count)
            #expect(!isOpeningPlain, "its options count")
        }
    }

    @Test("finds what the slow path finds, whatever is cut or damaged", arguments: 0..<20)
    func agreement(number: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var packet = Sample.both.randomElement(using: &random)!
            packet.payload = Array(packet.payload.prefix(Int.random(in: 0...12, using: &random)))
            if Bool.random(using: &random) { packet.options = [] }
            var bytes = packet.ethernet(trailer: Array(repeating: 0, count: Int.random(in: 0...8, using: &random)))
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                bytes[Int.random(in: 12..<min(bytes.count, 78), using: &random)] = .random(in: 0...255, using: &random)
            }
            if Int.random(in: 0..<4, using: &random) == 0 {
                bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            }
            let wireLength = bytes.count + Int.random(in: 0...2, using: &random) * 20
            var plain = TCPSegment()
            guard plain.readFastPath(bytes.span, wireLength: wireLength) else { continue }
            var decoder = PacketDecoder()
            var segment = TCPSegment()
            let found = decoder.decodeAny(
                bytes.span, wireLength: wireLength, .ethernet, at: Timestamp(nanoseconds: 0), into: &segment)
            #expect(found == .tcp, "seed \(seed)")
            #expect(String(describing: plain) == String(describing: segment), "seed \(seed)")
        }
    }
}
