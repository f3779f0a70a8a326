import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

extension [TimedPacket] {
    /// The packets as captured if one of them came later: `index` comes half a millisecond after `later`, both counted
    /// from 0.
    fileprivate func delaying(_ index: Int, after later: Int) -> [TimedPacket] {
        var packets = self
        var packet = packets.remove(at: index)
        packet.time = Timestamp(nanoseconds: packets[later - 1].time.nanoseconds + 500_000)
        packets.insert(packet, at: later)
        return packets
    }

    /// The packets as captured if two of them were swapped.
    fileprivate func swapping(_ one: Int, _ other: Int) -> [TimedPacket] {
        var packets = self
        (packets[one].bytes, packets[other].bytes) = (packets[other].bytes, packets[one].bytes)
        return packets
    }

    /// The packets as captured if those of one end came later.
    fileprivate func delaying(_ sender: ExpectedMessage.Sender, by nanoseconds: Int64) -> [TimedPacket] {
        // The client's port is 53412.
        let late = map { packet in
            let isClient = packet.bytes[34] == 0xd0 && packet.bytes[35] == 0xa4
            var packet = packet
            if isClient == (sender == .client) {
                packet.time = Timestamp(nanoseconds: packet.time.nanoseconds + nanoseconds)
            }
            return packet
        }
        return late.sorted { $0.time < $1.time }
    }

    /// The packets, sorted by sender from one on, counted from 0.
    fileprivate func sorting(from start: Int, first: ExpectedMessage.Sender) -> [TimedPacket] {
        let rest = self[start...]
        // The client's port is 53412.
        let isFirst = { (packet: TimedPacket) in
            (packet.bytes[34] == 0xd0 && packet.bytes[35] == 0xa4) == (first == .client)
        }
        return self[..<start] + rest.filter(isFirst) + rest.filter { !isFirst($0) }
    }

    /// The packets without one of them, counted from 0.
    fileprivate func losing(_ index: Int) -> [TimedPacket] {
        var packets = self
        packets.remove(at: index)
        return packets
    }
}

/// Frames that are found late, because bytes before them came late or never, are judged by the packets that brought
/// them.
///
/// The packets of these conversations are a millisecond apart.
@Suite("Frames found late")
struct CaptureOrderTests {
    @Test(
        "A file sorted by sender gives the same results, although a RST comes before what it answers",
        arguments: Ending.all,
        [ExpectedMessage.Sender.client, .server])
    private func sortedBySender(ending: Ending, first: ExpectedMessage.Sender) throws {
        let packets = packets {
            $0.wait(milliseconds: 500)
            ending.talk(&$0)
        }
        let expected = try Analysis(packets).end.verdict
        for start in [0, packets.count - ending.count] {
            let analysis = Analysis(packets.sorting(from: start, first: first))
            let verdict = try analysis.end.verdict
            #expect(verdict.by == expected.by && verdict.layer == expected.layer && verdict.code == expected.code)
            #expect(verdict.clientEvent == expected.clientEvent && verdict.serverEvent == expected.serverEvent)
            #expect(analysis.texts.sorted() == Analysis(packets).texts.sorted())
            #expect(analysis.gaps.isEmpty)
        }
    }

    /// How a session ends, in this many packets.
    private struct Ending: CustomTestStringConvertible {
        let testDescription: String
        let count: Int
        let talk: @Sendable (inout TCPConversation) -> Void

        static let all = [
            Ending(testDescription: "a Close frame and the RST that it draws", count: 2) {
                $0.send(WireFrame.close(1000, from: .client), from: .client)
                $0.reset(from: .server)
            },
            Ending(testDescription: "a message and the RST that it draws", count: 2) {
                $0.send(WireFrame.text("hello", from: .client), from: .client)
                $0.reset(from: .server)
            },
            Ending(testDescription: "two Close frames and a RST", count: 3) {
                $0.send(WireFrame.close(1000, from: .server), from: .server)
                $0.send(WireFrame.close(1000, from: .client), from: .client)
                $0.reset(from: .server)
            },
            Ending(testDescription: "two Close frames, a FIN, and a RST that acknowledges it", count: 4) {
                $0.send(WireFrame.close(1000, from: .client), from: .client)
                $0.send(WireFrame.close(1000, from: .server), from: .server)
                $0.finish(from: .server)
                $0.reset(from: .client)
            },
            Ending(testDescription: "a FIN, a message after it, and the RST that it draws", count: 4) {
                $0.finish(from: .server)
                $0.send(WireFrame.text("more", from: .client), from: .client)
                $0.acknowledge(from: .server)
                $0.reset(from: .server)
            },
        ]
    }

