import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

/// The actions of two ends, and whether one of them failed the connection (RFC 6455 7.1.7).
struct Trouble: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// What happens after the upgrade.
    var steps: @Sendable (inout TCPConversation) -> Void
    var failedBy: Role?
    var over: Violation?
    var clientSees: UInt16
    var serverSees: UInt16
    var isClean = false

    /// A text that the client did not mask.
    private static let unmasked = WireFrame.text("no mask", from: .server)

    static let failed: [Trouble] = [
        Trouble(
            testDescription: "a Close frame of 1002 over a frame that is not masked, answered",
            steps: {
                $0.send(unmasked, from: .client)
                $0.sendClose(1002, "mask!", from: .server)
                $0.sendClose(1002, from: .client)
                $0.finish(first: .server)
            },
            failedBy: .server, over: .clientUnmasked, clientSees: 1002, serverSees: 1006),
        Trouble(
            testDescription: "a Close frame of the client over a masked frame",
            steps: {
                $0.send(WireFrame.text("mask", from: .client), from: .server)
                $0.sendClose(1002, from: .client)
                $0.sendClose(1002, from: .server)
                $0.finish(first: .server)
            },
            failedBy: .client, over: .serverMasked, clientSees: 1006, serverSees: 1002),
        Trouble(
            testDescription: "a Close frame whose code must not be sent",
            steps: {
                $0.sendClose(5000, from: .client)
                $0.sendClose(1002, from: .server)
                $0.finish(first: .server)
            },
            failedBy: .server, over: .closeCodeNotAllowed, clientSees: 1002, serverSees: 1006),
        Trouble(
            testDescription: "a broken rule right before a Close frame",
            steps: {
                $0.send(unmasked + WireFrame.close(1000, from: .client), from: .client)
                $0.sendClose(1002, from: .server)
                $0.finish(first: .server)
            },
            failedBy: .server, over: .clientUnmasked, clientSees: 1002, serverSees: 1006),
        Trouble(
            testDescription: "the first bytes of a header, and no more",
            steps: {
                $0.send([0x83, 0x80], from: .client)
                $0.sendClose(1002, from: .server)
                $0.finish(first: .server)
            },
            failedBy: .server, over: .reservedOpcode, clientSees: 1002, serverSees: 1006),
        Trouble(
            testDescription: "the beginning of a text that is not UTF-8",
            steps: {
                $0.send(WireFrame(1, [0xff], from: .client, fin: false).bytes, from: .client)
                $0.sendClose(1007, from: .server)
                $0.finish(first: .server)
            },
            failedBy: .server, over: .textNotUTF8, clientSees: 1007, serverSees: 1006),
        Trouble(
            testDescription: "1002 where a gap may hide the reason",
            steps: {
                $0.sendText("hello", from: .client)
                $0.lose(8, from: .client)
                $0.acknowledge(from: .server)
                $0.sendClose(1002, from: .server)
                $0.finish(first: .server)
            },
            failedBy: .server, over: nil, clientSees: 1002, serverSees: 1006),
        Trouble(
            testDescription: "1009 where the other end has sent data",
            steps: {
                $0.sendText("too long", from: .client)
                $0.sendClose(1009, from: .server)
                $0.sendClose(1009, from: .client)
                $0.finish(first: .server)
            },
            failedBy: .server, over: nil, clientSees: 1009, serverSees: 1006),
        Trouble(
            testDescription: "a FIN right after a broken rule",
            steps: {
                $0.send(unmasked, from: .client)
                $0.finish(first: .server)
            },
            failedBy: .server, over: .clientUnmasked, clientSees: 1006, serverSees: 1006),
        Trouble(
            testDescription: "a RST right after a broken rule and a Close frame",
            steps: {
                $0.send(unmasked + WireFrame.close(1000, from: .client), from: .client)
                $0.reset(from: .server)
            },
            failedBy: .server, over: .clientUnmasked, clientSees: 1006, serverSees: 1006),
    ]

    static let none: [Trouble] = [
        Trouble(
            testDescription: "1002 without any broken rule",
            steps: {
                $0.sendText("hello", from: .client)
                $0.sendClose(1002, from: .server)
                $0.sendClose(1002, from: .client)
                $0.finish(first: .server)
            },
            clientSees: 1002, serverSees: 1002, isClean: true),
        Trouble(
            testDescription: "1009 where the other end has sent no data",
            steps: {
                $0.sendClose(1009, from: .server)
                $0.sendClose(1009, from: .client)
                $0.finish(first: .server)
            },
            clientSees: 1009, serverSees: 1009, isClean: true),
        Trouble(
            testDescription: "a code that is only repeated",
            steps: {
                $0.send(unmasked + WireFrame.close(1002, from: .client), from: .client)
                $0.sendClose(1002, from: .server)
                $0.finish(first: .server)
            },
            clientSees: 1002, serverSees: 1002, isClean: true),
        Trouble(
            testDescription: "1002 in answer to a Close frame that was right",
            steps: {
                $0.sendClose(1000, from: .client)
                $0.sendClose(1002, from: .server)
                $0.finish(first: .server)
            },
            clientSees: 1002, serverSees: 1000, isClean: true),
        Trouble(
            testDescription: "a rule broken after a Close frame",
            steps: {
                $0.send(WireFrame.close(1000, from: .client) + unmasked, from: .client)
                $0.sendClose(1002, from: .server)
                $0.finish(first: .server)
            },
            clientSees: 1002, serverSees: 1000, isClean: true),
        Trouble(
            testDescription: "a rule broken behind the other end's Close frame",
            steps: {
                $0.sendClose(1002, from: .server)
                $0.send(unmasked + WireFrame.close(1000, from: .client), from: .client)
                $0.finish(first: .server)
            },
            clientSees: 1002, serverSees: 1000, isClean: true),
        Trouble(
            testDescription: "a broken rule that was put up with",
            steps: {
                $0.send(unmasked, from: .client)
                $0.sendText("never mind", from: .server)
                $0.sendClose(1000, from: .server)
                $0.sendClose(1000, from: .client)
                $0.finish(first: .server)
            },
            clientSees: 1000, serverSees: 1000, isClean: true),
        Trouble(
            testDescription: "a FIN behind a broken rule, and a word in between",
            steps: {
                $0.send(unmasked, from: .client)
                $0.sendText("never mind", from: .server)
                $0.finish(first: .server)
            },
            clientSees: 1006, serverSees: 1006),
        Trouble(
            testDescription: "a FIN long behind a broken rule",
            steps: {
                $0.send(unmasked, from: .client)
                $0.wait(milliseconds: 2_100)
                $0.finish(first: .server)
            },
            clientSees: 1006, serverSees: 1006),
        Trouble(
            testDescription: "a FIN of who broke the rule",
            steps: {
                $0.send(unmasked, from: .client)
                $0.finish(first: .client)
            },
            clientSees: 1006, serverSees: 1006),
    ]
}

