import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// Packets captured after a RST that counts.
struct Aftermath: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// The steps that follow an end's RST.
    var follow: @Sendable (inout TCPConversation, _ sender: ExpectedMessage.Sender) -> Void
    /// Whether the session goes on.
    var isSurvived = false
    /// The texts that follow.
    var texts: [String] = []
    /// The numbers of following bytes from the other end, and from the RST's sender.
    var count = (other: 0, sender: 0)

    private static func text(_ text: String, _ sender: ExpectedMessage.Sender) -> [UInt8] {
        WireFrame.text(text, from: sender)
    }

    static let all: [Aftermath] = [
        Aftermath(testDescription: "nothing", follow: { _, _ in }),
        Aftermath(
            testDescription: "an acknowledgment that was on its way",
            follow: { talk, sender in talk.acknowledge(from: sender.peer) }),
        Aftermath(
            testDescription: "two messages that were on their way",
            follow: { talk, sender in
                talk.send(text("one", sender.peer), from: sender.peer)
                talk.send(text("two", sender.peer), from: sender.peer)
            }, texts: ["one", "two"], count: (2, 0)),
        Aftermath(
            testDescription: "a message, and the RST that it draws",
            follow: { talk, sender in
                talk.send(text("one", sender.peer), from: sender.peer)
                talk.refuse(from: sender)
                talk.send(text("two", sender.peer), from: sender.peer)
                talk.refuse(from: sender)
            }, texts: ["one", "two"], count: (2, 0)),
        Aftermath(
            testDescription: "words of the sender to a socket that is gone",
            follow: { talk, sender in
                talk.send(text("anybody there?", sender), from: sender)
                talk.refuse(from: sender.peer)
            }, texts: ["anybody there?"], count: (0, 1)),
        Aftermath(
            testDescription: "words of the sender that nobody answers",
            follow: { talk, sender in
                let words = text("anybody there?", sender)
                talk.send(words, from: sender)
                for _ in 0..<5 {
                    talk.wait(milliseconds: 1000)
                    talk.sendAgain(words, from: sender)
                }
            }, texts: ["anybody there?"], count: (0, 1)),
        Aftermath(
            testDescription: "words of the sender that the other end acknowledges",
            follow: { talk, sender in
                talk.send(text("still here", sender), from: sender)
                talk.acknowledge(from: sender.peer)
                talk.send(text("so am I", sender.peer), from: sender.peer)
            }, isSurvived: true, texts: ["still here", "so am I"]),
        Aftermath(
            testDescription: "words of both, half a minute later",
            follow: { talk, sender in
                talk.wait(milliseconds: 30_000)
                talk.send(text("so am I", sender.peer), from: sender.peer)
                talk.send(text("still here", sender), from: sender)
                talk.acknowledge(from: sender.peer)
            }, isSurvived: true, texts: ["so am I", "still here"]),
        Aftermath(
            testDescription: "words of the other end that the sender acknowledges, and more",
            follow: { talk, sender in
                for number in 0..<3 {
                    talk.send(text("number \(number)", sender.peer), from: sender.peer)
                    talk.acknowledge(from: sender)
                }
            }, isSurvived: true, texts: ["number 0", "number 1", "number 2"]),
    ]
}

@Suite("Segments after a RST that counts")
struct ResetAftermathTests {
    /// A session whose packet 9 is the RST.
    private func begin(_ sender: ExpectedMessage.Sender) -> TCPConversation {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("status", from: .client)
        talk.sendText("ok", from: .server)
        talk.acknowledge(from: .client)
        talk.reset(from: sender)
        return talk
    }

