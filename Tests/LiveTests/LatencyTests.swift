import Foundation
import TestSupport
import Testing

extension LiveTests {
    @Suite("at a low rate")
    struct LatencyTests {
        /// Nanoseconds from when an end is about to send a message until its line can be read, on an idle machine.
        private let limit: Int64 = 100_000_000

        @Test("prints a message within a tenth of a second")
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
            let messages = try arrivals.map { try #require(Trace(Array($0.line.utf8)).messages.first) }
            let sent = try messages.map { try #require(log.sendingTime(of: $0)) }
            let delays = zip(arrivals, sent).map { $0.time - $1 }.sorted()
            #expect(delays.count == 60)
            #expect(delays.first.map { $0 > 0 } == true)
            // On a busy machine everything waits for the processor. How long, the ends tell, which need it for much less.
            let peers = zip(messages, sent).compactMap { message, time in
                log.receivingTime(of: message).map { $0 - time }
            }.sorted()
            let (usual, slow) = (peers[peers.count / 2], peers[peers.count * 9 / 10])
            let words: Comment = "\(delays.map { $0 / 1000 }) µs; the ends: \(peers.map { $0 / 1000 }) µs"
            #expect(delays[delays.count * 9 / 10] < limit + 20 * slow, words)
            #expect(delays[delays.count / 2] < limit / 2 + 20 * usual, words)
        }
    }
}
