import Foundation
import TestSupport
import Testing

@Suite("The fixtures")
struct FixtureTests {
    @Test("name their capture and their origin", arguments: try Fixture.all)
    func areComplete(fixture: Fixture) throws {
        #expect(try fixture.capture.checkResourceIsReachable())
        #expect(!fixture.purpose.isEmpty && !fixture.origin.isEmpty)
    }

    @Test("accept what the endpoints logged", arguments: try Fixture.all)
    func areContent(fixture: Fixture) {
        let messages = fixture.expectation.connections.flatMap(\.messages)
        #expect(fixture.expectation.discrepancies(in: messages.shuffled()) == [])
    }

    @Test("reveal a message that is missing, invented or duplicated")
    func noticeFaults() throws {
        let expectation = try Fixture.named("chat").expectation
        let messages = expectation.connections.flatMap(\.messages)
        let invented = ExpectedMessage(from: .client, opcode: .text, payload: Array("Coffee, please.".utf8))
        #expect(expectation.discrepancies(in: messages + [invented]) == ["invented: \(invented)"])
        #expect(expectation.discrepancies(in: Array(messages.dropLast())).count == 1)
        #expect(expectation.discrepancies(in: messages + [messages[0]]).count == 1)
    }

    @Test("accept missing messages for a hole in the capture, but no invented ones")
    func allowHoles() throws {
        let expectation = try Fixture.named("session-already-running").expectation
        let messages = expectation.connections.flatMap(\.messages)
        #expect(expectation.discrepancies(in: Array(messages.prefix(66))) == [])
        #expect(expectation.discrepancies(in: Array(messages.prefix(65))).count == 1)
    }

    @Test(
        "are joined by larger captures next to the repository",
        .enabled(if: Repository.sharedCaptures != nil, "there is no ../shared/captures"),
        arguments: try SharedCapture.all())
    func acceptTheTruth(capture: SharedCapture) {
        let messages = capture.expectation.connections.flatMap(\.messages)
        #expect(capture.expectation.discrepancies(in: messages) == [])
    }
}

@Suite("In the fixtures, the program")
struct FixtureContentTests {
    @Test("finds every message and invents none", arguments: try Fixture.all)
    func messages(fixture: Fixture) throws {
        let found = try Trace.of(fixture.capture).trace.messages
        #expect(fixture.expectation.inventions(in: found) == [])
        #expect(fixture.expectation.omissions(in: found) == [])
    }

    @Test("exits with the correct status and messages", arguments: try Fixture.all)
    func status(fixture: Fixture) throws {
        for format in ["timeline", "summary", "jsonl"] {
            let run = try Wstap.run([fixture.capture.path, "--format", format])
            if let status = fixture.expectation.exitStatus { #expect(run.status == status) }
            for words in fixture.expectation.standardError { #expect(run.errors.contains(words)) }
            let isSilent = fixture.expectation.exitStatus == 0 && !fixture.expectation.connections.isEmpty
            if isSilent, fixture.expectation.messagesAtLeast == nil { #expect(run.errors == "") }
        }
    }

    @Test(
        "finds every connection with its upgrade, Pings and end",
        arguments: try Fixture.all.filter { $0.expectation.messagesAtLeast == nil })
    func connections(fixture: Fixture) throws {
        let trace = try Trace.of(fixture.capture).trace
        #expect(trace.connections.count { $0.handshake != nil } == fixture.expectation.connections.count)
        #expect(ConnectionComparison(fixture.expectation, trace).faults == [])
    }

    @Test(
        "invents no Ping and no close code if packets are missing",
        arguments: try Fixture.all.filter { $0.expectation.messagesAtLeast != nil })
    func holes(fixture: Fixture) throws {
        let trace = try Trace.of(fixture.capture).trace
        #expect(trace.connections.count <= fixture.expectation.connections.count)
        #expect(ConnectionComparison(fixture.expectation, trace, hasHoles: true).faults == [])
    }

    @Test("prints the same bytes every time", arguments: try Fixture.all)
    func isRepeatable(fixture: Fixture) throws {
        for format in ["timeline", "summary", "jsonl"] {
            let arguments = [fixture.capture.path, "--format", format]
            #expect(try Wstap.run(arguments).output == Wstap.run(arguments).output)
        }
    }
}

/// Whether the larger captures are available.
private let areThere = ConditionTrait.enabled(
    if: Repository.sharedCaptures != nil, "there is no ../shared/captures")

@Suite("In the captures next to the repository, the program")
struct SharedCaptureTests {
    @Test(
        "finds every message and invents none", areThere,
        arguments: try SharedCapture.all([.plain, .hostile]))
    func messages(capture: SharedCapture) throws {
        let (trace, run) = try Trace.of(capture.capture)
        let hasHoles = capture.expectation.messagesAtLeast != nil
        #expect(capture.expectation.inventions(in: trace.messages) == [])
        #expect(capture.expectation.omissions(in: trace.messages) == [])
        #expect(ConnectionComparison(capture.expectation, trace, hasHoles: hasHoles).faults == [])
        if !capture.expectation.connections.isEmpty, !hasHoles { #expect(run.status == 0 && run.errors == "") }
    }

    @Test(
        "invents no message in encrypted and HTTP/2 ones", areThere, arguments: try SharedCapture.all([.tls, .http2]))
    func encrypted(capture: SharedCapture) throws {
        let (trace, run) = try Trace.of(capture.capture)
        #expect(capture.expectation.inventions(in: trace.messages) == [])
        #expect(run.status == 0)
    }
}
