import TestSupport
import Testing

@Suite("The command line")
struct UsageTests {
    @Test(
        "explains itself in 80 columns on standard output",
        arguments: [["--help"], ["-h"], ["help"], ["read", "--help"], ["live", "--help"], ["interfaces", "--help"]])
    func help(arguments: [String]) throws {
        let run = try Wstap.run(arguments)
        #expect(run.status == 0 && run.errors == "")
        #expect(run.text.contains("USAGE: wstap"))
        #expect(run.lines.allSatisfy { $0.count <= 80 })
    }

    @Test("prints its version")
    func version() throws {
        let run = try Wstap.run(["--version"])
        #expect(run.status == 0 && run.errors == "")
        #expect(run.text.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
    }

    @Test(
        "rejects meaningless arguments and names them",
        arguments: [
            ([], "file"),
            (["--nonsense", "x.pcap"], "--nonsense"),
            (["x.pcap", "--format", "xml"], "xml"),
            (["x.pcap", "--format"], "--format"),
            (["x.pcap", "--payload", "much"], "much"),
            (["x.pcap", "--payload", "-1"], "--payload"),
            (["x.pcap", "--opcode", "text,blob"], "there is no opcode \"blob\""),
            (["x.pcap", "--opcode", "16"], "there is no opcode \"16\""),
            (["x.pcap", "--opcode", ""], "--opcode"),
            (["x.pcap", "--connection", "0"], "--connection"),
            (["x.pcap", "--connection", "1,x"], "1,x"),
            (["x.pcap", "--from", "proxy"], "proxy"),
            (["x.pcap", "--events", "message,noise"], "there is no event \"noise\""),
            (["x.pcap", "--color", "sometimes"], "sometimes"),
            (["-", "-"], "standard input"),
        ] as [([String], String)])
    func wrongUsage(arguments: [String], named: String) throws {
        let run = try Wstap.run(arguments)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(run.errors.contains(named))
    }

    @Test("shows libpcap's message on an invalid filter")
    func badFilter() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("chat.pcap", TCPConversation.chat.packets.pcap())
        let run = try Wstap.run([file, "-f", "tcp porridge 80"])
        #expect(run.status == 64 && run.output.isEmpty)
        #expect(run.errors.contains("tcp porridge 80") && run.errors.contains("syntax error"))
    }

    @Test("says where a --grep pattern is invalid, and creates no output")
    func badPattern() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("chat.pcap", TCPConversation.chat.packets.pcap())
        let run = try Wstap.run([file, "--grep", "(unclosed", "-o", folder.path("trace")])
        #expect(run.status == 64 && run.output.isEmpty)
        #expect(run.errors.contains("--grep") && run.errors.contains("offset"))
        #expect(try folder.names == ["chat.pcap"])
    }
}
