import Foundation
import TestSupport
import Testing

extension LiveTests {
    @Suite("prints every message that the ends logged, and no other")
    struct MessageTests {
        @Test("of Python's websockets, over IPv4 and IPv6", arguments: [4, 6])
        func websockets(family: Int) throws {
            try compare(Talk(family: family, seed: family))
        }

        @Test("of aiohttp", .needs("aiohttp", Repository.python, "-c", "import aiohttp"))
        func aiohttp() throws {
            try compare(Talk(server: "aiohttp", seed: 11))
        }

        @Test("of Node's ws", .needs("Node's ws", "node", "-e", "require('ws')"))
        func ws() throws {
            try compare(Talk(server: "ws", seed: 12))
        }

        @Test("of many connections at once")
        func many() throws {
            try compare(Talk(seed: 13, connections: 40, messages: 10))
        }

        @Test("with packets lost, repeated and out of order", arguments: [21, 22])
        func lossy(seed: Int) throws {
            let trace = try compare(Talk(seed: seed), on: Stage(lossy: seed))
            let tcp = trace.events.filter { $0.event == "end" }.compactMap(\.tcp)
            #expect(tcp.contains { $0.retransmittedSegments ?? 0 > 0 }, "nothing was lost")
        }

        /// Compares the trace of a conversation with what both ends logged.
        @discardableResult
        private func compare(_ talk: Talk, on stage: @autoclosure () throws -> Stage = try Stage()) throws -> Trace {
            let stage = try stage()
            let sniffer = try Sniffer(on: stage)
            try stage.hold(talk)
            #expect(eventually { sniffer.count("end") >= talk.connections }, "sessions are not over")
            let outcome = try sniffer.end()
            #expect(outcome.status == 0)
            let expectation = Expectation(try stage.log)
            #expect(expectation.connections.count == talk.connections)
            #expect(expectation.connections.flatMap(\.messages).count >= 2 * talk.connections * talk.messages)
            #expect(expectation.discrepancies(in: outcome.trace.messages) == [])
            #expect(outcome.trace.connections.count == talk.connections)
            #expect(ConnectionComparison(expectation, outcome.trace).faults == [])
            #expect(TraceInvariants(outcome.trace).faults == [])
            if let checker = Schema.checker { #expect(try checker.faults(in: [sniffer.traceFile]) == "") }
            #expect(outcome.trace.events.last?.droppedByKernel == 0)
            #expect(outcome.trace.events.last?.droppedByInterface == 0)
            return outcome.trace
        }
    }
}
