import Foundation
import TestSupport
import Testing

@Suite(
    "Packets that live saves", .serialized,
    .enabled(if: LiveCapture.isPermitted, "capturing from the loopback interface is not permitted"))
struct LiveFileTests {
    @Test("are read back with the same result", arguments: ["a.pcapng", "a.pcap"])
    func readBack(name: String) throws {
        let talk = try LoopbackTalk()
        let capture = try LiveCapture(port: talk.port, ["--format", "jsonl", "-w", "FOLDER/\(name)"])
        try talk.open()
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        talk.send(WireFrame.text(String(repeating: "long ", count: 30_000), from: .server), from: .server)
        talk.finish()
        let last = try capture.read(until: "\"event\":\"end\"")
        capture.program.send(SIGINT)
        #expect(try capture.end().status == 0)
        let file = capture.folder.path(name)
        let read = try Wstap.run([file, "--format", "jsonl"])
        #expect(read.status == 0)
        // A pcap file cannot store the interface; a session's end names none.
        #expect(read.lines.dropLast().last == last)
        #expect(read.lines.contains { $0.contains("\"interface\":\"lo\"") } == (name == "a.pcapng"))
    }

    @Test("look the same to tshark", .enabled(if: hasTshark, "there is no tshark"))
    func tshark() throws {
        let talk = try LoopbackTalk()
        let capture = try LiveCapture(port: talk.port, ["--format", "jsonl", "-w", "FOLDER/a.pcapng"])
        try talk.open()
        for number in 0..<20 {
            talk.send(WireFrame.text("message \(number)", from: .client), from: .client)
            talk.send(WireFrame.ping("\(number)", from: .server), from: .server)
        }
        talk.finish()
        try capture.read(until: "\"event\":\"end\"")
        capture.program.send(SIGINT)
        let summary = try #require(try capture.end().lines.last)
        #expect(summary.contains("\"packets\":") && summary.contains("\"frames\":42,"))
        let (output, errors) = (capture.folder.path("seen"), capture.folder.path("complaints"))
        let words = [
            "tshark", "-r", capture.folder.path("a.pcapng"), "-d", "tcp.port==\(talk.port),http", "-Y", "websocket",
            "-T", "fields", "-e", "websocket.opcode", "-e", "frame.interface_name",
        ]
        #expect(try Program("/usr/bin/env", words, output: output, errors: errors).wait() == 0)
        let seen = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        #expect(seen.count == 42)
        #expect(seen.count { $0.hasPrefix("1\t") } == 20 && seen.count { $0.hasPrefix("9\t") } == 20)
        #expect(seen.allSatisfy { $0.hasSuffix("\tlo") })
    }

    private static let hasTshark: Bool = {
        guard let folder = try? ScratchFolder() else { return false }
        let program = try? Program(
            "/usr/bin/env", ["tshark", "--version"], output: folder.path("output"), errors: folder.path("errors"))
        return program?.wait() == 0
    }()

    @Test("are in the file while it runs")
    func whileItRuns() throws {
        let talk = try LoopbackTalk()
        let capture = try LiveCapture(port: talk.port, ["--format", "jsonl", "-w", "FOLDER/a.pcapng"])
        try talk.open()
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        try capture.read(until: "\"event\":\"message\"")
        talk.send(WireFrame.text("world", from: .client), from: .client)
        try capture.read(until: "world")
        capture.program.send(SIGKILL)
        #expect(capture.program.wait() == 128 + SIGKILL)
        let read = try Wstap.run([capture.folder.path("a.pcapng"), "--format", "jsonl", "--events", "message"])
        #expect(read.status == 0 && read.text.contains("hello"))
    }

