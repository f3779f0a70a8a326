import Foundation
import TestSupport
import Testing

/// One test at a time, since each needs the machine for itself.
@Suite("A live capture", .serialized, .needsStage)
struct LiveTests {}

/// The moment, in nanoseconds since 1970.
func now() -> Int64 {
    Int64(Date().timeIntervalSince1970 * 1e9)
}

extension LiveTests {
    @Suite("at a low rate")
    struct LatencyTests {
        /// Nanoseconds from just before an end sends a message until its line can be read, on an idle machine.
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
            // On a busy machine everything waits for the processor; the ends show how long, although they need it for
            // much less.
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

extension LiveTests {
    @Suite("by tcpdump, through a pipe")
    struct PipeTests {
        @Test("is analysed while it runs", .needs("tcpdump", "tcpdump", "--version"))
        func tcpdump() throws {
            let stage = try Stage()
            let (output, errors) = (stage.folder.path("trace"), stage.folder.path("errors"))
            let pipe = try NamedPipe("packets", in: stage.folder, holding: .writing)
            let tcpdump = try stage.start(
                ["tcpdump", "-i", stage.interface, "-U", "-w", "-", "tcp port 8080"],
                output: pipe.path, errors: stage.folder.path("tcpdump-errors"))
            let wstap = try Wstap.start(
                ["-", "--format", "jsonl"], input: pipe.path, output: output, errors: errors)
            pipe.closeWriting()
            #expect(tcpdump.sniffs())
            func lines(_ kind: String) -> Int {
                let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
                return text.split(separator: "\n").count { $0.contains("\"event\":\"\(kind)\"") }
            }
            let talk = Talk(seed: 61, connections: 2)
            try stage.begin(talk)
            #expect(eventually { lines("message") >= 50 })
            #expect(lines("end") == 0)
            try stage.finish()
            #expect(eventually { lines("end") == talk.connections })
            tcpdump.send(SIGTERM)
            #expect(tcpdump.wait(atMost: .patience) == 0)
            #expect(wstap.wait(atMost: .patience) == 0)
            let trace = try Trace([UInt8](Data(contentsOf: URL(filePath: output))))
            let expectation = Expectation(try stage.log)
            #expect(expectation.discrepancies(in: trace.messages) == [])
            #expect(ConnectionComparison(expectation, trace).faults == [])
        }
    }
}
