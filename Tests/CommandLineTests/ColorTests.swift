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
        "are used off a terminal only on request", arguments: ["timeline", "summary"])
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

    /// The program's output on a terminal.
    private func onTerminal(_ arguments: [String], _ environment: [String: String]) throws -> String {
        let terminal = try PseudoTerminal()
        let program = try Wstap.start(
            arguments, environment: environment, output: terminal.path, errors: folder.path("errors"))
        let text = terminal.readToEnd()
        #expect(program.wait() == 0)
        return text
    }
}

/// A terminal that a program writes to and a test reads.
final class PseudoTerminal {
    /// The terminal's name.
    let path: String
    private let descriptor: Int32

    init() throws {
        var (own, others): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        guard openpty(&own, &others, &name, nil, nil) == 0 else { throw POSIXError(.ENOTTY) }
        close(others)
        descriptor = own
        path = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    deinit {
        close(descriptor)
    }

    /// Returns everything written up to a mark.
    func read(until mark: String) -> String {
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while Foundation.read(descriptor, &byte, 1) == 1 {
            text.append(byte)
            if text.count >= mark.utf8.count, text.suffix(mark.utf8.count).elementsEqual(mark.utf8) { break }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Returns everything written until no program has the terminal open.
    func readToEnd() -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer.prefix(count)
        }
    }
}
