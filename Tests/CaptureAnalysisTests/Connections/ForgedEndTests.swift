import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// Ends of a connection that are not those of its ends, and bytes right before one that its receiver never takes.
@Suite("A forged end")
struct ForgedEndTests {
    private static let evil = WireFrame.text("evil", from: .client)

    /// A text of the client with a masking key of its own.
    private static func question(_ number: Int) -> [UInt8] {
        var frame = WireFrame(1, Array("question \(number * number * 7919)".utf8), from: .client)
        frame.maskingKey = (UInt32(number + 1) &* 0x9e37_79b9).bigEndianBytes
        return frame.bytes
    }

    /// A session that has exchanged some messages, each of which is acknowledged at once.
    private static func talk(messages: Int) -> TCPConversation {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<messages {
            talk.send(question(number), from: .client)
            talk.acknowledge(from: .server)
            talk.send(WireFrame.text("answer number \(number * number * 104_729)", from: .server), from: .server)
            talk.acknowledge(from: .client)
        }
        return talk
    }

    @Test("of both ends hides a session only until the ends acknowledge what they go on with")
    func bothEnds() {
        let packets = Self.talk(messages: 40).packets
        let opening = packets.count - 40 * 4
        for place in [opening, opening + 4 * 10] {
            let length = packets[place].bytes.count - 54
            var capture = packets
            let forged = [
                ForgedPacket(testDescription: "", flags: [.fin, .ack]).packet(before: packets[place]),
                ForgedPacket(testDescription: "", flags: [.fin, .ack], acknowledgment: 1 - length).packet(
                    before: packets[place + 1]),
                ForgedPacket(testDescription: "", flags: .ack, sequence: 1, acknowledgment: 1).packet(
                    before: packets[place]),
            ]
            for (index, packet) in forged.enumerated() {
                let time = Timestamp(nanoseconds: packets[place].time.nanoseconds - 500_000 + Int64(index))
                capture.insert(TimedPacket(at: time, packet.bytes), at: place + index)
            }
            let analysis = Analysis(capture)
            // The first message after it came before it was clear that the session goes on.
            #expect(analysis.texts.count == 80 - 1)
            #expect(analysis.ends.count == 2)
        }
    }

    @Test("is no end of bytes that its receiver ignores: a RST stands before them", arguments: [false, true])
    func ignoredBytes(isAnswered: Bool) {
        for sender in [ExpectedMessage.Sender.client, .server] {
            var talk = Self.talk(messages: 2)
            let last = talk.packets[talk.packets.count - 1]
            if isAnswered { talk.acknowledge(from: .server) }
            talk.reset(from: sender)
            var capture = talk.packets
            let forged = ForgedPacket(testDescription: "", acknowledgment: 5000, payload: Self.evil)
            let place = capture.count - (isAnswered ? 2 : 1)
            capture.insert(
                TimedPacket(
                    at: Timestamp(nanoseconds: last.time.nanoseconds + 1), forged.packet(before: last).bytes),
                at: place)
            for isBatched in [true, false] {
                let analysis = Analysis(capture, isBatched: isBatched)
                #expect(analysis.texts.count == 4 && !analysis.texts.contains("evil"), "RST of the \(sender)")
                #expect(analysis.rules.contains("tcp.not-accepted"))
            }
        }
    }
}