    @Test("Bytes that a FIN or RST acknowledges came before it", arguments: [false, true])
    func beforeEnd(isReset: Bool) throws {
        // Packet 8: a message of the client; 9: the server ends.
        let packets = packets {
            $0.wait(milliseconds: 5000)
            $0.send(WireFrame.text("last words", from: .client), from: .client)
            if isReset { $0.reset(from: .server) } else { $0.finish(first: .server) }
        }
        for capture in [packets, packets.swapping(8, 9)] {
            let verdict = try Analysis(capture).end.verdict
            #expect(verdict.by == .server && verdict.layer == (isReset ? .rst : .fin))
            #expect(try #require(verdict.silence) <= 1_000_000 && #require(verdict.messageSilence) <= 1_000_000)
        }
    }

    /// Three messages of the server in packets 5 to 7, counted from 0, then the given steps.
    private func packets(_ rest: (inout TCPConversation) -> Void) -> [TimedPacket] {
        var talk = TCPConversation()
        talk.openWebSocket()
        for text in ["first message", "second message", "third message"] {
            talk.send(WireFrame.text(text, from: .server), from: .server)
        }
        rest(&talk)
        return talk.packets
    }

    /// Both Close frames in packets 8 and 9, the FINs in 10 and 11, the last ACK in 12.
    private func closing(_ first: ExpectedMessage.Sender) -> [TimedPacket] {
        packets { talk in
            talk.send(WireFrame.close(1001, "bye", from: first), from: first)
            talk.send(WireFrame.close(1001, from: first.peer), from: first.peer)
            talk.finish(first: .server)
        }
    }

    @Test("Who sent the first Close frame is decided by the packets that brought them", arguments: [5, 6, 7])
    func closesCapturedLate(delayed: Int) throws {
        // The server's Close frame (packet 8) waits for the delayed segment, which comes after the client's answer.
        let analysis = Analysis(closing(.server).delaying(delayed, after: 9))
        let verdict = try analysis.end.verdict
        #expect(verdict.by == .server && verdict.layer == .closeFrame && verdict.isClean)
        #expect(verdict.code == .goingAway && verdict.reason == "bye")
        #expect(analysis.messages.count == 3)
        let closes = analysis.frames.filter { $0.frame.header.opcode == .close }
        // The delayed packet leaves its place, so that packet 8 is number 8, counted from 1.
        #expect(closes.first { $0.from == .server }?.origin.packet == 8)
        #expect(closes.first { $0.from == .client }?.origin.packet == 9)
    }

    @Test("A session whose last bytes are lost ends with the acknowledgment of the second FIN", arguments: 5...9)
    func lostBeforeEnd(lost: Int) throws {
        var other = TCPConversation()
        other.wait(milliseconds: 3000)
        other.open()
        let later = other.packets.map { packet in
            var packet = packet
            // Another port.
            for index in [34, 36] where packet.bytes[index] == 0xd0 { packet.bytes[index] = 0xd1 }
            return packet
        }
        let analysis = Analysis(closing(.server).losing(lost) + later)
        #expect(try analysis.end.verdict.layer == .closeFrame)
        // The acknowledgment is number 12, counted from 1, since one packet is lost. It may still come for two seconds.
        #expect(analysis.endPackets == [12])
        let end = analysis.reported.firstIndex { if case .end = $0.event { true } else { false } }
        #expect(end == analysis.reported.count - 2)
    }

    @Test("The client's Close frame stays the first if the server's messages before its answer come late")
    func answerCapturedLate() throws {
        let verdict = try Analysis(closing(.client).delaying(7, after: 9)).end.verdict
        #expect(verdict.by == .client && verdict.reason == "bye" && verdict.isClean)
    }

    @Test("The server's Close frame is the first if a segment before it is lost", arguments: [5, 6])
    func closeAfterGap(lost: Int) throws {
        let verdict = try Analysis(closing(.server).losing(lost)).end.verdict
        #expect(verdict.by == .server && verdict.code == .goingAway && verdict.reason == "bye")
    }

