import Foundation
import TestSupport
import Testing

extension LiveTests {
    @Suite("that saves its packets")
    struct WritingTests {
        @Test("gives the same events when the file is read, and as many packets and frames in tshark")
        func readBack() throws {
            let stage = try Stage()
            let file = stage.folder.path("kept.pcapng")
            let sniffer = try Sniffer(on: stage, ["-w", file])
            let talk = Talk(seed: 51)
            try stage.hold(talk)
            #expect(eventually { sniffer.count("end") == talk.connections })
            let live = try sniffer.end()
            #expect(live.status == 0)
            let again = try Wstap.run([file, "--format", "jsonl"])
            #expect(again.status == 0 && again.errors == "")
            #expect(try events(again.output) == events(Data(contentsOf: URL(filePath: sniffer.traceFile))))
            #expect(try Trace(again.output).events.last?.packets == live.trace.events.last?.packets)
            #expect(Expectation(try stage.log).discrepancies(in: try Trace(again.output).messages) == [])
            if Stage.works(["tshark", "--version"]) {
                #expect(try tshark(file, "frame.number").count == live.trace.events.last?.packets)
                let opcodes = try tshark(file, "websocket.opcode").flatMap { $0.split(separator: ",") }
                #expect(opcodes.count == live.trace.events.last?.frames)
            }
        }

        /// The lines between the first, which names the source, and the last, which tells what a live capture lost.
        private func events(_ trace: some Collection<UInt8>) -> [String] {
            String(decoding: trace, as: UTF8.self).split(separator: "\n").dropFirst().dropLast().map(String.init)
        }

        /// A field of each packet, as tshark sees it.
        private func tshark(_ file: String, _ field: String) throws -> [Substring] {
            let folder = try ScratchFolder()
            let output = folder.path("output")
            let program = try Program(
                "/usr/bin/env", ["tshark", "-r", file, "-T", "fields", "-e", field], output: output,
                errors: folder.path("errors"))
            #expect(program.wait(atMost: .patience) == 0)
            return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        }

        @Test("of WebSocket only has all of those, and nothing else")
        func onlyWebSocket() throws {
            let stage = try Stage()
            let file = stage.folder.path("kept.pcapng")
            let sniffer = try Sniffer(on: stage, ["-w", file, "--write-websocket-only"])
            let talk = Talk(seed: 52)
            try stage.makeNoise()
            try stage.hold(talk)
            try stage.makeNoise()
            #expect(eventually { sniffer.count("end") == talk.connections })
            let live = try sniffer.end()
            #expect(live.status == 0)
            #expect(live.trace.events.last?.tcpConnections == talk.connections + 10)
            let (again, run) = try Trace.of(URL(filePath: file))
            #expect(run.status == 0 && run.errors == "")
            #expect(again.events.last?.tcpConnections == talk.connections)
            let expectation = Expectation(try stage.log)
            #expect(expectation.discrepancies(in: again.messages) == [])
            // With their handshakes and ends, which are reported the same.
            #expect(ConnectionComparison(expectation, again).faults == [])
            #expect(again.connections.map(\.verdict) == live.trace.connections.map(\.verdict))
        }

        @Test("leaves a readable file when killed")
        func killed() throws {
            let stage = try Stage()
            let file = stage.folder.path("kept.pcapng")
            let sniffer = try Sniffer(on: stage, ["-w", file])
            try stage.begin(Talk(seed: 53))
            #expect(eventually { sniffer.count("message") >= 300 })
            #expect(try sniffer.end(with: SIGKILL).status == 128 + SIGKILL)
            let (trace, run) = try Trace.of(URL(filePath: file))
            #expect(run.status == 0 || run.status == 1)
            #expect(trace.messages.count >= 100)
            #expect(Expectation(try stage.log).inventions(in: trace.messages) == [])
            #expect(TraceInvariants(trace).faults == [])
            try stage.finish()
        }

        @Test("can pass them to another wstap")
        func standardOutput() throws {
            let stage = try Stage()
            let pipe = try NamedPipe("packets", in: stage.folder, holding: .writing)
            let reader = try Wstap.start(
                ["-", "--format", "jsonl"], input: pipe.path, output: stage.folder.path("again"),
                errors: stage.folder.path("again-errors"))
            let writer = try Sniffer(on: stage, ["-w", "-"], output: pipe.path)
            pipe.closeWriting()
            let talk = Talk(seed: 54)
            try stage.hold(talk)
            let again = URL(filePath: stage.folder.path("again"))
            let isReported = eventually {
                ((try? String(contentsOf: again, encoding: .utf8)) ?? "").split(separator: "\n")
                    .count { $0.contains("\"event\":\"end\"") } == talk.connections
            }
            #expect(isReported)
            writer.program.send(SIGINT)
            #expect(reader.wait(atMost: .patience) == 0)
            let messages = try Trace([UInt8](Data(contentsOf: again))).messages
            #expect(Expectation(try stage.log).discrepancies(in: messages) == [])
        }
    }
}
