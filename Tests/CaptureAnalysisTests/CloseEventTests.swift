import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("The close event")
struct CloseEventTests {
    private func verdict(_ steps: (inout TCPConversation) -> Void) throws -> SessionEnd.Verdict {
        var talk = TCPConversation()
        talk.openWebSocket()
        steps(&talk)
        return try Analysis(talk).end.verdict
    }

    @Test("The close event of each end shows what the other one sent")
    func both() throws {
        let verdict = try verdict {
            $0.send(WireFrame.close(4001, "mine", from: .client), from: .client)
            $0.send(WireFrame.close(4002, "yours", from: .server), from: .server)
            $0.finish(first: .server)
        }
        #expect(verdict.clientEvent == CloseEvent(code: CloseCode(rawValue: 4002), reason: "yours", wasClean: true))
        #expect(verdict.serverEvent == CloseEvent(code: CloseCode(rawValue: 4001), reason: "mine", wasClean: true))
    }

    @Test("The close event is not clean at an end that has not answered")
    func unanswered() throws {
        let verdict = try verdict {
            $0.send(WireFrame.close(1001, from: .server), from: .server)
            $0.finish(first: .client)
        }
        #expect(verdict.clientEvent == CloseEvent(code: .goingAway, reason: "", wasClean: false))
        #expect(verdict.serverEvent == CloseEvent(code: .abnormalClosure, reason: "", wasClean: false))
    }

    @Test("The close event may be clean or not if a gap may hide the answer")
    func hidden() throws {
        let verdict = try verdict {
            $0.send(WireFrame.close(1001, from: .server), from: .server)
            $0.lose(8, from: .client)
            $0.acknowledge(from: .server)
            $0.finish(first: .server)
        }
        #expect(verdict.clientEvent == CloseEvent(code: .goingAway, reason: "", wasClean: nil))
        #expect(verdict.serverEvent == nil)
    }

    @Test("The close event has no reason unless that is UTF-8")
    func reason() throws {
        let verdict = try verdict {
            $0.send(WireFrame(8, [0x03, 0xe8, 0xff], from: .client).bytes, from: .client)
            $0.send(WireFrame.close(1000, from: .server), from: .server)
            $0.finish(first: .server)
        }
        #expect(verdict.serverEvent == CloseEvent(code: .normalClosure, reason: nil, wasClean: true))
    }

    @Test("The close event is there for nobody while the session is open")
    func open() throws {
        let verdict = try verdict { $0.send(WireFrame.text("hello", from: .client), from: .client) }
        #expect(verdict.clientEvent == nil && verdict.serverEvent == nil)
    }
}