    @Test("Close frames are found though the segments before both are lost: one answers the other")
    func closesAfterGaps() throws {
        // The last messages of the two ends are packets 7 and 8.
        let packets = packets { talk in
            talk.send(WireFrame.text("last", from: .client), from: .client)
            talk.send(WireFrame.close(1001, "bye", from: .server), from: .server)
            talk.send(WireFrame.close(1001, from: .client), from: .client)
            talk.finish(first: .server)
        }
        let analysis = Analysis(packets.losing(8).losing(7))
        let verdict = try analysis.end.verdict
        #expect(verdict.layer == .closeFrame && verdict.code == .goingAway && verdict.reason == "bye")
        #expect(analysis.frames.count { $0.frame.header.opcode == .close } == 2 && analysis.messages.count == 2)
    }

    @Test("Nobody is reported to have closed first if the other end's Close frame may be lost")
    func closeLost() throws {
        let verdict = try Analysis(closing(.server).losing(8)).end.verdict
        #expect(verdict.by != .client && verdict.layer == .closeFrame)
    }

    @Test("The round trip of a Ping that waited is that of its own packet", arguments: [5, 6, 7])
    func roundTrip(delayed: Int) throws {
        let packets = packets { talk in
            talk.send(WireFrame.ping("p", from: .server), from: .server)
            talk.wait(milliseconds: 4)
            talk.send(WireFrame.pong("p", from: .client), from: .client)
            talk.send(WireFrame.text("last", from: .server), from: .server)
            talk.wait(milliseconds: 1500)
            talk.finish(first: .server)
        }
        let analysis = Analysis(packets.delaying(delayed, after: 9))
        let roundTrips = try #require(analysis.end.pingRoundTrip)
        #expect(roundTrips.count == 1 && roundTrips.min == 5_000_000)
        #expect(try analysis.end.verdict.unansweredPings == 0)
        #expect(!analysis.rules.contains("ping.unanswered") && !analysis.rules.contains("pong.unsolicited"))
    }

    @Test("Silence before the end counts from the latest byte, not from when it was found", arguments: [5, 6, 7])
    func silence(delayed: Int) throws {
        let packets = packets { talk in
            talk.send(WireFrame.text("last", from: .server), from: .server)
            talk.wait(milliseconds: 20)
            talk.reset(from: .server)
        }
        // The delayed segment comes half a millisecond after packet 8, and 20.5 before the RST.
        let verdict = try Analysis(packets.delaying(delayed, after: 8)).end.verdict
        #expect(verdict.silence == 20_500_000)
    }

