import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

extension [TimedPacket] {
    /// The packets as captured if one of them came later: `index` after `later`, both counted from 0, half a millisecond
    /// after that one.
    fileprivate func delaying(_ index: Int, after later: Int) -> [TimedPacket] {
        var packets = self
        var packet = packets.remove(at: index)
        packet.time = Timestamp(nanoseconds: packets[later - 1].time.nanoseconds + 500_000)
        packets.insert(packet, at: later)
        return packets
    }

    /// The packets without one, counted from 0.
    fileprivate func losing(_ index: Int) -> [TimedPacket] {
        var packets = self
        packets.remove(at: index)
        return packets
    }
}

/// Frames that are found late, since bytes before them came late or not at all, are judged by the packets that brought
/// them.
///
/// The packets of these conversations are a millisecond apart.
@Suite("Frames that were found late")
struct CaptureOrderTests {
    /// Three messages of the server in packets 5 to 7, counted from 0, then what is given.
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
        // The delayed one leaves its place, so that packet 8 is number 8, counted from 1.
        #expect(closes.first { $0.from == .server }?.origin.packet == 8)
        #expect(closes.first { $0.from == .client }?.origin.packet == 9)
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

    @Test("Nobody is said to have closed first if the other end's Close frame may be lost")
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
        // The delayed segment is half a millisecond after packet 8, and 20.5 before the RST.
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
}
