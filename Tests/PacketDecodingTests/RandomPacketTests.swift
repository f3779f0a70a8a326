import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Random packets")
struct RandomPacketTests {
    @Test("built packets are decoded to what they were built from", arguments: 0..<20 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let sent = TCPPacket.random(using: &random)
            let framing = Framing.all.randomElement(using: &random)!
            let bytes = framing.packet(sent.randomDatagram(using: &random))
            let segment = try #require(decode(bytes, as: framing.linkType).segment, "seed \(seed), \(framing)")
            #expect(segment.source == sent.source && segment.destination == sent.destination)
            #expect(segment.sequence == sent.sequence && segment.acknowledgment == sent.acknowledgment)
            #expect(segment.flags == sent.flags && segment.window == sent.window)
            #expect(Array(bytes[segment.payload]) == sent.payload)
        }
    }

    @Test("damaged packets never trap, and never give bytes outside the packet", arguments: 0..<40 as Range<UInt64>)
    func damage(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let framing = Framing.all.randomElement(using: &random)!
            var bytes = framing.packet(TCPPacket.random(using: &random).randomDatagram(using: &random))
            let originalLength = Bool.random(using: &random) ? bytes.count : Int.random(in: 0...70_000, using: &random)
            if Bool.random(using: &random) {
                bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            }
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                // Most of the bytes that matter come first.
                let place = Int.random(in: 0..<min(bytes.count, 120), using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            let linkType =
                Int.random(in: 0..<8, using: &random) == 0
                ? Framing.all.randomElement(using: &random)!.linkType : framing.linkType
            guard let segment = decode(bytes, as: linkType, originalLength: originalLength).segment else { continue }
            #expect(segment.payload.lowerBound >= 0 && segment.payload.upperBound <= bytes.count, "seed \(seed)")
            #expect(segment.payload.count <= segment.payloadLength, "seed \(seed)")
            #expect(segment.payloadLength <= max(originalLength, bytes.count), "seed \(seed)")
            if segment.payload.count < segment.payloadLength {
                #expect(segment.payload.upperBound == bytes.count, "seed \(seed)")
            }
        }
    }

    @Test("noise never traps", arguments: 0..<20 as Range<UInt64>)
    func noise(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let bytes = random.bytes(in: 0...100)
            let linkType = Framing.all.randomElement(using: &random)!.linkType
            guard let segment = decode(bytes, as: linkType, originalLength: .max).segment else { continue }
            #expect(segment.payload.upperBound <= bytes.count, "seed \(seed)")
        }
    }
}

extension SeededGenerator {
    fileprivate mutating func bytes(in counts: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: counts, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

extension TCPPacket {
    fileprivate static func random(using random: inout SeededGenerator) -> TCPPacket {
        let isIPv6 = Bool.random(using: &random)
        func endpoint(_ random: inout SeededGenerator) -> Endpoint {
            let bits = UInt128(random.next()) << 64 | UInt128(random.next())
            return Endpoint(
                address: isIPv6 ? IPAddress(ipv6: bits) : IPAddress(ipv4: UInt32(truncatingIfNeeded: bits)),
                port: UInt16.random(in: 0...65_535, using: &random))
        }
        return TCPPacket(
            from: endpoint(&random), to: endpoint(&random),
            sequence: UInt32(truncatingIfNeeded: random.next()),
            acknowledgment: UInt32(truncatingIfNeeded: random.next()),
            flags: TCPFlags(rawValue: UInt8.random(in: 0...255, using: &random)),
            window: UInt16.random(in: 0...65_535, using: &random),
            options: [.bytes(random.bytes(in: 0...40))], payload: random.bytes(in: 0...300))
    }

    fileprivate func randomDatagram(using random: inout SeededGenerator) -> any IPDatagram {
        guard source.address.isIPv6 else {
            return IPv4Datagram(self, options: Array(repeating: 1, count: 4 * Int.random(in: 0...10, using: &random)))
        }
        let possible: [IPv6ExtensionHeader] = [
            .hopByHop(options: [5, 2, 0, 0]), .destination(options: [1, 0]), .routing,
            .fragment(offset: 0, moreFragments: false), .authentication(checkValue: [1, 2, 3, 4]),
        ]
        let headers = possible.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
        return IPv6Datagram(self, extensionHeaders: headers)
    }
}
