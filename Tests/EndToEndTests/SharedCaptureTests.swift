import TestSupport
import Testing

/// Whether the larger captures are there.
private let areThere = ConditionTrait.enabled(
    if: Repository.sharedCaptures != nil, "there is no ../shared/captures")

@Suite("In the captures beside the repository, the program")
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
