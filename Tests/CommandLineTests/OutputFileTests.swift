import Foundation
import TestSupport
import Testing

@Suite("With -o, the output")
struct OutputFileTests {
    private let folder: ScratchFolder
    private let capture: String
    /// The output without `-o`.
    private let expected: [UInt8]

    init() throws {
        folder = try ScratchFolder()
        capture = try folder.write("chat.pcap", TCPConversation.chat.packets.pcap())
        expected = try Wstap.run([capture, "--format", "jsonl"]).output
    }

    private func run(to path: String, _ arguments: [String] = []) throws -> Wstap.Outcome {
        try Wstap.run([capture, "--format", "jsonl", "-o", path] + arguments)
    }

    private func content(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(filePath: folder.path(name))))
    }

    private func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder.path(name))[.posixPermissions] as? Int
    }

    @Test("becomes a new file and leaves nothing else behind")
    func newFile() throws {
        let run = try run(to: folder.path("trace.jsonl"))
        #expect(run.status == 0 && run.output.isEmpty && run.errors == "")
        #expect(try content("trace.jsonl") == expected)
        #expect(try folder.names == ["chat.pcap", "trace.jsonl"])
    }

    @Test("replaces a file and keeps its mode", arguments: [0o600, 0o644, 0o664, 0o640])
    func replacedFile(mode: Int) throws {
        let path = try folder.write("trace.jsonl", Array("what was there before".utf8))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(try run(to: path).status == 0)
        #expect(try content("trace.jsonl") == expected)
        #expect(try self.mode("trace.jsonl") == mode)
        #expect(try folder.names == ["chat.pcap", "trace.jsonl"])
    }

    @Test("replaces the file that a symbolic link names, not the link")
    func symbolicLink() throws {
        _ = try folder.write("real.jsonl", [])
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.jsonl"), withDestinationPath: "real.jsonl")
        #expect(try run(to: folder.path("link.jsonl")).status == 0)
        #expect(try content("real.jsonl") == expected)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link.jsonl")) == "real.jsonl")
        #expect(try folder.names == ["chat.pcap", "link.jsonl", "real.jsonl"])
    }

    @Test("never replaces a symbolic link to nothing")
    func danglingLink() throws {
        let link = folder.path("link.jsonl")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "absent.jsonl")
        let run = try run(to: link)
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors == "wstap: \(link): is a symbolic link to a file that does not exist\n")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "absent.jsonl")
        #expect(try folder.names == ["chat.pcap", "link.jsonl"])
    }

    @Test("gets its name despite what earlier runs left behind")
    func leftovers() throws {
        // Process numbers start again in each container.
        let program = try Program(
            "/bin/sh",
            [
                "-c", "cd \"$1\" && for n in 1 2 $$; do : > trace.jsonl.$n.unfinished; done; shift; exec \"$0\" \"$@\"",
                Wstap.path, folder.url.path, capture, "--format", "jsonl", "-o", "trace.jsonl",
            ], output: folder.path("output"), errors: folder.path("errors"))
        #expect(program.wait() == 0)
        #expect(try content("trace.jsonl") == expected)
        #expect(try folder.names.filter { $0.contains("wstap") }.isEmpty)
    }

    #if os(Linux)
        @Test(
            "leaves nothing unfinished behind as the first process of a container", arguments: [SIGINT, SIGTERM],
            [false, true])
        func container(signal: Int32, hasSecond: Bool) throws {
            // For the first process, signals that end a program by default do nothing.
            let probe = try Program(
                "/usr/bin/env", ["unshare", "-pf", "--mount-proc", "true"], output: "/dev/null", errors: "/dev/null")
            guard probe.wait() == 0 else { return }
            let input = try NamedPipe("input", in: folder, holding: .writing)
            input.write(TCPConversation.chat.packets.pcap())
            let output = hasSecond ? try NamedPipe("unread", in: folder, holding: .reading) : nil
            let path = output?.path ?? folder.path("trace.jsonl")
            // The payload is too long for an unread pipe: the first signal leaves the program waiting.
            if hasSecond {
                var talk = TCPConversation()
                talk.openWebSocket()
                for _ in 0..<20 {
                    talk.sendText(String(repeating: "x", count: 10_000), from: .server)
                }
                _ = try folder.write("long.pcap", talk.packets.pcap())
            }
            let program = try Program(
                "/usr/bin/env",
                ["unshare", "-pf", "--mount-proc", "--kill-child", Wstap.path]
                    + (hasSecond ? [folder.path("long.pcap")] : ["-"]) + ["--format", "jsonl", "-o", path],
                input: input.path, output: folder.path("output"), errors: folder.path("errors"))
            #expect(eventually { hasSecond ? output?.unreadBytes ?? 0 > 60_000 : input.unreadBytes == 0 })
            let inner = try #require(program.children.first)
            // It waits for more, or for its reader; a second signal would keep it from writing the file.
            #expect(eventually { Program.isAsleep(inner) })
            kill(inner, signal)
            if hasSecond { #expect(eventually { kill(inner, signal) != 0 || program.hasEnded }) }
            #expect(program.wait(atMost: .patience) == 128 + signal)
            #expect(try !folder.names.contains { $0.contains("unfinished") })
            guard !hasSecond else { return }
            #expect(try Trace(content("trace.jsonl")).events.last?.event == "summary")
        }
    #endif

    @Test("goes straight to a device")
    func device() throws {
        let run = try run(to: "/dev/null")
        #expect(run.status == 0 && run.errors == "")
    }

    @Test("goes straight to a pipe")
    func pipe() throws {
        let pipe = try NamedPipe("pipe", in: folder, holding: .reading)
        let program = try Wstap.start(
            [capture, "--format", "jsonl", "-o", pipe.path], output: folder.path("output"),
            errors: folder.path("errors"))
        var lines: [String] = []
        while let line = try pipe.readLine() { lines.append(line) }
        #expect(program.wait() == 0)
        #expect(lines == String(decoding: expected, as: UTF8.self).split(separator: "\n").map(String.init))
    }

    @Test(
        "fails with a message if the folder is missing", arguments: ["no/trace.jsonl", "chat.pcap/x"])
    func unwritableFolder(name: String) throws {
        let run = try run(to: folder.path(name))
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors.hasPrefix("wstap: \(folder.path(name)): "))
        #expect(try folder.names == ["chat.pcap"])
    }

    @Test("is kept if the input was cut short")
    func cutInput() throws {
        let cut = try folder.write("cut.pcap", TCPConversation.chat.packets.pcap().dropLast(9))
        let run = try Wstap.run([cut, "--format", "jsonl", "-o", folder.path("trace.jsonl")])
        #expect(run.status == 1)
        #expect(try Trace(content("trace.jsonl")).events.last?.event == "summary")
    }

    @Test("does not replace a good file if nothing could be read")
    func nothingRead() throws {
        let path = try folder.write("trace.jsonl", Array("good".utf8))
        let run = try Wstap.run([folder.path("missing.pcap"), "-o", path])
        #expect(run.status == 2)
        #expect(try content("trace.jsonl") == Array("good".utf8))
        #expect(try folder.names == ["chat.pcap", "trace.jsonl"])
    }

    @Test("holds what was read when Ctrl-C ends the reading, and nothing else stays", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) throws {
        let input = try NamedPipe("input", in: folder, holding: .writing)
        input.write(TCPConversation.chat.packets.pcap())
        let program = try Wstap.start(
            ["-", "--format", "jsonl", "-o", folder.path("trace.jsonl")], input: input.path,
            output: folder.path("output"), errors: folder.path("errors"))
        // It has read everything so far, and waits for more.
        #expect(eventually { input.unreadBytes == 0 })
        #expect(eventually { program.isAsleep })
        program.send(signal)
        #expect(program.wait(atMost: .patience) == 128 + signal)
        let trace = try Trace(content("trace.jsonl"))
        #expect(trace.messages.count == 4 && trace.events.last?.event == "summary")
        #expect(try folder.names == ["chat.pcap", "errors", "input", "output", "trace.jsonl"])
        #expect(
            try String(contentsOfFile: folder.path("errors"), encoding: .utf8).contains("interrupted after 16 packets"))
    }

    @Test("does not keep a second Ctrl-C from ending the program, even if nobody reads it")
    func interruptedTwice() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for _ in 0..<100 {
            talk.sendText(String(repeating: "x", count: 10_000), from: .server)
        }
        let file = try folder.write("long.pcap", talk.packets.pcap())
        let output = try NamedPipe("unread", in: folder, holding: .reading)
        let program = try Wstap.start(
            [file, "--format", "jsonl"], output: output.path, errors: folder.path("errors"))
        #expect(eventually { output.unreadBytes > 60_000 })
        program.send(SIGINT)
        #expect(!program.hasEnded)
        // Signals sent together count as one.
        let isOver = eventually {
            program.send(SIGINT)
            return program.hasEnded
        }
        #expect(isOver && program.wait() == 128 + SIGINT)
    }

    #if os(Linux)
        @Test("fails with a message if the disk is full")
        func fullDisk() throws {
            let errors = folder.path("errors")
            let program = try Wstap.start([capture, "--format", "jsonl"], output: "/dev/full", errors: errors)
            #expect(program.wait() == 2)
            let words = try String(contentsOfFile: errors, encoding: .utf8)
            #expect(words == "wstap: standard output: No space left on device\n")
            let named = try run(to: "/dev/full")
            #expect(named.status == 2 && named.errors == "wstap: /dev/full: No space left on device\n")
        }
    #endif
}

extension Program {
    /// The process numbers of its children.
    fileprivate var children: [Int32] {
        let list = try? String(contentsOfFile: "/proc/\(identifier)/task/\(identifier)/children", encoding: .utf8)
        return list?.split(separator: " ").compactMap { Int32($0) } ?? []
    }

    /// Whether it is waiting.
    fileprivate var isAsleep: Bool { Program.isAsleep(identifier) }

    /// Whether a process is waiting.
    fileprivate static func isAsleep(_ identifier: Int32) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
        return status?.contains("\nState:\tS") == true
    }
}
