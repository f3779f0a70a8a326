import Foundation
import TestSupport
import Testing

@Suite("Where output goes, it")
struct OutputTargetTests {
    private let folder: ScratchFolder
    private let capture: String

    init() throws {
        folder = try ScratchFolder()
        capture = try folder.write("chat.pcap", TCPConversation.chat.packets.pcap())
    }

    private func content(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(filePath: folder.path(name))))
    }

    /// Runs a shell line in the folder, with the program as `$0`.
    private func shell(_ line: String) throws -> Int32 {
        try Program(
            "/bin/sh", ["-c", "cd \"$1\" && " + line, Wstap.path, folder.url.path],
            output: folder.path("output"), errors: folder.path("errors")
        ).wait()
    }

    @Test(
        "is appended to a file that is already open",
        arguments: ["-o - >> log", "-o /dev/stdout >> log", "-o /dev/fd/3 3>> log", "-o /dev/stderr 2>> log"])
    func openFile(words: String) throws {
        let expected = try Wstap.run([capture, "--format", "jsonl"]).output
        _ = try folder.write("log", Array("before\n".utf8))
        // The same path, since the trace names it.
        #expect(try shell("\"$0\" '\(capture)' --no-progress --format jsonl \(words)") == 0)
        #expect(try content("log") == Array("before\n".utf8) + expected)
        #expect(try folder.names == ["chat.pcap", "errors", "log", "output"])
    }

    @Test("is a capture on standard output too", arguments: ["cut", "redact"])
    func captureOnStandardOutput(command: String) throws {
        let run = try Wstap.run([command, capture, "-o", "-"])
        #expect(run.status == 0 && run.output.starts(with: [0x0a, 0x0d, 0x0d, 0x0a]))
        #expect(run.errors.contains(" written to standard output\n"))
        #expect(run.errors.contains("not checked: the output can be read only once") == (command == "redact"))
        #expect(try folder.names == ["chat.pcap"])
    }

    @Test("never takes the place of standard input")
    func standardInput() throws {
        let before = try content("chat.pcap")
        let run = try Wstap.run(["-", "-o", capture], input: capture)
        #expect(run.status == 64 && run.errors.contains("standard input"))
        #expect(try content("chat.pcap") == before)
    }

    @Test(
        "is two files, however they are spelt",
        arguments: [
            ["chat.pcap", "--format", "sqlite", "--payload-file"], ["redact", "chat.pcap", "--report"],
        ], ["same", "./same", "link"])
    func sameFile(words: [String], other: String) throws {
        for isThere in [false, true] {
            if isThere { _ = try folder.write("same", Array("old".utf8)) }
            try? FileManager.default.removeItem(atPath: folder.path("link"))
            if other == "link" {
                guard isThere else { continue }
                try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "same")
            }
            #expect(try shell("\"$0\" \((words + [other, "-o", "same"]).joined(separator: " "))") == 64)
            #expect(try folder.names.contains("same") == isThere)
            if isThere { #expect(try content("same") == Array("old".utf8)) }
        }
    }

    @Test("leaves old payloads if the old database stays", arguments: ["missing.pcap", "chat.pcap"])
    func payloads(input: String) throws {
        _ = try folder.write("payloads", Array("old".utf8))
        // Nothing can be read, or the database cannot be written.
        let database = folder.path(input == "chat.pcap" ? "no/chat.db" : "chat.db")
        let words = ["--format", "sqlite", "-o", database, "--payload-file", folder.path("payloads")]
        #expect(try Wstap.run([folder.path(input)] + words).status == 2)
        #expect(try content("payloads") == Array("old".utf8))
        #expect(try folder.names == ["chat.pcap", "payloads"])
    }

    @Test("is exactly the file named, even if the name is not UTF-8", arguments: ["-o", "--payload-file", ""])
    func notUTF8(option: String) throws {
        let line = "\"$0\" chat.pcap --format sqlite -o chat.db \(option) \"$(printf 'x\\377')\""
        #expect(try shell(line) == 64)
        let errors = try String(contentsOfFile: folder.path("errors"), encoding: .utf8)
        #expect(errors.contains("is not UTF-8: x"))
        #expect(try folder.names == ["chat.pcap", "errors", "output"])
    }
}
