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

    @Test("notice a message that is missing, invented or duplicated")
    func noticeFaults() throws {
        let expectation = try Fixture.named("chat").expectation
        let messages = expectation.connections.flatMap(\.messages)
        let invented = ExpectedMessage(from: .client, opcode: .text, payload: Array("Coffee, please.".utf8))
        #expect(expectation.discrepancies(in: messages + [invented]) == ["invented: \(invented)"])
        #expect(expectation.discrepancies(in: Array(messages.dropLast())).count == 1)
        #expect(expectation.discrepancies(in: messages + [messages[0]]).count == 1)
    }

    @Test("accept the loss of what a hole in the capture swallowed, but nothing invented")
    func allowHoles() throws {
        let expectation = try Fixture.named("session-already-running").expectation
        let messages = expectation.connections.flatMap(\.messages)
        #expect(expectation.discrepancies(in: Array(messages.prefix(66))) == [])
        #expect(expectation.discrepancies(in: Array(messages.prefix(65))).count == 1)
    }

    @Test(
        "are joined by larger captures beside the repository",
        .enabled(if: Repository.sharedCaptures != nil, "there is no ../shared/captures"),
        arguments: try SharedCapture.all())
    func acceptTheTruth(capture: SharedCapture) {
        let messages = capture.expectation.connections.flatMap(\.messages)
        #expect(capture.expectation.discrepancies(in: messages) == [])
    }
}
