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

    @Test("An end that was unreachable for a while, and then reset, has not received the Close frame")
    func asleep() throws {
        let verdict = try verdict {
            $0.sendText("hello", from: .client)
            $0.acknowledge(from: .server)
            let close = WireFrame.close(1008, from: .server)
            $0.send(close, from: .server)
            $0.finish(from: .server)
            $0.wait(milliseconds: 60_000)
            $0.send(WireFrame.ping("there?", from: .client), from: .client, withoutLast: close.count + 1)
            $0.refuse(from: .server, withoutLast: close.count + 1)
        }
        #expect(verdict.by == .server && verdict.code?.rawValue == 1008)
        #expect(verdict.clientEvent?.code == .abnormalClosure && verdict.serverEvent?.code == .abnormalClosure)
    }

    @Test(
        "It is unknown whether a Close frame was received that is not acknowledged for a second",
        arguments: [0, 400, 1500, 10_000], ExpectedMessage.Sender.allCases)
    func unacknowledged(milliseconds: Int64, sender: ExpectedMessage.Sender) throws {
        let verdict = try verdict {
            $0.sendText("hello", from: sender.peer)
            $0.acknowledge(from: sender)
            $0.sendClose(1011, "keepalive ping timeout", from: sender)
            $0.wait(milliseconds: milliseconds)
            $0.finish(from: sender)
        }
        let event = sender == .server ? verdict.clientEvent : verdict.serverEvent
        #expect(verdict.layer == .closeFrame && verdict.code?.rawValue == 1011)
        #expect(event?.code.rawValue == (milliseconds < 1000 ? 1011 : nil))
    }

    @Test("A Close frame was received that the other end's acknowledges, though it was captured after that end's FIN")
    func late() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendClose(1001, from: .server)
        talk.sendClose(1001, from: .client)
        talk.finish(first: .client)
        // The server's packets after the handshake come last.
        let late = talk.packets.enumerated().filter { [5, 8].contains($0.offset) }.map(\.element)
        var packets = talk.packets.enumerated().filter { ![5, 8].contains($0.offset) }.map(\.element)
        for var packet in late {
            packet.time = packets[packets.count - 1].time
            packets.append(packet)
        }
        let verdict = try Analysis(packets).end.verdict
        #expect(verdict.by == .server && verdict.layer == .closeFrame && verdict.code == .goingAway)
    }

    @Test("The close event of each end shows what the other one sent")
    func both() throws {
        let verdict = try verdict {
            $0.sendClose(4001, "mine", from: .client)
            $0.sendClose(4002, "yours", from: .server)
            $0.finish(first: .server)
        }
        #expect(verdict.clientEvent == CloseEvent(code: CloseCode(rawValue: 4002), reason: "yours", wasClean: true))
        #expect(verdict.serverEvent == CloseEvent(code: CloseCode(rawValue: 4001), reason: "mine", wasClean: true))
    }

    @Test("The close event is not clean at an end that has not answered")
    func unanswered() throws {
        let verdict = try verdict {
            $0.sendClose(1001, from: .server)
            $0.finish(first: .client)
        }
        #expect(verdict.clientEvent == CloseEvent(code: .goingAway, reason: "", wasClean: false))
        #expect(verdict.serverEvent == CloseEvent(code: .abnormalClosure, reason: "", wasClean: false))
    }

    @Test("The close event may be clean or not if a gap may hide the answer")
    func hidden() throws {
        let verdict = try verdict {
            $0.sendClose(1001, from: .server)
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
            $0.sendClose(1000, from: .server)
            $0.finish(first: .server)
        }
        #expect(verdict.serverEvent == CloseEvent(code: .normalClosure, reason: nil, wasClean: true))
    }

    @Test("There is no close event for either end while the session is open")
    func open() throws {
        let verdict = try verdict { $0.sendText("hello", from: .client) }
        #expect(verdict.clientEvent == nil && verdict.serverEvent == nil)
    }
}