    @Test("Messages and readyStates of a session whose 101 came late have the times of their own packets")
    func responseCapturedLate() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(WireFrame.text("one", from: .client), from: .client)
        talk.send(WireFrame.text("two", from: .client), from: .client)
        talk.send(WireFrame.close(1000, from: .client), from: .client)
        talk.send(WireFrame.close(1000, from: .server), from: .server)
        talk.finish(first: .server)
        // The 101 is packet 4, counted from 0; it comes after the client's Close frame.
        let analysis = Analysis(talk.packets.delaying(4, after: 7))
        #expect(analysis.texts == ["one", "two"])
        #expect(analysis.messages.map(\.origin.packet) == [5, 6])
        #expect(try analysis.end.verdict.by == .client && analysis.end.verdict.isClean)
    }

    @Test(
        "A Close frame whose segment acknowledges the other one is the answer, though it was captured first",
        arguments: [ExpectedMessage.Sender.client, .server], [false, true])
    func echoCapturedFirst(closer: ExpectedMessage.Sender, isVeryLate: Bool) throws {
        let packets = isVeryLate ? closing(closer).delaying(8, after: 11) : closing(closer).swapping(8, 9)
        for isBatched in [false, true] {
            let analysis = Analysis(packets, isBatched: isBatched)
            let verdict = try analysis.end.verdict
            #expect(verdict.by == (closer == .client ? .client : .server) && verdict.layer == .closeFrame)
            #expect(verdict.isClean && verdict.code == .goingAway && verdict.reason == "bye")
            let seen = closer == .client ? verdict.serverEvent : verdict.clientEvent
            #expect(seen?.code == .goingAway && seen?.reason == "bye")
            #expect(analysis.rules.isEmpty)
        }
    }

    @Test("A Close frame answers another even after a hole", arguments: [ExpectedMessage.Sender.client, .server])
    func echoBehindHole(closer: ExpectedMessage.Sender) throws {
        let packets = packets { talk in
            talk.lose(300, from: closer.peer)
            talk.send(WireFrame.close(1001, "bye", from: closer), from: closer)
            talk.send(WireFrame.close(1001, from: closer.peer), from: closer.peer)
            talk.finish(first: .server)
        }
        for packets in [packets, packets.swapping(8, 9)] {
            let verdict = try Analysis(packets).end.verdict
            #expect(verdict.by == (closer == .client ? .client : .server) && verdict.reason == "bye")
        }
    }

    @Test(
        "A Close frame is no answer to what its sender had not received",
        arguments: [ExpectedMessage.Sender.client, .server])
    func echoLost(closer: ExpectedMessage.Sender) throws {
        let answer = WireFrame.close(1001, from: closer.peer)
        let packets = packets { talk in
            talk.send(WireFrame.close(1001, "bye", from: closer), from: closer)
            talk.lose(answer.count, from: closer.peer)
            talk.finish(first: .server)
        }
        let verdict = try Analysis(packets).end.verdict
        #expect(verdict.by == (closer == .client ? .client : .server) && verdict.layer == .closeFrame)
        #expect(verdict.code == .goingAway && verdict.reason == "bye")
    }

    @Test("The first of two Close frames that crossed is the one captured first")
    func crossed() throws {
        for closer in [ExpectedMessage.Sender.client, .server] {
            let first = WireFrame.close(1001, "bye", from: closer)
            let packets = packets { talk in
                talk.send(first, from: closer)
                talk.send(WireFrame.close(1000, from: closer.peer), from: closer.peer, withoutLast: first.count)
                talk.finish(first: .server)
            }
            let verdict = try Analysis(packets).end.verdict
            #expect(verdict.by == (closer == .client ? .client : .server) && verdict.code == .goingAway)
            #expect(verdict.isClean)
        }
    }

    @Test(
        "Nothing changes if one end's packets are captured later than the other's",
        arguments: [ExpectedMessage.Sender.client, .server], [ExpectedMessage.Sender.client, .server])
    func lagging(closer: ExpectedMessage.Sender, late: ExpectedMessage.Sender) throws {
        let packets = packets { talk in
            talk.send(WireFrame.text("a message", from: .client), from: .client)
            talk.send(WireFrame.close(1001, "bye", from: closer), from: closer)
            talk.send(WireFrame.close(1001, from: closer.peer), from: closer.peer)
            talk.finish(first: .server)
        }
        let analysis = Analysis(packets.delaying(late, by: 4_500_000))
        let verdict = try analysis.end.verdict
        #expect(verdict.by == (closer == .client ? .client : .server) && verdict.reason == "bye" && verdict.isClean)
        #expect(analysis.messages.count == 4 && analysis.rules.allSatisfy { $0 == "masking.repeated-key" })
    }

    @Test(
        "A FIN that acknowledges the other end's is the second, though it was captured first or alone",
        arguments: [ExpectedMessage.Sender.client, .server])
    func finCapturedFirst(sender: ExpectedMessage.Sender) throws {
        let packets = packets { talk in
            talk.wait(milliseconds: 1500)
            talk.finish(first: sender)
        }
        for packets in [packets, packets.swapping(8, 9), packets.losing(8)] {
            let verdict = try Analysis(packets).end.verdict
            #expect(verdict.by == (sender == .client ? .client : .server) && verdict.layer == .fin)
        }
    }

    @Test(
        "A Close frame that acknowledges a FIN came after it, whichever was captured first",
        arguments: [ExpectedMessage.Sender.client, .server])
    func closeAfterFin(sender: ExpectedMessage.Sender) throws {
        let packets = packets { talk in
            talk.finish(from: sender)
            talk.send(WireFrame.close(1000, from: sender.peer), from: sender.peer)
            talk.refuse(from: sender)
        }
        for packets in [packets, packets.swapping(8, 9)] {
            let verdict = try Analysis(packets).end.verdict
            #expect(verdict.by == (sender == .client ? .client : .server) && verdict.layer == .fin)
        }
    }
}
