import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Packets captured twice")
struct DuplicatePacketTests {
    /// A conversation in both directions; `isNumbered` gives its IPv4 headers identifications.
    private static func talk(isNumbered: Bool, isV6: Bool = false) -> [TimedPacket] {
        var talk = isV6 ? TCPConversation(from: "[2001:db8::1]:53412", to: "[2001:db8::2]:8080") : TCPConversation()
        talk.openWebSocket()
        talk.sendText("hi", from: .client)
        talk.sendText("yo", from: .server)
        talk.sendText("again", from: .client)
        talk.finish(first: .client)
        var packets = talk.packets
        if isNumbered { for index in packets.indices { packets[index].number(UInt16(100 + index)) } }
        return packets
    }

    /// Each packet with one or more copies, this many nanoseconds later.
    private static func twice(_ packets: [TimedPacket], after delay: Int64, copies: Int64 = 1) -> [TimedPacket] {
        packets.flatMap { packet in
            (0...copies).map { number in
                var copy = packet
                copy.time = Timestamp(nanoseconds: packet.time.nanoseconds + delay * number)
                return copy
            }
        }
    }

    @Test(
        "Packets seen twice within the time are not retransmissions, and counted separately",
        arguments: [(true, 5000), (true, 900_000), (false, 5000), (false, 400_000)] as [(Bool, Int64)])
    func duplicates(isNumbered: Bool, delay: Int64) throws {
        let packets = Self.talk(isNumbered: isNumbered)
        for isBatched in [true, false] {
            let analysis = Analysis(Self.twice(packets, after: delay), options: AnalysisOptions(), isBatched: isBatched)
            #expect(analysis.texts == ["hi", "yo", "again"])
            let tcp = try analysis.end.tcp
            #expect(tcp.retransmittedSegments == 0 && tcp.duplicateSegments == 5)
            #expect(tcp.outOfOrderSegments == 0)
            let fins = analysis.reported.count {
                if case .segment(let segment) = $0.event { segment.flags.contains(.fin) } else { false }
            }
            #expect(fins == 2)
        }
    }

    @Test(
        "Packets seen more than twice, or in IPv6, are not retransmissions either",
        arguments: [(1, true), (2, false), (2, true), (7, false)])
    func copies(copies: Int64, isV6: Bool) throws {
        let packets = Self.talk(isNumbered: !isV6, isV6: isV6)
        let analysis = Analysis(Self.twice(packets, after: 5000, copies: copies))
        #expect(analysis.texts == ["hi", "yo", "again"])
        let tcp = try analysis.end.tcp
        #expect(tcp.retransmittedSegments == 0 && tcp.duplicateSegments == 5 * UInt64(copies))
        #expect(tcp.outOfOrderSegments == 0 && !analysis.rules.contains { $0.hasPrefix("tcp.") })
    }

    @Test("Packets without an IP ID are duplicates even after others, once a capture is known to have them twice")
    func burst() throws {
        var talk = TCPConversation(from: "[2001:db8::1]:53412", to: "[2001:db8::2]:8080")
        talk.openWebSocket()
        let start = talk.packets.count
        for number in 0..<12 { talk.sendText("\(number)", from: .server) }
        for number in 0..<3 { talk.sendText("\(number)", from: .client) }
        let end = talk.packets.count
        talk.finish(first: .client)
        var packets = talk.packets
        for index in start..<end {
            packets[index].time = Timestamp(
                nanoseconds: packets[start].time.nanoseconds + Int64(index - start) * 3000)
        }
        let copies = packets.map { packet in
            var copy = packet
            copy.time.nanoseconds += 10_000
            return copy
        }
        let both = (packets + copies).sorted { $0.time.nanoseconds < $1.time.nanoseconds }
        let analysis = Analysis(both)
        #expect(analysis.messages.count == 15)
        let tcp = try analysis.end.tcp
        #expect(tcp.retransmittedSegments == 0 && tcp.duplicateSegments == 17)
        // Only one of them is sent again.
        let again = (packets + [copies[start + 4]]).sorted { $0.time.nanoseconds < $1.time.nanoseconds }
        #expect(try Analysis(again).end.tcp.retransmittedSegments == 1)
    }

    @Test("Packets of both sides of a router are duplicates, whatever their hop limits and link addresses")
    func router() throws {
        var packets = Self.twice(Self.talk(isNumbered: true), after: 20_000)
        for index in packets.indices where index % 2 == 1 {
            // Not the address of the other end, which would be the way back.
            packets[index].bytes[5] ^= 0x43
            packets[index].bytes[22] -= 1
            packets[index].number(UInt16(packets[index].bytes[18]) << 8 | UInt16(packets[index].bytes[19]))
        }
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["hi", "yo", "again"])
        #expect(try analysis.end.tcp.retransmittedSegments == 0 && analysis.end.tcp.duplicateSegments == 5)
        #expect(!analysis.rules.contains { $0.hasPrefix("tcp.") })
    }

    @Test("Duplicates of packets that came too early are not retransmissions")
    func outOfOrder() throws {
        var packets = Self.talk(isNumbered: true)
        packets.swapAt(5, 7)
        let times = packets.map(\.time).sorted { $0.nanoseconds < $1.nanoseconds }
        for index in packets.indices { packets[index].time = times[index] }
        let analysis = Analysis(Self.twice(packets, after: 5000))
        #expect(try analysis.end.tcp.retransmittedSegments == 0 && analysis.end.tcp.duplicateSegments == 5)
    }

    @Test(
        "Copies with an IP ID of their own, or that come too late, are retransmissions",
        arguments: [(true, 5000, true), (true, 200_000_000, false), (false, 2_000_000, false)] as [(Bool, Int64, Bool)])
    func retransmissions(isNumbered: Bool, delay: Int64, isRenumbered: Bool) throws {
        var packets = Self.talk(isNumbered: isNumbered)
        var copy = packets[5]
        copy.time = Timestamp(nanoseconds: copy.time.nanoseconds + delay)
        if isRenumbered { copy.number(999) }
        for index in packets.indices.dropFirst(6) { packets[index].time.nanoseconds += delay }
        packets.insert(copy, at: 6)
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["hi", "yo", "again"])
        #expect(try analysis.end.tcp.retransmittedSegments == 1 && analysis.end.tcp.duplicateSegments == 0)
    }
}

extension DuplicatePacketTests {
    @Test("A retransmitted FIN is reported again")
    func secondFin() throws {
        var packets = Self.talk(isNumbered: true)
        let fin = try #require(packets.firstIndex { $0.bytes[47] & 1 != 0 })
        var copy = packets[fin]
        copy.time.nanoseconds += 300_000_000
        copy.number(999)
        for index in packets.indices.dropFirst(fin + 1) { packets[index].time.nanoseconds += 300_000_000 }
        packets.insert(copy, at: fin + 1)
        let fins = Analysis(packets).reported.count {
            if case .segment(let segment) = $0.event { segment.flags.contains(.fin) } else { false }
        }
        #expect(fins == 3)
    }
}

extension TimedPacket {
    /// Sets the identification of an IPv4 header in an Ethernet frame, and corrects its checksum.
    fileprivate mutating func number(_ identification: UInt16) {
        bytes.replaceSubrange(18..<20, with: identification.bigEndianBytes)
        bytes.replaceSubrange(24..<26, with: [0, 0])
        bytes.replaceSubrange(24..<26, with: internetChecksum(Array(bytes[14..<34])).bigEndianBytes)
    }
}
