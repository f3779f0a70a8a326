import Foundation
import TestSupport
import Testing

@Suite("In the fixtures, the program")
struct FixtureContentTests {
    @Test("finds every message and invents none", arguments: try Fixture.all)
    func messages(fixture: Fixture) throws {
        let found = try Trace.of(fixture.capture).trace.messages
        #expect(fixture.expectation.inventions(in: found) == [])
        #expect(fixture.expectation.omissions(in: found) == [])
    }

    @Test("exits with the right status and messages", arguments: try Fixture.all)
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
        "invents no Ping and no close code where packets are missing",
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
