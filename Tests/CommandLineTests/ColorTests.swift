import Foundation
import TestSupport
import Testing

@Suite("Colours")
struct ColorTests {
    private let folder: ScratchFolder
    private let capture: String

    init() throws {
        folder = try ScratchFolder()
        capture = try folder.write("chat.pcap", TCPConversation.chat.packets.pcap())
    }

    @Test(
        "are used off a terminal only if asked for", arguments: ["timeline", "summary"])
    func files(format: String) throws {
        func hasColor(_ arguments: String...) throws -> Bool {
            try Wstap.run([capture, "--format", format] + arguments).text.contains("\u{1b}[")
        }
        #expect(try !hasColor())
        #expect(try !hasColor("--color", "auto"))
        #expect(try !hasColor("--color", "never"))
        #expect(try hasColor("--color", "always"))
    }

    @Test("never change the text")
    func sameText() throws {
        let colored = try Wstap.run([capture, "--color", "always"]).text
        let plain = try Wstap.run([capture]).text
        #expect(colored.replacing(/\u{1b}\[[0-9;]*m/, with: "") == plain)
    }

    @Test("are never used in a trace")
    func trace() throws {
        let run = try Wstap.run([capture, "--format", "jsonl", "--color", "always"])
        #expect(!run.text.contains("\u{1b}"))
    }

    @Test("are used on a terminal, unless NO_COLOR or TERM forbids it or the output goes elsewhere")
    func terminal() throws {
        #expect(try onTerminal([capture], ["TERM": "xterm"]).contains("\u{1b}["))
        #expect(try onTerminal([capture], ["TERM": "xterm", "NO_COLOR": ""]).contains("\u{1b}["))
        #expect(try !onTerminal([capture], ["TERM": "xterm", "NO_COLOR": "1"]).contains("\u{1b}["))
        #expect(try !onTerminal([capture], ["TERM": "dumb"]).contains("\u{1b}["))
        #expect(try !onTerminal([capture, "--color", "never"], ["TERM": "xterm"]).contains("\u{1b}["))
        _ = try onTerminal([capture, "-o", folder.path("timeline")], ["TERM": "xterm"])
        #expect(try !String(contentsOfFile: folder.path("timeline"), encoding: .utf8).contains("\u{1b}["))
    }

    /// What the program prints on a terminal.
    private func onTerminal(_ arguments: [String], _ environment: [String: String]) throws -> String {
        let terminal = try PseudoTerminal()
        let program = try Wstap.start(
            arguments, environment: environment, output: terminal.path, errors: folder.path("errors"))
        let text = terminal.readToEnd()
        #expect(program.wait() == 0)
        return text
    }
}
