import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("Missing and unsolicited answers")
struct UnansweredTests {
    private func analysis(_ fill: (inout TCPConversation) -> Void) -> Analysis {
        var talk = TCPConversation()
        talk.openWebSocket()
        fill(&talk)
        return Analysis(talk)
    }

    /// The findings, except those on masking keys, which all made-up frames share.
    private func findings(_ analysis: Analysis) -> [Finding] {
        analysis.reported.compactMap { if case .finding(let finding) = $0.event { finding } else { nil } }
            .filter { $0.rule != "masking.repeated-key" }
    }

    private func reported(_ analysis: Analysis) -> [String] { findings(analysis).map(\.rule) }

    @Test("Pings count from a second on", arguments: [(998, 0), (999, 1), (30_000, 1)] as [(Int64, Int)])
    func patience(milliseconds: Int64, count: Int) {
        let analysis = analysis { talk in
            talk.sendPing("?", from: .client)
            talk.wait(milliseconds: milliseconds)
            talk.sendText("no time", from: .server)
        }
        #expect(reported(analysis) == Array(repeating: "ping.unanswered", count: count))
        #expect(findings(analysis).map(\.from) == Array(repeating: .server, count: count))
        #expect(findings(analysis).allSatisfy { $0.text == "A Ping was not answered (packet 6)." })
    }

    @Test("Pings are reported together, with the packet of the first")
    func several() {
        let analysis = analysis { talk in
            for text in ["a", "b", "c"] { talk.sendPing(text, from: .client) }
            talk.sendPong("a", from: .server)
            talk.wait(milliseconds: 2000)
            talk.acknowledge(from: .server)
        }
        #expect(findings(analysis).map(\.text) == ["2 Pings were not answered (the first in packet 7)."])
    }

    @Test("Pings need no answer once a Close frame was sent (RFC 6455 5.5.2)")
    func closing() {
        let analysis = analysis { talk in
            talk.sendPing("?", from: .client)
            talk.sendClose(1000, from: .client)
            talk.wait(milliseconds: 5000)
            talk.sendClose(1000, from: .server)
            talk.finish(first: .server)
        }
        #expect(reported(analysis) == [])
    }

    @Test("A Close frame can no longer be answered once its receiver has sent a FIN")
    func finished() {
        let analysis = analysis { talk in
            talk.sendClose(1001, from: .server)
            talk.acknowledge(from: .client)
            talk.wait(milliseconds: 10_000)
            talk.finish(from: .server)
            talk.finish(from: .client)
        }
        #expect(reported(analysis) == ["close.not-answered"])
        #expect(findings(analysis).map(\.from) == [.client])
    }

    @Test("Pings are not judged if the capture lacks bytes that may hold the Pong")
    func gap() {
        let analysis = analysis { talk in
            talk.sendPing("?", from: .client)
            talk.lose(3, from: .server)
            talk.acknowledge(from: .client)
            talk.wait(milliseconds: 5000)
            talk.acknowledge(from: .client)
        }
        #expect(reported(analysis) == ["tcp.gap"])
    }

    @Test("A Pong without a Ping is a note at its frame")
    func unsolicited() throws {
        let analysis = analysis { talk in
            talk.sendText("first", from: .client)
            talk.sendPong("beat", from: .client)
        }
        let finding = try #require(findings(analysis).first)
        #expect(finding.rule == "pong.unsolicited" && finding.severity == .note && finding.from == .client)
        #expect(finding.frameIndex == 1 && finding.streamOffset == analysis.frames[1].frame.streamOffset)
        #expect(reported(analysis).count == 1)
    }

    @Test("A Pong whose Ping comes late is not noted, and its Ping not unanswered")
    func latePing() {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendPing("late", from: .server)
        talk.sendPong("late", from: .client)
        talk.sendText("more", from: .server)
        talk.wait(milliseconds: 5000)
        talk.finish(first: .client)
        var packets = talk.packets
        // The Ping is retransmitted after its Pong.
        let pingTime = packets[5].time
        packets[5].time = packets[6].time
        packets[6].time = pingTime
        packets.swapAt(5, 6)
        let analysis = Analysis(packets)
        #expect(reported(analysis) == [])
        #expect(analysis.texts == ["more"])
    }

