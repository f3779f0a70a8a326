import Foundation
import TestSupport
import Testing

extension LiveTests {
    @Suite("by tcpdump, through a pipe")
    struct PipeTests {
        @Test("is analysed while it goes on", .needs("tcpdump", "tcpdump", "--version"))
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
