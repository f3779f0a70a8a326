import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// A packet forged in the name of an end.
struct ForgedPacket: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var flags: TCPFlags = [.psh, .ack]
    /// The offset added to the sequence and acknowledgment numbers of the following packet.
    var sequence = 0
    var acknowledgment = 0
    var payload: [UInt8] = []
    var options: [TCPOption] = []
    /// The index of a byte that is changed after the checksums were computed.
    var damaged: Int?
    var hopLimit: UInt8 = 64

    private static let evil = WireFrame.text("evil", from: .client)

    static let all: [ForgedPacket] = [
        ForgedPacket(testDescription: "data without ACK", flags: .psh, payload: evil),
        ForgedPacket(testDescription: "data without flags", flags: [], payload: evil),
        ForgedPacket(testDescription: "data of a low hop limit", payload: evil, hopLimit: 3),
        ForgedPacket(testDescription: "data with a wrong checksum", payload: evil, damaged: 50),
        ForgedPacket(testDescription: "a RST with a wrong checksum", flags: .rst, damaged: 50),
        ForgedPacket(testDescription: "a FIN with a wrong checksum", flags: [.fin, .ack], damaged: 50),
        ForgedPacket(testDescription: "a FIN without ACK", flags: [.fin, .psh, .urg], sequence: 3),
        ForgedPacket(testDescription: "a FIN far ahead", flags: [.fin, .ack], sequence: 1000),
        ForgedPacket(testDescription: "a FIN very far ahead", flags: [.fin, .ack], sequence: 60_000),
        ForgedPacket(testDescription: "a RST ahead", flags: .rst, sequence: 10),
        ForgedPacket(testDescription: "a RST with ACK behind", flags: [.rst, .ack], sequence: -1),
        ForgedPacket(
            testDescription: "data of a signed segment", payload: evil,
            options: [
                .noOperation, .noOperation, .bytes([19, 18] + Array(repeating: 7, count: 16)),
            ]),
        ForgedPacket(
            testDescription: "data that acknowledge what was never sent", acknowledgment: 100_000, payload: evil),
        ForgedPacket(testDescription: "data that acknowledge too little", acknowledgment: -(1 << 29), payload: evil),
        ForgedPacket(testDescription: "data far ahead", sequence: 70_000, payload: evil),
        ForgedPacket(testDescription: "data very far ahead", sequence: 1 << 29, payload: evil),
        ForgedPacket(testDescription: "an acknowledgment of the future", flags: .ack, acknowledgment: 5000),
        ForgedPacket(testDescription: "an acknowledgment of the past", flags: .ack, acknowledgment: -5000),
        ForgedPacket(testDescription: "a SYN ACK of another number", flags: [.syn, .ack], sequence: 5000),
        ForgedPacket(testDescription: "a SYN ACK of the next number", flags: [.syn, .ack], sequence: 1),
    ]

    /// The forged packet, in the name of another packet's sender, and captured right before that packet.
    func packet(before other: TimedPacket) -> TimedPacket {
        let bytes = other.bytes
        func number(_ place: Int, _ length: Int) -> UInt32 {
            bytes[place..<(place + length)].reduce(0) { $0 << 8 | UInt32($1) }
        }
        func endpoint(_ address: Int, _ port: Int) -> Endpoint {
            Endpoint(address: IPAddress(ipv4: number(address, 4)), port: UInt16(number(port, 2)))
        }
        let datagram = IPv4Datagram(
            TCPPacket(
                from: endpoint(26, 34), to: endpoint(30, 36),
                sequence: number(38, 4) &+ UInt32(truncatingIfNeeded: sequence),
                acknowledgment: number(42, 4) &+ UInt32(truncatingIfNeeded: acknowledgment), flags: flags,
                options: options, payload: payload))
        var forged = datagram.ethernet()
        // A hop limit of one less makes the checksum one more (RFC 1624), in the high byte of its word.
        forged[22] = hopLimit
        let sum = UInt32(forged[24]) << 8 + UInt32(forged[25]) + UInt32(64 - hopLimit) << 8
        forged.replaceSubrange(24..<26, with: UInt16(sum & 0xffff + sum >> 16).bigEndianBytes)
        if let damaged { forged[damaged] ^= 0x41 }
        return TimedPacket(at: Timestamp(nanoseconds: other.time.nanoseconds - 500_000), forged)
    }
}