    @Test(
        "Segments after a RST are reported, and the RST ends the session unless both ends go on",
        arguments: Aftermath.all,
        [ExpectedMessage.Sender.client, .server])
    func follows(aftermath: Aftermath, sender: ExpectedMessage.Sender) throws {
        var talk = begin(sender)
        aftermath.follow(&talk, sender)
        let (party, other): (SessionEnd.Verdict.Party, SessionEnd.Verdict.Party) =
            sender == .client ? (.client, .server) : (.server, .client)
        if aftermath.isSurvived {
            talk.sendClose(1001, from: sender.peer)
            talk.sendClose(1001, from: sender)
            talk.finish(first: .server)
        }
        for tracksStates in [false, true] {
            let analysis = Analysis(talk.packets, tracksStates: tracksStates)
            let (verdict, tcp) = try (analysis.end.verdict, analysis.end.tcp)
            #expect(analysis.connections.count == 1)
            #expect(analysis.texts == ["status", "ok"] + aftermath.texts)
            guard !aftermath.isSurvived else {
                #expect(verdict.by == other && verdict.layer == .closeFrame && verdict.isClean)
                #expect(analysis.tcpRules == ["tcp.reset-survived"] && tcp.resetPacket == nil)
                #expect(try analysis.end.clientReadyStates.map(\.state) == [.connecting, .open, .closing, .closed])
                continue
            }
            #expect(verdict.by == party && verdict.layer == .rst && tcp.resetPacket == 9)
            #expect(verdict.clientEvent?.code == .abnormalClosure && verdict.serverEvent?.code == .abnormalClosure)
            #expect(verdict.silence == 2_000_000)
            // Without another packet there is nothing to wait for.
            let last = UInt64(talk.packets.count)
            #expect(try analysis.end.origin?.packet == (last == 9 ? nil : 9))
            let reported = analysis.findings.filter { $0.rule == "tcp.data-after-reset" }
            #expect(reported.map(\.rule) == analysis.tcpRules)
            // A finding names its packet only if another one completed it: here the last.
            #expect(reported.allSatisfy { $0.text.contains("from packet \($0.origin?.packet ?? last) on") })
            let senders: [Role] = reported.compactMap(\.from)
            let role: Role = sender == .client ? .client : .server
            #expect(senders.contains(role) == (aftermath.count.sender > 0))
            #expect(senders.contains(role.peer) == (aftermath.count.other > 0))
        }
    }

    @Test("The finding on bytes after a RST says how many there are, and where they begin")
    func text() throws {
        var talk = begin(.server)
        talk.sendText("on its way", from: .client)
        talk.sendPing("p", from: .client)
        let bytes = WireFrame.text("on its way", from: .client).count + WireFrame.ping("p", from: .client).count
        let finding = try #require(Analysis(talk.packets).findings.last)
        #expect(finding.text == "After the RST (packet 9), \(bytes) bytes more came from this end (from packet 10 on).")
        let request = TCPConversation.upgradeRequest().utf8.count + WireFrame.text("status", from: .client).count
        #expect(finding.from == .client && finding.streamOffset == UInt64(request))
    }

