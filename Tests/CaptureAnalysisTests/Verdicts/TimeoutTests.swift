import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("An end that falls silent")
struct TimeoutTests {
    private static let text = WireFrame.text("hello?", from: .server)

    private func end(_ steps: (inout TCPConversation) -> Void) throws -> SessionEnd {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(Self.text, from: .server)
        steps(&talk)
        return try Analysis(talk).end
    }

    @Test(
        "An end that falls silent leaves a session that timed out, once data were sent again three times over a second")
    func retransmissions() throws {
        let end = try end { talk in
            for delay in [200, 400, 800] as [Int64] {
                talk.wait(milliseconds: delay)
                talk.sendAgain(Self.text, from: .server)
            }
        }
        #expect(end.verdict.by == .network && end.verdict.layer == .timeout)
        #expect(end.verdict.timeout == SessionEnd.Unanswered(from: .server, segments: 3, span: 1_202_000_000))
        #expect(end.tcp.unanswered == end.verdict.timeout)
        #expect(end.verdict.clientEvent == nil && end.verdict.serverEvent == nil, "nobody was told yet")
        #expect(end.verdict.silence == 1_403_000_000)
    }

    @Test("An end that falls silent before a Close frame has come has an unknown close event")
    func closing() throws {
        let close = WireFrame.close(1000, from: .server)
        let end = try end { talk in
            talk.acknowledge(from: .client)
            talk.wait(milliseconds: 3000)
            talk.send(close, from: .server)
            for delay in [200, 400, 800] as [Int64] {
                talk.wait(milliseconds: delay)
                talk.sendAgain(close, from: .server)
            }
        }
        #expect(end.verdict.by == .server && end.verdict.layer == .closeFrame && end.verdict.code?.rawValue == 1000)
        #expect(end.verdict.timeout == SessionEnd.Unanswered(from: .server, segments: 3, span: 1_202_000_000))
        #expect(end.verdict.clientEvent == nil && end.verdict.serverEvent == nil)
    }

    @Test(
        "An end that falls silent leaves a session that timed out when keep-alive probes were not answered, though a RST ended it"
    )
    func probes() throws {
        let end = try end { talk in
            talk.acknowledge(from: .client)
            for _ in 0..<4 {
                talk.wait(milliseconds: 1000)
                talk.probe(from: .server)
            }
            talk.reset(from: .server)
        }
        #expect(end.verdict.by == .network && end.verdict.layer == .timeout)
        #expect(end.verdict.timeout?.from == .server && end.verdict.timeout?.segments == 4)
        #expect(end.verdict.clientSees == .abnormalClosure && end.verdict.serverSees == .abnormalClosure)
        #expect(end.tcp.resetFrom == .server)
        #expect(end.serverReadyStates.last?.state == .closed)
    }

    @Test(
        "An end that falls silent is not gone while it answers, or for a burst, or for two segments",
        arguments: [([1000, 1000, 1000], true), ([0, 0, 0, 0], false), ([1000, 1000], false)] as [([Int64], Bool)])
    func alive(delays: [Int64], answers: Bool) throws {
        let end = try end { talk in
            for delay in delays {
                talk.wait(milliseconds: delay)
                talk.sendAgain(Self.text, from: .server)
                if answers { talk.acknowledge(from: .client) }
            }
        }
        #expect(end.verdict.by == .unknown && end.verdict.layer == .captureEnd && end.verdict.timeout == nil)
        #expect((end.tcp.unanswered == nil) == answers)
    }

    @Test("An end that falls silent does not take the verdict from a Close frame")
    func close() throws {
        let close = WireFrame.close(1011, "keepalive ping timeout", from: .server)
        let end = try end { talk in
            talk.acknowledge(from: .client)
            talk.send(close, from: .server)
            for _ in 0..<4 {
                talk.wait(milliseconds: 1000)
                talk.sendAgain(close, from: .server)
            }
        }
        #expect(end.verdict.by == .server && end.verdict.layer == .closeFrame && end.tcp.unanswered?.segments == 4)
    }
}
