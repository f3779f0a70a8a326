import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

/// A way for a session to end, and the expected verdict.
struct Ending: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What happens after the upgrade.
    var steps: @Sendable (inout TCPConversation) -> Void
    var by: SessionEnd.Verdict.Party
    var layer: SessionEnd.Verdict.Layer
    var isClean = false
    var code: UInt16?
    var reason: String?
    var clientSees: UInt16?
    var serverSees: UInt16?
    /// The silence before the end, in milliseconds.
    var silence: Int64
    var client: [ReadyState] = [.connecting, .open, .closed]
    var server: [ReadyState] = [.connecting, .open, .closed]

    static let closing: [ReadyState] = [.connecting, .open, .closing, .closed]
    static let open: [ReadyState] = [.connecting, .open]

    static let all: [Ending] = [
        Ending(
            testDescription: "closed by the client",
            steps: {
                $0.wait(milliseconds: 40)
                $0.sendClose(1000, "bye", from: .client)
                $0.sendClose(1000, "bye", from: .server)
                $0.finish(first: .server)
            },
            by: .client, layer: .closeFrame, isClean: true, code: 1000, reason: "bye", clientSees: 1000,
            serverSees: 1000, silence: 41, client: closing, server: closing),
        Ending(
            testDescription: "closed by the server, whose code the client does not repeat",
            steps: {
                $0.sendClose(4001, from: .server)
                $0.sendClose(nil, from: .client)
                $0.finish(first: .server)
            },
            by: .server, layer: .closeFrame, isClean: true, code: 4001, reason: "", clientSees: 4001, serverSees: 1005,
            silence: 1, client: closing, server: closing),
        Ending(
            testDescription: "closed without a code",
            steps: {
                $0.sendClose(nil, from: .client)
                $0.sendClose(nil, from: .server)
                $0.finish(first: .client)
            },
            by: .client, layer: .closeFrame, isClean: true, clientSees: 1005, serverSees: 1005, silence: 1,
            client: closing, server: closing),
        Ending(
            testDescription: "a Close frame without answer",
            steps: {
                $0.sendClose(1001, from: .client)
                $0.acknowledge(from: .server)
                $0.finish(first: .client)
            },
            by: .client, layer: .closeFrame, code: 1001, reason: "", clientSees: 1006, serverSees: 1001, silence: 1,
            client: closing, server: closing),
        Ending(
            testDescription: "a Close frame that a reset answers",
            steps: {
                $0.sendClose(1000, from: .server)
                $0.reset(from: .client)
            },
            by: .server, layer: .closeFrame, code: 1000, reason: "", clientSees: 1000, serverSees: 1006, silence: 1,
            client: closing, server: closing),
        Ending(
            testDescription: "a Close frame to a socket that is gone",
            steps: {
                $0.sendClose(1000, from: .server)
                $0.refuse(from: .client)
            },
            by: .server, layer: .closeFrame, code: 1000, reason: "", clientSees: 1006, serverSees: 1006, silence: 1,
            client: closing, server: closing),
        Ending(
            testDescription: "a FIN of the client",
            steps: {
                $0.wait(milliseconds: 20)
                $0.finish(first: .client)
            },
            by: .client, layer: .fin, clientSees: 1006, serverSees: 1006, silence: 21),
        Ending(
            testDescription: "a FIN of the server",
            steps: { $0.finish(first: .server) },
            by: .server, layer: .fin, clientSees: 1006, serverSees: 1006, silence: 1),
        Ending(
            testDescription: "a RST of the client",
            steps: { $0.reset(from: .client) },
            by: .client, layer: .rst, clientSees: 1006, serverSees: 1006, silence: 1),
        Ending(
            testDescription: "a RST of the server",
            steps: { $0.reset(from: .server) },
            by: .server, layer: .rst, clientSees: 1006, serverSees: 1006, silence: 1),
        Ending(
            testDescription: "a RST behind a FIN of the other end",
            steps: {
                $0.finish(from: .client)
                $0.reset(from: .server)
            },
            by: .client, layer: .fin, clientSees: 1006, serverSees: 1006, silence: 1),
        Ending(
            testDescription: "the capture's end",
            steps: {
                $0.wait(milliseconds: 30)
                $0.acknowledge(from: .client)
            },
            by: .unknown, layer: .captureEnd, silence: 31, client: open, server: open),
        Ending(
            testDescription: "the capture's end behind a Close frame",
            steps: { $0.sendClose(1000, from: .client) },
            by: .client, layer: .closeFrame, code: 1000, reason: "", serverSees: 1000, silence: 1,
            client: [.connecting, .open, .closing], server: [.connecting, .open, .closing]),
        Ending(
            testDescription: "a FIN of the client, whose socket answers the server's Close frame with a RST",
            steps: {
                $0.wait(milliseconds: 20)
                $0.finish(from: .client)
                $0.acknowledge(from: .server)
                $0.sendClose(1000, "client closed abruptly", from: .server)
                $0.refuse(from: .client)
            },
            by: .client, layer: .fin, clientSees: 1006, serverSees: 1006, silence: 21, client: closing, server: closing),
        Ending(
            testDescription: "a half-closed connection on which the server says more",
            steps: {
                $0.finish(from: .client)
                $0.acknowledge(from: .server)
                $0.sendText("more", from: .server)
                $0.sendClose(1001, "late", from: .server)
                $0.finish(from: .server)
                $0.acknowledge(from: .client)
            },
            by: .server, layer: .closeFrame, code: 1001, reason: "late", clientSees: 1001, serverSees: 1006, silence: 1,
            client: closing, server: closing),
    ]
}

