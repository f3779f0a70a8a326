import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

/// Close frames, what happens around them, and the expected findings.
struct Farewell: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What happens after the upgrade.
    var steps: @Sendable (inout TCPConversation) -> Void
    /// The number of Pings that count as unanswered.
    var unansweredPings: UInt64 = 0
    /// The broken rules.
    var rules: [String] = []

    private static func close(_ talk: inout TCPConversation, first: ExpectedMessage.Sender) {
        talk.sendClose(1000, from: first)
        talk.sendClose(1000, from: first.peer)
    }

    static let all: [Farewell] = [
        Farewell(
            testDescription: "a Ping after both Close frames",
            steps: {
                close(&$0, first: .client)
                $0.sendPing("p", from: .client)
                $0.wait(milliseconds: 1500)
                $0.finish(first: .server)
            }, rules: ["close.data-after-close"]),
        Farewell(
            testDescription: "a Ping a millisecond before the other end's Close frame",
            steps: {
                $0.sendPing("p", from: .server)
                close(&$0, first: .client)
                $0.wait(milliseconds: 1500)
                $0.finish(first: .server)
            }),
        Farewell(
            testDescription: "a Ping 999 ms before a Close frame",
            steps: {
                $0.sendPing("p", from: .server)
                $0.wait(milliseconds: 998)
                close(&$0, first: .client)
                $0.finish(first: .server)
            }),
        Farewell(
            testDescription: "a Ping a second before a Close frame",
            steps: {
                $0.sendPing("p", from: .server)
                $0.wait(milliseconds: 999)
                close(&$0, first: .client)
                $0.finish(first: .server)
            }, unansweredPings: 1, rules: ["ping.unanswered"]),
        Farewell(
            testDescription: "a Ping after the other end's Close frame",
            steps: {
                $0.sendClose(1000, from: .client)
                $0.sendPing("p", from: .server)
                $0.wait(milliseconds: 1200)
                $0.sendClose(1000, from: .server)
                $0.finish(first: .server)
            }),
        Farewell(
            testDescription: "a Ping to an end that is inside a frame up to the end",
            steps: {
                $0.send(Array(WireFrame(2, Array(repeating: 7, count: 90), from: .client).bytes[..<20]), from: .client)
                $0.sendPing("p", from: .server)
                $0.wait(milliseconds: 1500)
                $0.finish(first: .server)
            }),
        Farewell(
            testDescription: "a server that keeps TCP open for two seconds",
            steps: {
                close(&$0, first: .client)
                $0.wait(milliseconds: 1999)
                $0.finish(first: .server)
            }, rules: ["close.tcp-left-open"]),
        Farewell(
            testDescription: "a server that ends TCP just before",
            steps: {
                close(&$0, first: .client)
                $0.wait(milliseconds: 1998)
                $0.finish(first: .server)
            }),
        Farewell(
            testDescription: "a server that closed first and keeps TCP open",
            steps: {
                close(&$0, first: .server)
                $0.wait(milliseconds: 9999)
                $0.reset(from: .client)
            }, rules: ["close.tcp-left-open"]),
        Farewell(
            testDescription: "a server that keeps TCP open to the end of the capture",
            steps: {
                close(&$0, first: .client)
                $0.wait(milliseconds: 2500)
                $0.acknowledge(from: .client)
            }, rules: ["close.tcp-left-open"]),
        Farewell(
            testDescription: "a capture that ends before two seconds have passed",
            steps: {
                close(&$0, first: .client)
                $0.wait(milliseconds: 1500)
                $0.acknowledge(from: .client)
            }),
        Farewell(
            testDescription: "TCP open for long after one Close frame",
            steps: {
                $0.sendClose(1000, from: .client)
                $0.wait(milliseconds: 2500)
                $0.acknowledge(from: .server)
            }),
    ]
}

@Suite("Around the Close frames")
struct AfterCloseTests {
    @Test("Around the Close frames, nothing is expected that RFC 6455 does not require", arguments: Farewell.all)
    func farewell(farewell: Farewell) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        farewell.steps(&talk)
        let analysis = Analysis(talk)
        #expect(try analysis.end.verdict.unansweredPings == farewell.unansweredPings)
        // All of these frames have the key from the RFC's examples.
        #expect(analysis.rules.filter { $0 != "masking.repeated-key" } == farewell.rules)
    }
}
