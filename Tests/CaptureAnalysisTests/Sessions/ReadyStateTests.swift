import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("The readyState of each end")
struct ReadyStateTests {
    /// The states after the upgrade, each with the milliseconds since the upgrade's response.
    private func states(
        _ steps: (inout TCPConversation) -> Void
    ) throws -> (client: [String], server: [String]) {
        var talk = TCPConversation()
        talk.openWebSocket()
        steps(&talk)
        let end = try Analysis(talk).end
        return (words(end.clientReadyStates), words(end.serverReadyStates))
    }

    private func words(_ changes: [SessionEnd.ReadyStateChange]) -> [String] {
        let open = changes.first { $0.state == .open }?.elapsed ?? 0
        return changes.drop { $0.state == .connecting || $0.state == .open }
            .map { "\($0.state.rawValue) \(($0.elapsed - open) / 1_000_000)" }
    }

    @Test("The readyState of each end is closed by the other end's FIN when both Close frames have passed")
    func shut() throws {
        let states = try states {
            $0.sendClose(1000, from: .client)
            $0.sendClose(1000, from: .server)
            $0.finish(from: .server)
            $0.wait(milliseconds: 10)
            $0.finish(from: .client)
            $0.acknowledge(from: .server)
        }
        #expect(states.client == ["closing 1", "closed 3"])
        #expect(states.server == ["closing 1", "closed 14"])
    }

    @Test("The readyState of each end stays open at both ends of a half-closed connection")
    func halfClosed() throws {
        let states = try states {
            $0.finish(from: .client)
            $0.acknowledge(from: .server)
            $0.wait(milliseconds: 50)
            $0.sendText("more", from: .server)
            $0.finish(from: .server)
            $0.acknowledge(from: .client)
        }
        #expect(states.client == ["closed 54"] && states.server == ["closed 54"])
    }

    @Test("The readyState of each end is closed by a RST at once")
    func reset() throws {
        let states = try states {
            $0.sendClose(1000, from: .client)
            $0.reset(from: .client)
        }
        #expect(states.client == ["closing 1", "closed 2"] && states.server == states.client)
    }

    @Test("The readyState of each end is not closed by a FIN before which bytes are missing")
    func early() throws {
        let states = try states {
            $0.finish(from: .client)
            $0.lose(20, from: .server)
            $0.finish(from: .server)
        }
        #expect(states.client == [] && states.server == [])
    }
}
