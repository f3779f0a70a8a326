import Foundation
import TestSupport
import Testing

@Suite("With --fail-on, the exit status")
struct FailOnTests {
    /// A session whose worst finding is of a severity; nil: none.
    private func session(_ severity: String?) -> [TimedPacket] {
        var talk = TCPConversation()
        talk.openWebSocket()
        switch severity {
        case "note": talk.send(WireFrame.pong("here", from: .client), from: .client)
        case "warning":
            talk.send(WireFrame.text("one", from: .server), from: .server)
            talk.lose(10, from: .server)
            talk.acknowledge(from: .client)
        case "error": talk.send(WireFrame.text("bare", from: .server), from: .client)
        default: break
        }
        talk.finish(first: .client)
        return talk.packets
    }

    @Test(
        "is 3 if a finding is as severe, else 0",
        arguments: [
            (nil, "warning", 0), ("note", "warning", 0), ("warning", "warning", 3), ("error", "warning", 3),
            (nil, "error", 0), ("warning", "error", 0), ("error", "error", 3), ("error", nil, 0),
        ] as [(String?, String?, Int32)])
    func level(worst: String?, level: String?, status: Int32) throws {
        let folder = try ScratchFolder()
        let file = try folder.write("talk.pcap", session(worst).pcap())
        for format in ["timeline", "summary", "jsonl"] {
            let run = try Wstap.run([file, "--format", format] + (level.map { ["--fail-on", $0] } ?? []))
            #expect(run.status == status)
            #expect(run.errors == "")
            #expect(!run.output.isEmpty)
        }
    }

    @Test("is 3 even if the findings are filtered out, and the output is kept")
    func hidden() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("talk.pcap", session("error").pcap())
        let output = folder.path("trace")
        let run = try Wstap.run(
            [file, "--format", "jsonl", "--events", "summary", "--fail-on", "error", "-o", output])
        #expect(run.status == 3)
        let trace = try Trace([UInt8](Data(contentsOf: URL(filePath: output))))
        #expect(trace.events.map(\.event) == ["summary"])
        #expect(try folder.names.sorted() == ["talk.pcap", "trace"])
    }

    @Test("is 1 for cut input, 2 if nothing can be read, 64 for wrong usage")
    func precedence() throws {
        let folder = try ScratchFolder()
        let cut = try folder.write("cut.pcap", session("error").pcap().dropLast(5))
        #expect(try Wstap.run([cut, "--fail-on", "error"]).status == 1)
        #expect(try Wstap.run([folder.path("absent"), "--fail-on", "error"]).status == 2)
        for level in ["note", "all", ""] {
            let run = try Wstap.run([cut, "--fail-on", level])
            #expect(run.status == 64 && run.output.isEmpty)
            #expect(run.errors.contains("--fail-on"))
        }
    }
}