    @Test("can be those of WebSocket connections, from the first on")
    func webSocketOnly() throws {
        let talk = try LoopbackTalk()
        let capture = try LiveCapture(
            port: talk.port, ["--format", "jsonl", "-w", "FOLDER/a.pcapng", "--write-websocket-only"])
        try talk.connect()
        talk.send(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), from: .client)
        talk.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8), from: .server)
        talk.hangUp()
        try talk.open()
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        talk.finish()
        try capture.read(until: "\"event\":\"end\"")
        capture.program.send(SIGINT)
        let end = try capture.end()
        #expect(end.lines.last?.contains("\"tcp_connections\":2,\"websocket_connections\":1") == true)
        let read = try Wstap.run([capture.folder.path("a.pcapng"), "--format", "jsonl"])
        #expect(read.status == 0)
        #expect(read.lines.last?.contains("\"tcp_connections\":1,\"websocket_connections\":1") == true)
        #expect(read.lines.contains { $0.contains("\"opened\":\"handshake\"") && $0.contains("\"syn_packet\":1,") })
        #expect(read.text.contains("hello") && read.lines.last?.contains("\"gaps\":0") == true)
    }

    @Test("end properly if the disk is full, and so does the trace")
    func fullDisk() throws {
        let talk = try LoopbackTalk()
        let folder = try ScratchFolder()
        chmod(folder.url.path, 0o777)
        let errors = try NamedPipe("errors", in: folder, holding: .reading)
        // A limit on the file's size stands in for a full disk; the trace goes to a pipe.
        let output = try NamedPipe("output", in: folder, holding: .reading)
        let program = try Program(
            "/bin/sh",
            [
                "-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\"", Wstap.path, "live", "-i", "lo", "--format",
                "jsonl", "-w", folder.path("a.pcapng"), "tcp", "port", "\(talk.port)",
            ], output: output.path, errors: errors.path)
        #expect(try errors.readLine()?.contains("capturing on lo") == true)
        try talk.open()
        for _ in 0..<200 {
            talk.send(WireFrame.text(String(repeating: "x", count: 1000), from: .client), from: .client)
        }
        var last: String?
        var ends = 0
        while let line = try output.readLine() {
            last = line
            if line.contains("\"event\":\"end\"") { ends += 1 }
        }
        #expect(program.wait() == 2)
        #expect(try errors.readLine()?.contains("a.pcapng: cannot be written any further: File too large") == true)
        #expect(ends == 1 && last?.contains("\"event\":\"summary\"") == true)
        let read = try Wstap.run([folder.path("a.pcapng"), "--format", "jsonl", "--events", "summary"])
        #expect(read.status == 0)
    }

    @Test("go through a pipe to another wstap as they come")
    func pipe() throws {
        let talk = try LoopbackTalk()
        let folder = try ScratchFolder()
        let errors = try NamedPipe("errors", in: folder, holding: .reading)
        let output = try NamedPipe("output", in: folder, holding: .reading)
        let program = try Program(
            "/bin/sh",
            [
                "-c", "\"$0\" live -i lo -w - tcp port \(talk.port) | \"$0\" - --format jsonl", Wstap.path,
            ], output: output.path, errors: errors.path)
        #expect(try errors.readLine()?.contains("capturing on lo") == true)
        try talk.open()
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        talk.send(WireFrame.text("world", from: .server), from: .server)
        while let line = try output.readLine(), !line.contains("hello") {}
        talk.finish()
        while let line = try output.readLine(), !line.contains("\"event\":\"end\"") {}
        let pids = try String(
            contentsOfFile: "/proc/\(program.identifier)/task/\(program.identifier)/children", encoding: .utf8)
        let children = pids.split(separator: " ").compactMap { Int32($0) }
        #expect(children.count == 2)
        if let first = children.min() { kill(first, SIGTERM) }
        #expect(program.wait() == 0)
    }

    @Test("and its trace wait for the reader of a non-blocking pipe", arguments: ["packets", "trace"])
    func nonBlocking(what: String) throws {
        let talk = try LoopbackTalk()
        let folder = try ScratchFolder()
        let errors = try NamedPipe("errors", in: folder, holding: .reading)
        let output = try NamedPipe("output", in: folder, holding: .reading)
        let program = try Program(
            Wstap.path,
            ["live", "-i", "lo"] + (what == "packets" ? ["-w", "-"] : ["--format", "jsonl"])
                + ["tcp", "port", "\(talk.port)"],
            output: output.path, errors: errors.path, isNonBlocking: true)
        #expect(try errors.readLine()?.contains("capturing on lo") == true)
        try talk.open()
        for _ in 0..<40 {
            talk.send(WireFrame.text(String(repeating: "x", count: 20_000), from: .client), from: .client)
        }
        talk.finish()
        // The pipe is full, and the program continues.
        #expect(eventually { output.unreadBytes > 60_000 })
        if what == "trace" {
            var messages = 0
            while let line = try output.readLine(), !line.contains("\"event\":\"end\"") {
                if line.contains("\"event\":\"message\"") { messages += 1 }
            }
            #expect(messages == 40)
            program.send(SIGINT)
            while try output.readLine() != nil {}
        } else {
            let bytes = try output.readToEnd { program.send(SIGINT) }
            let read = try Wstap.run([folder.write("read.pcapng", bytes), "--format", "jsonl"])
            #expect(read.status == 0 && read.lines.count { $0.contains("\"event\":\"message\"") } == 40)
        }
        #expect(program.wait() == 0)
        while let line = try errors.readLine() { #expect(!line.contains("unavailable"), "\(line)") }
    }

    private static func run(_ words: [String]) throws -> Wstap.Outcome {
        try Wstap.run(["live", "-i", "lo", "--duration", "0.05", "-Z", "nobody", "--format", "jsonl"] + words)
    }

    private static let nobody = getpwnam("nobody")?.pointee.pw_uid ?? 65534

    @Test(
        "and the trace can be in a folder that only root may write to",
        .enabled(if: geteuid() == 0, "only root has one"))
    func folderOfRoot() throws {
        // The path must not contain a folder of another user.
        let home = try #require(getpwuid(0)).pointee.pw_dir.map { String(cString: $0) }
        let folder = "\(try #require(home))/wstap-tests-\(getpid())"
        try #require(mkdir(folder, 0o700) == 0)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try Self.run(["-o", "\(folder)/trace.jsonl", "-w", "\(folder)/packets.pcapng"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(try Wstap.run(["\(folder)/packets.pcapng"]).status == 0)
        let trace = try Trace([UInt8](Data(contentsOf: URL(filePath: "\(folder)/trace.jsonl"))))
        #expect(trace.events.last?.event == "summary")
        for name in ["trace.jsonl", "packets.pcapng"] {
            var status = stat()
            #expect(stat("\(folder)/\(name)", &status) == 0 && status.st_uid == Self.nobody)
        }
        // A file that exists keeps its owner, and is emptied.
        try Data(repeating: 0x20, count: 100_000).write(to: URL(filePath: "\(folder)/old.jsonl"))
        #expect(try Self.run(["-o", "\(folder)/old.jsonl"]).status == 0)
        var status = stat()
        #expect(stat("\(folder)/old.jsonl", &status) == 0 && status.st_uid == 0 && status.st_size < 100_000)
    }

    @Test(
        "never replace another user's files, nor follow that user's links",
        .enabled(if: geteuid() == 0, "only root could"))
    func pathsOfOthers() throws {
        let outer = try ScratchFolder()
        chmod(outer.url.path, 0o777)
        let secret = outer.path("secret")
        try Data("secret".utf8).write(to: URL(filePath: secret))
        chmod(secret, 0o600)
        // Daemon, user 1, prepares a folder of its own with traps.
        let traps = outer.path("traps")
        try #require(mkdir(traps, 0o777) == 0)
        try #require(symlink(secret, traps + "/link") == 0 && lchown(traps + "/link", 1, 1) == 0)
        try #require(link(secret, traps + "/hard") == 0)
        try Data("theirs".utf8).write(to: URL(filePath: traps + "/theirs"))
        try #require(chown(traps + "/theirs", 1, 1) == 0 && chmod(traps + "/theirs", 0o666) == 0)
        try #require(chown(traps, 1, 1) == 0)
        for name in ["link", "hard", "theirs"] {
            for option in ["-o", "-w"] {
                let run = try Self.run([option, "\(traps)/\(name)"])
                #expect(run.status == 2 && run.output.isEmpty, "\(name): \(run.errors)")
                #expect(run.errors.contains("\(traps)/\(name): "))
            }
        }
        #expect(try String(contentsOfFile: secret, encoding: .utf8) == "secret")
        #expect(try String(contentsOfFile: traps + "/theirs", encoding: .utf8) == "theirs")
    }

    @Test("are not touched if the filter is wrong")
    func wrongFilter() throws {
        let folder = try ScratchFolder()
        chmod(folder.url.path, 0o777)
        let file = try folder.write("old.pcapng", Array("old".utf8))
        chmod(file, 0o666)
        let run = try Wstap.run(["live", "-i", "lo", "-w", file, "tcp", "porty"])
        #expect(run.status == 64 || run.status == 2)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "old")
    }

    @Test("and the trace cannot be the same file")
    func sameFile() throws {
        let folder = try ScratchFolder()
        chmod(folder.url.path, 0o777)
        let run = try Wstap.run(["live", "-i", "lo", "-w", folder.path("a"), "-o", folder.path("a")])
        #expect(run.status == 64 && run.errors.contains("name the same file"))
    }

    @Test("are counted in a line on a terminal, which is removed at the end")
    func counterLine() throws {
        let folder = try ScratchFolder()
        chmod(folder.url.path, 0o777)
        let talk = try LoopbackTalk()
        let terminal = try PseudoTerminal()
        let output = try NamedPipe("output", in: folder, holding: .reading)
        let program = try Wstap.start(
            ["live", "-i", "lo", "--format", "jsonl", "tcp", "port", "\(talk.port)"], output: output.path,
            errors: terminal.path)
        // It captures once it reports a packet: until then, connections are opened one after another.
        var hasSession = false
        while !hasSession {
            try talk.open()
            talk.send(WireFrame.text("hello", from: .client), from: .client)
            talk.hangUp()
            hasSession = output.unreadBytes > 0
        }
        let seen = terminal.read(until: " sessions")
        #expect(seen.contains(/\r.*wstap: [0-9]+ packets, [0-9]+ frames, [0-9]+ sessions/))
        program.send(SIGINT)
        while try output.readLine() != nil {}
        let rest = terminal.readToEnd()
        #expect(program.wait() == 0)
        #expect(rest.contains("\r\u{1b}[Kwstap: "))
    }

    @Test("need a writable place, or nothing starts")
    func noPlace() throws {
        let outcome = try Wstap.run(["live", "-i", "lo", "-w", "/nowhere/a.pcapng"])
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("/nowhere/a.pcapng: cannot be created"))
        #expect(outcome.errors.contains("No such file or directory"))
    }
}