    @Test("Pongs to Pings that were forgotten, or that came before the capture, are not judged")
    func unknownPings() {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<5 { talk.sendPing("\(number)", from: .server) }
        talk.sendPong("0", from: .client)
        var limits = Limits()
        limits.outstandingPings = 3
        #expect(reported(Analysis(talk.packets, limits: limits)) == [])
    }

    @Test("A Close frame must be answered before the connection ends", arguments: ExpectedMessage.Sender.allCases)
    func close(first: ExpectedMessage.Sender) throws {
        let analysis = analysis { talk in
            talk.sendClose(1000, from: first)
            talk.finish(first: first.peer)
        }
        let finding = try #require(findings(analysis).first)
        #expect(reported(analysis) == ["close.not-answered"])
        #expect(finding.from == (first == .client ? .server : .client))
    }

    @Test("A Close frame is not judged if the answer may still come, or cannot")
    func closeUnjudged() {
        let open = analysis { talk in
            talk.sendClose(1000, from: .client)
        }
        #expect(reported(open) == [])
        let gone = analysis { talk in
            talk.finish(from: .server)
            talk.sendClose(1000, from: .client)
            talk.finish(from: .client)
            talk.acknowledge(from: .server)
        }
        #expect(reported(gone) == [])
        let hidden = analysis { talk in
            talk.sendClose(1000, from: .client)
            talk.lose(4, from: .server)
            talk.finish(first: .server)
        }
        #expect(reported(hidden) == ["tcp.gap"])
    }

    @Test(
        "A Close frame cannot be answered if its sender resets the connection at once",
        arguments: [(1, 0), (998, 0), (1500, 1)])
    func closeCutOff(milliseconds: Int64, findings count: Int) throws {
        for closer in ExpectedMessage.Sender.allCases {
            let analysis = analysis { talk in
                talk.sendClose(1001, from: closer)
                talk.wait(milliseconds: milliseconds)
                talk.reset(from: closer)
            }
            #expect(reported(analysis).count { $0 == "close.not-answered" } == count)
            #expect(try !analysis.end.verdict.isClean)
            // As on Linux with a closed socket: what the other end still sends is answered with a RST.
            let behindFin = self.analysis { talk in
                talk.sendClose(1011, from: closer)
                talk.finish(from: closer)
                talk.wait(milliseconds: milliseconds * 9 / 10)
                talk.sendText("still here", from: closer.peer)
                talk.reset(from: closer)
            }
            #expect(reported(behindFin).count { $0 == "close.not-answered" } == count)
            let finished = self.analysis { talk in
                talk.sendClose(1000, from: closer)
                talk.finish(from: closer)
                talk.finish(from: closer.peer)
                talk.reset(from: closer)
            }
            #expect(reported(finished) == ["close.not-answered"])
        }
        let refused = analysis { talk in
            talk.sendClose(1001, from: .client)
            talk.reset(from: .server)
        }
        #expect(reported(refused) == ["close.not-answered"])
    }

    @Test("A Close frame need not be answered if an end failed the connection (RFC 6455 7.1.7)")
    func closeFailed() {
        let byCloser = analysis { talk in
            talk.send(WireFrame.text("no mask", from: .server), from: .client)
            talk.sendClose(1002, from: .server)
            talk.finish(first: .server)
        }
        #expect(reported(byCloser) == ["masking.client-unmasked"])
        let byPeer = analysis { talk in
            let unmasked = WireFrame.text("no mask", from: .server)
            talk.send(unmasked + WireFrame.close(1000, from: .client), from: .client)
            talk.finish(first: .server)
        }
        #expect(reported(byPeer) == ["masking.client-unmasked"])
        let byNobody = analysis { talk in
            talk.sendClose(1002, from: .server)
            talk.finish(first: .server)
        }
        #expect(reported(byNobody) == ["close.not-answered"])
    }
}
