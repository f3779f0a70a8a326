import TestSupport
import Testing

/// Whether the larger captures are there.
private let areThere = ConditionTrait.enabled(
    if: Repository.sharedCaptures != nil, "there is no ../shared/captures")

@Suite("Of the captures beside the repository, the program")
struct SharedCaptureTests {
    @Test(
        "finds every message of the plain ones and invents none", areThere, arguments: try SharedCapture.all([.plain]))
    func plain(capture: SharedCapture) throws {
        let (trace, run) = try Trace.of(capture.capture)
        #expect(capture.expectation.inventions(in: trace.messages) == [])
        #expect(capture.expectation.omissions(in: trace.messages) == [])
        #expect(ConnectionComparison(capture.expectation, trace).faults == [])
        if !capture.expectation.connections.isEmpty { #expect(run.status == 0 && run.errors == "") }
    }

    @Test(
        "invents no message in hostile, encrypted and HTTP/2 ones", areThere,
        arguments: try SharedCapture.all([.hostile, .tls, .http2]))
    func hostile(capture: SharedCapture) throws {
        let (trace, run) = try Trace.of(capture.capture)
        withKnownIssue("Checksums are not checked.") {
            #expect(capture.expectation.inventions(in: trace.messages) == [])
        } when: {
            capture.name == "craft-bogus-first-a"
        }
        #expect([0, 1, 2].contains(run.status))
    }
}