    @Test("A Close frame after a RST makes no clean end", arguments: [ExpectedMessage.Sender.client, .server])
    func lateAnswer(sender: ExpectedMessage.Sender) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendClose(1001, from: sender)
        talk.reset(from: sender)
        talk.sendClose(1001, from: sender.peer)
        let verdict = try Analysis(talk).end.verdict
        #expect(verdict.by == (sender == .client ? .client : .server) && verdict.layer == .closeFrame)
        #expect(!verdict.isClean && verdict.code == .goingAway)
        let reported = sender == .client ? verdict.clientEvent : verdict.serverEvent
        #expect(reported?.code == .abnormalClosure)
    }

    @Test("A SYN after a RST opens a new connection", arguments: [ExpectedMessage.Sender.client, .server])
    func reopened(sender: ExpectedMessage.Sender) throws {
        let first = begin(sender)
        var second = TCPConversation(at: 1_700_000_001, initialSequence: 900_000)
        second.openWebSocket()
        second.sendText("again", from: .client)
        second.finish(first: .client)
        let analysis = Analysis(first.packets + second.packets)
        #expect(analysis.connections.count == 2 && analysis.texts == ["status", "ok", "again"])
        #expect(analysis.ends.map(\.verdict.layer) == [.rst, .fin] && analysis.tcpRules.isEmpty)
    }

    @Test("A connection's SYN ACK captured after its RST opens no other connection")
    func lateAnswer() {
        var packets = begin(.server).packets
        packets.append(packets.remove(at: 1))
        let analysis = Analysis(packets)
        #expect(analysis.connections.count == 1 && analysis.texts == ["status", "ok"])
        #expect(analysis.ends.map(\.verdict.layer) == [.rst])
    }

    @Test("A gap that only the capture's end reveals belongs to the RST before it", arguments: [false, true])
    func gapAtEnd(isLast: Bool) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        // The client's RST is at its next byte; the server's stream still waits for missing bytes.
        talk.lose(10, from: .server)
        talk.sendText("after", from: .server)
        talk.reset(from: .client)
        let reset = UInt64(talk.packets.count)
        var other = TCPConversation(from: "10.0.0.8:50000")
        other.open()
        let analysis = Analysis(talk.packets + (isLast ? [] : other.packets))
        let gap = try #require(analysis.findings.first { $0.rule == "tcp.gap" })
        #expect(gap.text.contains("10 bytes"))
        let late = analysis.reported.filter {
            switch $0.event {
            case .gap, .finding, .end: true
            default: false
            }
        }
        #expect(late.count >= 3)
        for event in late {
            #expect(event.context.packet == reset && event.context.time == talk.packets.last?.time)
        }
        #expect(try gap.origin == nil && analysis.end.origin == nil)
    }

    @Test(
        "What is reported of a connection that is over does not depend on packets of others",
        arguments: [ConnectionEnding.reset, .resetAndMore, .fins], [ExpectedMessage.Sender.client, .server])
    func others(ending: ConnectionEnding, sender: ExpectedMessage.Sender) {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("before", from: sender.peer)
        talk.lose(10, from: sender)
        talk.sendText("behind", from: sender)
        ending.end(&talk, by: sender)
        var others: [TimedPacket] = []
        for number in 0..<40 {
            var other = TCPConversation(from: "10.0.0.8:\(50_000 + number)", at: 1_700_000_003 + Int64(number))
            other.openWebSocket()
            for _ in 0..<40 { other.sendText("and on", from: .client) }
            others += other.packets
        }
        // The comparison is with the capture that is over after the same packet.
        func told(_ packets: [TimedPacket], whole: CaptureSpan) -> [String] {
            var options = AnalysisOptions()
            options.whole = whole
            let reported = Analysis(packets, options: options).reported
            return reported.filter { $0.context.session.connection == 1 }.map {
                "\($0.event) at \($0.context.packet), \($0.context.time)"
            }
        }
        let all = talk.packets + others
        let whole = CaptureSpan(start: all[0].time, end: all[all.count - 1].time, lastPacket: UInt64(all.count))
        let alone = told(talk.packets, whole: whole)
        #expect(alone.count > 6)
        #expect(told(all, whole: whole) == alone)
    }

    @Test("Segments after a RST are awaited for two seconds, by the time of other connections")
    func patience() throws {
        var packets = begin(.server).packets
        // Some of these are in the same shard.
        for number in 0..<40 {
            var talk = TCPConversation(from: "10.0.0.8:\(50_000 + number)", at: 1_700_000_003 + Int64(number))
            talk.openWebSocket()
            for _ in 0..<40 { talk.sendText("and on", from: .client) }
            packets += talk.packets
        }
        for isBatched in [false, true] {
            let reported = Analysis(packets, isBatched: isBatched).reported
            let end = try #require(reported.firstIndex { if case .end = $0.event { true } else { false } })
            let last = try #require(reported.lastIndex { if case .message = $0.event { true } else { false } })
            #expect(end < last)
        }
    }
}

/// How a connection ends.
enum ConnectionEnding {
    /// With a RST.
    case reset
    /// With a RST, after which an end goes on.
    case resetAndMore
    /// With both FINs and their acknowledgments.
    case fins

    /// Ends a conversation.
    func end(_ talk: inout TCPConversation, by sender: ExpectedMessage.Sender) {
        switch self {
        case .reset: talk.reset(from: sender)
        case .resetAndMore:
            talk.reset(from: sender)
            talk.sendText("to a socket that is gone", from: sender.peer)
        case .fins: talk.finish(first: sender)
        }
    }
}

extension Analysis {
    /// The rules of the TCP findings: all frames here have the same masking key.
    fileprivate var tcpRules: [String] { rules.filter { $0.hasPrefix("tcp.") } }
}