@Suite("The verdict")
struct VerdictTests {
    @Test("Each way to end has its verdict", arguments: Ending.all)
    func verdict(ending: Ending) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        ending.steps(&talk)
        let end = try Analysis(talk).end
        let verdict = end.verdict
        #expect(verdict.by == ending.by && verdict.layer == ending.layer && verdict.isClean == ending.isClean)
        #expect(verdict.code?.rawValue == ending.code && verdict.reason == ending.reason)
        #expect(verdict.clientSees?.rawValue == ending.clientSees)
        #expect(verdict.serverSees?.rawValue == ending.serverSees)
        #expect(verdict.silence == ending.silence * 1_000_000)
        #expect(end.clientReadyStates.map(\.state) == ending.client)
        #expect(end.serverReadyStates.map(\.state) == ending.server)
        let moments = end.clientReadyStates.map(\.elapsed)
        #expect(moments == moments.sorted())
    }

    @Test("The verdict does not mention a Close frame that is only partly in the capture")
    func partOfClose() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        let close = WireFrame.close(1000, "so long", from: .server)
        talk.send(Array(close.prefix(2)), from: .server)
        talk.lose(close.count - 2, from: .server)
        talk.acknowledge(from: .client)
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.frames.map(\.frame.missing) == [9])
        #expect(analysis.frames.allSatisfy { $0.close == nil })
        let verdict = try analysis.end.verdict
        #expect(verdict.by == .server && verdict.layer == .closeFrame)
        #expect(verdict.code == nil && verdict.clientSees == nil && verdict.serverSees?.rawValue == 1006)
    }

    @Test("The verdict does not say what the ends saw if a gap may hide a Close frame")
    func hiddenClose() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.lose(WireFrame.close(1000, from: .server).count, from: .server)
        talk.acknowledge(from: .client)
        talk.finish(first: .server)
        let verdict = try Analysis(talk).end.verdict
        #expect(verdict.layer == .fin && verdict.clientSees == nil && verdict.serverSees?.rawValue == 1006)
    }

    @Test("The verdict names the first Close frame if both were in flight")
    func bothAtOnce() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendClose(1000, "mine", from: .client)
        talk.sendClose(1001, "and mine", from: .server)
        talk.finish(first: .server)
        let verdict = try Analysis(talk).end.verdict
        #expect(verdict.by == .client && verdict.isClean && verdict.reason == "mine")
        #expect(verdict.clientSees?.rawValue == 1001 && verdict.serverSees?.rawValue == 1000)
    }
}
