import Foundation
import TestSupport
import Testing

extension LiveTests {
    @Suite("that ends in the middle")
    struct EndingTests {
        private let talk = Talk(seed: 31, connections: 5, pause: 0.004)

        /// Starts an endless conversation, and waits until a good part of it is in the trace.
        private func begin(on stage: Stage, _ sniffer: Sniffer) throws {
            try stage.begin(talk)
            #expect(eventually { sniffer.count("message") >= 200 })
        }

        /// The moment, in nanoseconds since 1970, up to which the trace has come.
        ///
        /// How far wstap lags behind on a busy machine is not tested.
        private func moment(in sniffer: Sniffer) -> Int64 {
            let moment = now()
            #expect(eventually { sniffer.hasMessage(after: moment) })
            return moment
        }

        /// Checks that the trace is whole: its sessions were ended by the end of the capture, and it invents nothing.
        ///
        /// After `end`, in nanoseconds since 1970, nothing more needs to be in it.
        private func check(_ outcome: Sniffer.Outcome, of stage: Stage, end: Int64) throws {
            let trace = outcome.trace
            #expect(trace.connections.count == talk.connections)
            #expect(trace.connections.allSatisfy { $0.verdict?.layer == "capture-end" })
            #expect(TraceInvariants(trace).faults == [])
            let log = try stage.log
            #expect(Expectation(log).inventions(in: trace.messages) == [])
            // Everything received well before the end must be there.
            #expect(Expectation(log.before(end - 200_000_000)).omissions(in: trace.messages) == [])
        }

        @Test("by a signal reports all sessions, and succeeds", arguments: [SIGINT, SIGTERM])
        func signals(signal: Int32) throws {
            let stage = try Stage()
            let sniffer = try Sniffer(on: stage)
            try begin(on: stage, sniffer)
            let end = moment(in: sniffer)
            let outcome = try sniffer.end(with: signal)
            #expect(outcome.status == 0)
            try check(outcome, of: stage, end: end)
            try stage.finish()
        }

        @Test("because the interface disappears says so, and reports everything so far")
        func unplugged() throws {
            let stage = try Stage()
            let sniffer = try Sniffer(on: stage)
            try begin(on: stage, sniffer)
            let end = moment(in: sniffer)
            try stage.unplug()
            let outcome = try sniffer.outcome()
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains(stage.interface))
            try check(outcome, of: stage, end: end)
        }

        @Test("for a while, because the interface is down, says so and goes on")
        func down() throws {
            let stage = try Stage()
            let sniffer = try Sniffer(on: stage)
            try begin(on: stage, sniffer)
            let reported = sniffer.errors.count
            try stage.takeDown()
            #expect(eventually { sniffer.errors.dropFirst(reported).contains(stage.interface) }, "nothing was reported")
            try stage.bringUp()
            try stage.finish()
            #expect(eventually { sniffer.count("end") == talk.connections })
            let outcome = try sniffer.end()
            #expect(outcome.status == 0)
            let expectation = Expectation(try stage.log)
            #expect(expectation.discrepancies(in: outcome.trace.messages) == [])
            #expect(TraceInvariants(outcome.trace).faults == [])
        }

        @Test("by a second signal ends at once, even if nobody reads its output")
        func secondSignal() throws {
            let stage = try Stage()
            let pipe = try NamedPipe("unread", in: stage.folder, holding: .reading)
            let sniffer = try Sniffer(on: stage, ["--frame-payloads"], output: pipe.path)
            try stage.begin(talk)
            #expect(eventually { pipe.unreadBytes >= 60_000 }, "the pipe does not fill")
            sniffer.program.send(SIGINT)
            #expect(!sniffer.program.hasEnded)
            // Signals sent together count as one.
            let isOver = eventually {
                sniffer.program.send(SIGINT)
                return sniffer.program.hasEnded
            }
            #expect(isOver && sniffer.program.wait() == 128 + SIGINT)
        }

        @Test(
            "after a number of packets or seconds succeeds",
            arguments: [["-c", "60"], ["--duration", "0.5"]])
        func limits(words: [String]) throws {
            let stage = try Stage()
            let start = ContinuousClock.now
            let sniffer = try Sniffer(on: stage, words)
            try stage.begin(talk)
            let outcome = try sniffer.outcome()
            #expect(outcome.status == 0)
            #expect(outcome.trace.events.last?.event == "summary")
            let isForTime = words[0] == "--duration"
            #expect(isForTime ? ContinuousClock.now - start >= .seconds(0.5) : outcome.trace.events.last?.packets == 60)
            try stage.finish()
        }
    }
}