@Suite("An end that fails the connection")
struct FailureTests {
    @Test(
        "An end that fails the connection shows it by its actions, and its application sees 1006",
        arguments: Trouble.failed)
    func failed(trouble: Trouble) throws {
        try check(trouble)
    }

    @Test("No end fails the connection without a cause", arguments: Trouble.none)
    func none(trouble: Trouble) throws {
        try check(trouble)
    }

    private func check(_ trouble: Trouble) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        trouble.steps(&talk)
        let verdict = try Analysis(talk).end.verdict
        #expect(verdict.failure?.by == trouble.failedBy && verdict.failure?.rule == trouble.over.map { Rule($0) })
        #expect(verdict.clientSees?.rawValue == trouble.clientSees)
        #expect(verdict.serverSees?.rawValue == trouble.serverSees)
        #expect(verdict.isClean == trouble.isClean)
    }

    @Test("An end that fails the connection has no clean close event, while the other end's may be clean")
    func events() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(WireFrame.text("no mask", from: .server), from: .client)
        talk.sendClose(1002, "mask!", from: .server)
        talk.sendClose(1002, from: .client)
        talk.finish(first: .server)
        let verdict = try Analysis(talk).end.verdict
        #expect(verdict.clientEvent == CloseEvent(code: .protocolError, reason: "mask!", wasClean: true))
        #expect(verdict.serverEvent == CloseEvent(code: .abnormalClosure, reason: "", wasClean: false))
    }

    @Test("An end that fails the connection because of an incomplete header has that reported at the end")
    func unfinished() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send([0x83, 0x80], from: .client)
        talk.sendClose(1002, from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk)
        #expect(analysis.rules == ["frame.reserved-opcode"])
        #expect(analysis.frames.map(\.from) == [.server])
    }
}
