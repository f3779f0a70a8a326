import Testing
import WebSocketProtocol

@testable import CaptureAnalysis
@testable import TraceOutput

struct PatternMessageTests {
    @Test(arguments: [
        (
            Samples.pattern(), "14 of 15 sessions with 10.0.0.9 ended after 60.0 s of silence",
            "reset by the server: an idle timer"
        ),
        (
            Samples.pattern(by: .client, .fin, silence: nil, lifetime: 299_960_000_000...300_040_000_000),
            "14 of 15 sessions with 10.0.0.9 ended 300.0 s after opening",
            "TCP closed by the client: a fixed lifetime"
        ),
        (
            Samples.pattern(
                .closeFrame, lifetime: 60_000_000_000...60_000_000_000, isSilentThroughout: true),
            "14 of 15 sessions with 10.0.0.9 ended 60.0 s after opening, silent nearly throughout",
            "closed by the server: an idle timer or a fixed lifetime"
        ),
        (
            Samples.pattern(by: .network, .timeout, lifetime: 90_000_000_000...90_090_000_000),
            "14 of 15 sessions with 10.0.0.9 ended 90.0 s after opening and after 60.0 s of silence",
            "timed out: an idle timer or a fixed lifetime"
        ),
        (
            Samples.pattern(.fin, silentEnd: .client),
            "14 of 15 sessions with 10.0.0.9 ended 60.0 s after the last byte of the client, though the server went on",
            "TCP closed by the server: a timer that only the client resets"
        ),
        (
            Samples.pattern(isAtOnce: true), "14 of 15 sessions with 10.0.0.9 ended after 60.0 s of silence",
            "reset by the server: an idle timer, unless one event ended them all"
        ),
    ])
    func `Patterns are described`(pattern: EndingPattern, ending: String, cause: String) {
        #expect(PatternMessage.ending(pattern) == ending && PatternMessage.cause(pattern) == cause)
    }

    private var summary: Call {
        var summary = Summary()
        summary.patterns = Array(repeating: Samples.pattern(), count: 23)
        return Call(14, 5_002_520, .summary(summary), connection: 0)
    }

    @Test func `The page lists all patterns`() {
        let page = printed([summary], as: SummaryFormat())
        let entry = """
              14 of 15 sessions with 10.0.0.9 ended after 60.0 s of silence
                  reset by the server: an idle timer

            """
        #expect(page.contains("\npatterns\n" + String(repeating: entry, count: 23)))
        #expect(!printed([.summary], as: SummaryFormat()).contains("patterns"))
    }

    @Test func `The timeline of several sessions ends with them`() {
        let lines = printed([summary], as: TimelineFormat()).split(separator: "\n")
        #expect(lines.count == 1 + 20 + 1 && lines.first == "patterns:" && lines.last == "  … and 3 more")
        #expect(
            lines[1]
                == "  14 of 15 sessions with 10.0.0.9 ended after 60.0 s of silence, reset by the server: an idle timer"
        )
        #expect(printed([.summary], as: TimelineFormat()) == "")
    }

    @Test func `Proxies that ended sessions come first, each with its sessions`() {
        var summary = Summary()
        summary.patterns = [Samples.pattern()]
        summary.proxiedSessions =
            (1...5).map { ProxiedSession(connections: [2 * $0, 2 * $0 - 1], endedBy: Samples.server) }
            + [
                ProxiedSession(connections: [11, 12]), ProxiedSession(connections: [14, 13], endedBy: Samples.client),
            ]
        let call = Call(14, 5_002_520, .summary(summary), connection: 0)
        let many =
            "5 sessions were ended by the proxy 10.0.0.9:8080 itself, towards both ends: #2/#1, #4/#3, #6/#5, #8/#7, …"
        let one = "1 session was ended by the proxy \(Samples.client) itself, towards both ends: #14/#13"
        #expect(ProxyMessages.lines(summary.proxiedSessions) == [many, one])
        #expect(printed([call], as: TimelineFormat()).hasPrefix("patterns:\n  \(many)\n  \(one)\n  14 of 15 sessions"))
        summary.patterns = []
        let page = printed([Call(14, 5_002_520, .summary(summary), connection: 0)], as: SummaryFormat())
        #expect(page.contains("\npatterns\n  5 sessions were ended by the proxy 10.0.0.9:8080 itself"))
    }
}
