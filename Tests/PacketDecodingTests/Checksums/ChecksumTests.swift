import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Checksums")
struct ChecksumTests {
    /// The offset of the checksum in the built Ethernet packet.
    private func place(_ sent: TCPPacket) -> Int { 14 + (sent.isIPv6 ? 40 : 20) + 16 }

    private func status(_ bytes: [UInt8], originalLength: Int? = nil) -> ChecksumStatus? {
        decode(bytes, originalLength: originalLength).segment?.checksumStatus(in: bytes.span)
    }

    @Test("a correct checksum is recognised, whatever the length", arguments: Sample.both)
    func right(sent: TCPPacket) {
        var sent = sent
        for length in Array(0...130) + [1459, 1460, 9001, 65_000] {
            sent.payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ length) }
            #expect(status(sent.ethernet(trailer: [1, 2, 3])) == .right, "\(length) bytes")
        }
        sent.payload = Array(repeating: 0xff, count: 65_000)
        #expect(status(sent.ethernet()) == .right)
    }

    @Test("any wrong bit makes it wrong, in addresses and ports too", arguments: Sample.both)
    func wrong(sent: TCPPacket) throws {
        var sent = sent
        sent.payload += [1]
        let bytes = sent.ethernet()
        let segment = try #require(decode(bytes).segment)
        let addresses = sent.isIPv6 ? 22..<54 : 26..<34
        for index in Array(addresses) + Array(segment.payload.lowerBound - 32..<bytes.count) {
            for bit in 0..<8 as Range<UInt8> {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                // The header length only decides where the payload is.
                guard index != segment.payload.lowerBound - 20 else { continue }
                #expect(status(damaged) == .wrong, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test("random segments agree with the slow sum", arguments: Sample.both, 0..<10 as Range<UInt64>)
    func model(sent: TCPPacket, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var sent = sent
        for _ in 0..<50 {
            sent.payload = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var segment = sent.segment
            segment.replaceSubrange(16..<18, with: UInt16.random(in: 0...2, using: &random).bigEndianBytes)
            // In half of the cases, the last bytes of the payload make the checksum correct.
            let isRight = Bool.random(using: &random) && sent.payload.count >= 2 && segment.count.isMultiple(of: 2)
            if isRight {
                segment.replaceSubrange((segment.count - 2)..., with: [0, 0])
                let rest = internetChecksum(pseudoHeader(sent, segment.count) + segment)
                segment.replaceSubrange((segment.count - 2)..., with: rest.bigEndianBytes)
            }
            let bytes = Array(sent.ethernet().dropLast(segment.count)) + segment
            let expected = internetChecksum(pseudoHeader(sent, segment.count) + segment) == 0
            #expect(!isRight || expected)
            #expect((status(bytes) == .right) == expected, "seed \(seed)")
        }
    }

    @Test("one that covers the pseudo-header only is offloaded", arguments: Sample.both, [0, 1, 1460])
    func offloaded(sent: TCPPacket, length: Int) {
        var sent = sent
        sent.payload = Array(repeating: 0xa5, count: length)
        var bytes = sent.ethernet()
        for covered in [sent.segment.count, 0] {
            let partial = ~internetChecksum(pseudoHeader(sent, covered))
            bytes.replaceSubrange(place(sent)..<place(sent) + 2, with: partial.bigEndianBytes)
            #expect(status(bytes) == .offloaded)
            bytes.replaceSubrange(place(sent)..<place(sent) + 2, with: (partial ^ 0x0100).bigEndianBytes)
            #expect(status(bytes) == .wrong)
        }
    }

    // Linux's BIG TCP: the length fields are 0.
    @Test(
        "one over more bytes than a packet holds is unknown, not wrong", arguments: Sample.both, [65_516, 180_000])
    func joined(sent: TCPPacket, length: Int) {
        var sent = sent
        sent.payload = Array(repeating: 0xa5, count: 1000)
        var bytes = sent.ethernet()
        bytes += Array(repeating: 0x5a, count: length - 1000)
        bytes.replaceSubrange(sent.isIPv6 ? 18..<20 : 16..<18, with: [0, 0])
        #expect(decode(bytes).segment?.payload.count == length)
        #expect(status(bytes) == .unknown)
    }

    @Test("one over bytes cut by a snap length is unknown", arguments: Sample.both)
    func cut(sent: TCPPacket) {
        let bytes = sent.ethernet()
        for length in (bytes.count - sent.payload.count)..<bytes.count {
            #expect(status(Array(bytes[..<length]), originalLength: bytes.count) == .unknown)
        }
    }

    @Test("a segment in a tunnel has its own checksum", arguments: Framing.tunnels, Sample.both)
    func tunnels(framing: Framing, sent: TCPPacket) throws {
        let bytes = framing.packet(sent)
        let segment = try #require(decode(bytes, as: framing.linkType).segment)
        #expect(segment.checksumStatus(in: bytes.span) == .right)
        #expect(segment.ipv4HeaderChecksumStatus(in: bytes.span) == (sent.isIPv6 ? .unknown : .right))
        #expect(segment.hopLimit(in: bytes.span) == 64)
    }

    @Test("bytes outside the segment are not read")
    func otherBytes() throws {
        let bytes = Sample.ipv4.ethernet()
        let segment = try #require(decode(bytes).segment)
        let none: [UInt8] = []
        #expect(segment.checksumStatus(in: none.span) == .unknown)
        #expect(segment.ipv4HeaderChecksumStatus(in: none.span) == .unknown)
        #expect(segment.hopLimit(in: none.span) == nil)
    }

    @Test("the IPv4 header's checksum is right, wrong, or not computed yet", arguments: [0, 4, 40])
    func ipv4Header(optionsLength: Int) throws {
        let options = [UInt8](repeating: 1, count: optionsLength)
        var bytes = IPv4Datagram(Sample.ipv4, options: options).ethernet()
        func status() throws -> ChecksumStatus {
            try #require(decode(bytes).segment).ipv4HeaderChecksumStatus(in: bytes.span)
        }
        #expect(try status() == .right)
        bytes[22] ^= 0x10
        #expect(try status() == .wrong)
        bytes.replaceSubrange(24..<26, with: [0, 0])
        #expect(try status() == .offloaded)
    }

    @Test("the IPv4 header is found before an authentication header, even a long one", arguments: [12, 1000])
    func authentication(length: Int) throws {
        let header = IPv6ExtensionHeader.authentication(checkValue: Array(repeating: 9, count: length))
        let bytes = IPv4Datagram(
            from: Sample.ipv4.source.address, to: Sample.ipv4.destination.address, protocolNumber: 51,
            payload: header.bytes(next: 6) + Sample.ipv4.segment
        ).ethernet()
        let segment = try #require(decode(bytes).segment)
        #expect(segment.checksumStatus(in: bytes.span) == .right)
        #expect(segment.ipv4HeaderChecksumStatus(in: bytes.span) == .right)
        #expect(segment.hopLimit(in: bytes.span) == 64)
    }

    private func pseudoHeader(_ sent: TCPPacket, _ length: Int) -> [UInt8] {
        sent.source.address.bytes + sent.destination.address.bytes + UInt32(length).bigEndianBytes + [0, 0, 0, 6]
    }
}
