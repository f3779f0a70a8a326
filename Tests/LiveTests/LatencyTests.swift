import Foundation
import TestSupport
import Testing

extension LiveTests {
    @Suite("at a low rate")
    struct LatencyTests {
        /// From what an end is about to send until its message stands in the trace, in nanoseconds.
        private let limit: Int64 = 100_000_000

        @Test("tells a message within a tenth of a second of its sending")
        func latency() throws {
            let stage = try Stage()
            let pipe = try NamedPipe("trace", in: stage.folder, holding: .reading)
            let sniffer = try Sniffer(on: stage, output: pipe.path)
            try stage.begin(Talk(seed: 71, connections: 1, pause: 0.03))
            var arrivals: [(time: Int64, line: String)] = []
            while arrivals.count < 60, let line = try pipe.readLine() {
                if line.contains("\"event\":\"message\"") { arrivals.append((now(), line)) }
            }
            sniffer.program.send(SIGINT)
            let log = try stage.log
            let delays = try arrivals.map { time, line in
                let message = try #require(Trace(Array(line.utf8)).messages.first)
                return time - (try #require(log.sendingTime(of: message)))
            }.sorted()
            #expect(delays.count == 60)
            #expect(delays.first.map { $0 > 0 } == true)
            // A few may have waited for the machine, which others use as well.
            #expect(delays[delays.count * 9 / 10] < limit, "\(delays.map { $0 / 1000 }) µs")
            #expect(delays[delays.count / 2] < limit / 2, "\(delays.map { $0 / 1000 }) µs")
        }
    }
}