/// One forged packet before, in the middle of, or after a session whose messages are known: an observer must report
/// what the ends did, and they ignore it (RFC 9293 3.10.7, RFC 5961, RFC 7323 5.3).
@Suite("A forged packet")
struct ForgedPacketTests {
    private static var talk: TCPConversation {
        var talk = TCPConversation()
        talk.open()
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.acknowledge(from: .server)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.acknowledge(from: .client)
        for number in 0..<6 {
            talk.send(WireFrame.text("number \(number) of the client", from: .client), from: .client)
            talk.acknowledge(from: .server)
            talk.send(WireFrame.text("number \(number) of the server", from: .server), from: .server)
            talk.acknowledge(from: .client)
        }
        talk.send(WireFrame.close(1000, "bye", from: .client), from: .client)
        talk.send(WireFrame.close(1000, "bye", from: .server), from: .server)
        talk.acknowledge(from: .client)
        talk.finish(first: .server)
        return talk
    }

    private static let texts = (0..<6).flatMap { ["number \($0) of the client", "number \($0) of the server"] }

    @Test("hides no message and changes no verdict", arguments: ForgedPacket.all)
    func hidesNothing(forged: ForgedPacket) throws {
        let packets = Self.talk.packets
        // A RST that acknowledges the SYN is accepted, and so is a FIN of an end that has nothing more to send.
        for place in 1..<(packets.count - 4) {
            var capture = packets
            capture.insert(forged.packet(before: packets[place]), at: place)
            let analysis = Analysis(capture)
            #expect(analysis.texts == Self.texts, "before packet \(place)")
            let verdict = try #require(analysis.ends.last).verdict
            #expect(verdict.layer == .closeFrame && verdict.by == .client && verdict.isClean, "before packet \(place)")
            #expect(verdict.clientEvent?.code == .normalClosure && verdict.serverEvent?.code == .normalClosure)
        }
    }

    @Test("of data before the SYN hides nothing in a capture that lacks the SYN ACK", arguments: [1, 2])
    func hidesNothingWithoutAnswer(place: Int) {
        let evil = ForgedPacket(testDescription: "", sequence: -1000, payload: Array("evil".utf8))
        var capture = Self.talk.packets
        capture.remove(at: 1)
        capture.insert(evil.packet(before: capture[place]), at: place)
        #expect(Analysis(capture).texts == Self.texts)
    }

    @Test("of data that overlaps the request hides nothing in a capture that lacks the SYN ACK", arguments: [1, 50])
    func overlapsRequest(distance: Int) {
        let evil = ForgedPacket(testDescription: "", sequence: distance, payload: Array("evil".utf8))
        var capture = Self.talk.packets
        capture.remove(at: 1)
        capture.insert(evil.packet(before: capture[2]), at: 3)
        #expect(Analysis(capture).texts == Self.texts)
    }

    /// No data follows it, and no FIN that could replace it.
    @Test("of a FIN far ahead ends no session that goes on to the end of the capture", arguments: [2, 5, 10])
    func endsNothing(place: Int) throws {
        let fin = try #require(ForgedPacket.all.first { $0.testDescription == "a FIN far ahead" })
        // Without the Close frames and FINs.
        var capture = Array(Self.talk.packets.dropLast(6))
        capture.insert(fin.packet(before: capture[place]), at: place)
        #expect(try #require(Analysis(capture).ends.last).verdict.layer == .captureEnd)
    }

    /// Without the opening, nothing distinguishes the first data of a stream from other data.
    @Test(
        "hides nothing in a capture that lacks the opening", arguments: ForgedPacket.all.filter { $0.payload.isEmpty })
    func hidesNothingMidstream(forged: ForgedPacket) throws {
        let packets = Array(Self.talk.packets[3...])
        for place in 0..<4 {
            var capture = packets
            capture.insert(forged.packet(before: packets[place]), at: place)
            let analysis = Analysis(capture)
            #expect(analysis.texts.sorted() == Self.texts.sorted(), "before packet \(place)")
        }
    }
}
