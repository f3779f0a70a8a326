import TestSupport
import Testing

@Suite("Timers in fixtures")
struct TimerTests {
    @Test("are recognised: a server's idle timer, and unanswered keep-alive probes")
    func timers() throws {
        let trace = try Trace.of(Fixture.named("timers").capture).trace
        let ends = trace.events.filter { $0.event == "end" }
        #expect(ends.map(\.verdict?.layer) == Array(repeating: "rst", count: 5) + ["timeout"])
        #expect(ends.map(\.verdict?.by) == Array(repeating: "server", count: 5) + ["network"])
        let gone = try #require(ends.last?.tcp)
        #expect(gone.unansweredFrom == .server && gone.unansweredSegments == 4 && gone.rstFrom == .server)
        let patterns = try #require(trace.events.last?.patterns)
        let pattern = try #require(patterns.first)
        #expect(patterns.count == 1 && pattern.server == "10.99.0.2" && pattern.by == "server")
        #expect(pattern.layer == "rst" && pattern.sessions == 5 && pattern.ended == 6)
        // The server's timer stands at two seconds.
        #expect(pattern.silenceMin ?? 0 > 1.98 && pattern.silenceMax ?? 3 < 2.02 && pattern.lifetimeMin == nil)
    }

    @Test("of TCP show that a link was cut silently")
    func cut() throws {
        let ends = try Trace.of(Fixture.named("link-cut").capture).trace.events.filter { $0.event == "end" }
        #expect(ends.count == 2)
        for end in ends {
            #expect(end.verdict?.by == "network" && end.verdict?.layer == "timeout")
            #expect(end.verdict?.clientSees == nil && end.verdict?.serverSees == nil)
            #expect(end.tcp?.unansweredFrom == .server && end.tcp?.unansweredSegments ?? 0 >= 3)
        }
    }
}
