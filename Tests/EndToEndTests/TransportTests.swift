import Foundation
import TestSupport
import Testing

@Suite("Deliveries in a trace")
struct DeliveryTraceTests {
    @Test("are printed for every complete message on request", arguments: try Fixture.all)
    func everyMessage(fixture: Fixture) throws {
        let events = try Self.events(fixture.capture, ["--events", "message,delivery,finding"])
        let connections = Set(events.compactMap(\.connection))
        for connection in connections {
            for sender in ExpectedMessage.Sender.allCases {
                let sent = events.filter { $0.connection == connection && $0.from == sender }
                let messages = sent.filter { $0.event == "message" && $0.complete == true }
                let deliveries = sent.filter { $0.event == "delivery" }
                let reported = deliveries.map(\.messagePacket)
                if sent.contains(where: { $0.rule == "limit.deliveries" }) {
                    // The latest messages are reported.
                    #expect(reported.count < messages.count && reported.count >= 1024)
                    #expect(reported == messages.map(\.packet).suffix(reported.count))
                } else {
                    #expect(reported == messages.map(\.packet))
                }
            }
        }
        for delivery in events where delivery.event == "delivery" {
            let (message, lastByte) = try (#require(delivery.messagePacket), #require(delivery.lastBytePacket))
            #expect(lastByte <= message && message <= delivery.packet)
            #expect(delivery.outcome == "acknowledged" || delivery.acknowledgedPacket == nil)
            #expect((delivery.acknowledgedPacket ?? 0) <= delivery.packet)
        }
    }

    @Test("are otherwise those of messages retransmitted or not acknowledged", arguments: try Fixture.all)
    func troubled(fixture: Fixture) throws {
        let all = try Self.events(fixture.capture, ["--events", "delivery"])
        let reported = try Self.events(fixture.capture, []).filter { $0.event == "delivery" }
        let troubled = all.filter { $0.retransmissions != 0 || $0.outcome != "acknowledged" }
        #expect(reported.allSatisfy { $0.retransmissions != 0 || $0.outcome != "acknowledged" })
        #expect(reported.count <= troubled.count)
        #expect(reported.filter { $0.retransmissions != 0 }.count == troubled.filter { $0.retransmissions != 0 }.count)
    }

    @Test("show what was sent in vain and retransmitted after the link was cut")
    func linkCut() throws {
        let fixture = try Fixture.named("link-cut")
        let reported = try Self.events(fixture.capture, []).filter { $0.event == "delivery" }
        // Counted in tshark's list of the same packets.
        #expect(reported.count == 56 && reported.allSatisfy { $0.outcome == "capture-end" })
        #expect(reported.count { ($0.retransmissions ?? 0) > 0 } == 31)
    }

    private static func events(_ capture: URL, _ arguments: [String]) throws -> [TraceEvent] {
        let run = try Wstap.run([capture.path, "--format", "jsonl"] + arguments)
        return run.output.isEmpty ? [] : try Trace(run.output).events
    }
}

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
        // The server's timer is two seconds.
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
