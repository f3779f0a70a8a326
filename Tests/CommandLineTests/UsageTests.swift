import Foundation
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

    @Test(
        "has advice for the habits of other tools and for typos",
        arguments: [
            (["-r", "a.pcap"], 64, "wstap takes capture files without -r: wstap a.pcap"),
            (["a.pcap", "-Y", "websocket"], 64, "wstap has no display filters"),
            (["a.pcap", "--format", "json"], 64, "use --format jsonl"),
            (["a.pcap", "--json"], 64, "use --format jsonl"),
            (["-i", "eth0"], 64, "wstap live -i eth0"),
            (["-nr", "a.pcap"], 64, "wstap takes capture files without -nr: wstap a.pcap"),
            (["a.pcap", "-A"], 64, "--payload all"),
            (["a.pcap", "--html"], 64, "use --format html -o FILE"),
            (["a.pcap", "-c", "20"], 64, "head -n 20"),
            (["a.pcap", "--tail", "20"], 64, "tail -n 20"),
            (["a.pcap", "-e", "tea"], 64, "--grep REGEX"),
            (["a.pcap", "--session", "1"], 64, "--connection 2"),
            (["a.pcap", "--ip", "10.0.0.1"], 64, "-f 'host 10.0.0.9'"),
            (["stats", "a.pcap"], 2, "use --format summary"),
            (["a.pcap", "tcp port 80"], 2, "go after -f"),
            (["lvie", "--port", "x"], 64, "did you mean wstap live?"),
            (["interface"], 2, "did you mean wstap interfaces?"),
            (["rea"], 2, "did you mean wstap read?"),
            (["json", "a.pcap"], 2, "use --format jsonl"),
            (["a.pcap", "summary"], 2, "use --format summary"),
            (["a.pcap", "tcp", "port", "80"], 2, "go after -f"),
            (["a.pcap", "tcp.port == 80"], 2, "go after -f"),
            (["live", "eth0"], 64, "wstap live -i eth0"),
        ] as [([String], Int32, String)])
    func hints(arguments: [String], status: Int32, hint: String) throws {
        let run = try Wstap.run(arguments)
        #expect(run.status == status && run.output.isEmpty)
        #expect(run.errors.contains(hint), "\(run.errors)")
    }

    @Test(
        "has no advice if nothing is similar",
        arguments: [
            ["capture.pcap"], ["x.pcap", "--nonsense"], ["-x.pcap"], ["live", "-i", "lo", "--nonsense"],
            ["live", "--interface", "lo", "--nonsense"], ["live", "-i", "lo", "--format", "sqlite", "-o", "x.db"],
            ["interfaces", "-i", "lo"],
        ])
    func noHints(arguments: [String]) throws {
        let errors = try Wstap.run(arguments).errors
        #expect(!errors.contains("Hint") && !errors.contains("did you mean"), "\(errors)")
    }

    @Test(
        "distinguishes a display filter from a packet filter",
        arguments: ["tcp.port == 80", "ip.addr==10.0.0.7", "websocket"])
    func displayFilter(filter: String) throws {
        let folder = try ScratchFolder()
        let file = try folder.write("chat.pcap", TCPConversation.chat.packets.pcap())
        let run = try Wstap.run([file, "-f", filter])
        #expect(run.status == 64 && run.output.isEmpty)
        #expect(run.errors.contains("display filter"))
    }

    @Test(
        "never passes control characters of arguments on to a terminal",
        arguments: [
            ["\u{1b}[2Jfile"], ["x.pcap", "--format", "\u{1b}[31m"],
            ["x.pcap", "--format=\u{1b}[31m\nError: all is lost"],
            ["--\u{1b}[2J"], ["x.pcap", "--opcode", "\u{7}\nnext"], ["x.pcap", "--events", "\u{1b}]0;title\u{7}"],
            ["x.pcap", "--grep", "(\u{1b}[2J"], ["live", "-i", "\u{1b}[2J"], ["live", "-i", "lo", "-Z", "\u{9b}31m"],
            ["-\u{1b}"], ["x.pcap", "-o", "\u{1b}[2J/x"], ["live", "-i", "lo", "-w", "/\u{1b}[2J/x\ny"],
            ["live", "\u{1b}[2J"], ["-r", "\u{1b}[2J"], ["x.pcap", "--payload", "\u{202e}"],
            ["live", "-i", "lo", "--duration", "0.01", "tcp.\u{1b}[2J"],
        ])
    func controlCharacters(arguments: [String]) throws {
        let folder = try ScratchFolder()
        let capture = try folder.write("x.pcap", TCPConversation.chat.packets.pcap())
        let run = try Wstap.run(arguments.map { $0 == "x.pcap" ? capture : $0 })
        #expect(run.status == 64 || run.status == 2)
        #expect(run.errors.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isControl })
        #expect(!run.errors.contains("\nError: all is lost") && !run.errors.contains("\nnext"))
    }

    @Test("treats a filter of control characters as a filter")
    func controlCharactersInFilter() throws {
        let folder = try ScratchFolder()
        let capture = try folder.write("x.pcap", TCPConversation.chat.packets.pcap())
        let run = try Wstap.run([capture, "-f", "tcp \u{1b}[2J"])
        #expect(run.status == 64 && run.errors.contains(" \\u{1b}[2J\""), "\(run.errors)")
        #expect(run.errors.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isControl })
    }

    @Test("writes completions", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let run = try Wstap.run(["--generate-completion-script", shell])
        #expect(run.status == 0 && run.errors == "")
        #expect(run.text.contains("write-websocket-only") && run.text.contains("interfaces"))
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

extension Unicode.Scalar {
    /// Whether a terminal may interpret it.
    fileprivate var isControl: Bool {
        properties.generalCategory == .control || properties.generalCategory == .format
    }
}

@Suite("With --fail-on, the exit status")
struct FailOnTests {
    /// A session whose worst finding has this severity; nil for no finding.
    private func session(_ severity: String?) -> [TimedPacket] {
        var talk = TCPConversation()
        talk.openWebSocket()
        switch severity {
        case "note": talk.sendPong("here", from: .client)
        case "warning":
            talk.sendText("one", from: .server)
            talk.lose(10, from: .server)
            talk.acknowledge(from: .client)
        case "error": talk.send(WireFrame.text("bare", from: .server), from: .client)
        default: break
        }
        talk.finish(first: .client)
        return talk.packets
    }

    @Test(
        "is 3 if a finding is as severe, otherwise 0",
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
