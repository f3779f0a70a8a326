import Foundation
import TestSupport
import Testing

/// A file that is not a whole capture, and the expected message.
struct BrokenInput: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var status: Int32
    var words: String
    /// Whether the part before the fault is printed.
    var hasOutput = false

    private static let capture = TCPConversation.chat.packets.pcap()

    static let all: [BrokenInput] = [
        BrokenInput(testDescription: "empty", bytes: [], status: 2, words: "is empty"),
        BrokenInput(
            testDescription: "noise", bytes: (0..<999).map { UInt8($0 % 251) }, status: 2, words: "not a capture"),
        BrokenInput(testDescription: "half a header", bytes: Array(capture.prefix(11)), status: 2, words: "cut short"),
        BrokenInput(
            testDescription: "compressed with xz", bytes: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4] + capture, status: 2,
            words: "compressed with xz"),
        BrokenInput(
            testDescription: "cut in the middle of a packet", bytes: Array(capture.dropLast(20)), status: 1,
            words: "cut short inside packet 16", hasOutput: true),
        BrokenInput(
            testDescription: "a record of absurd length",
            bytes: {
                var builder = PcapBuilder()
                for packet in TCPConversation.chat.packets { builder.append(packet.bytes) }
                builder.append([1, 2, 3], claiming: 0x7fff_ffff)
                return builder.bytes
            }(),
            status: 1, words: "damaged inside packet 17", hasOutput: true),
    ]
}

@Suite("Broken input")
struct BrokenInputTests {
    @Test("is reported after everything that could be read", arguments: BrokenInput.all)
    func file(input: BrokenInput) throws {
        let folder = try ScratchFolder()
        let file = try folder.write("input.pcap", input.bytes)
        for arguments in [[file], [file, "-q"], [file, "--format", "jsonl"]] {
            let run = try Wstap.run(arguments)
            #expect(run.status == input.status)
            #expect(run.errors.hasPrefix("wstap: \(file): ") && run.errors.contains(input.words))
            #expect(run.errors.split(separator: "\n").count == 1)
            #expect(run.output.isEmpty != input.hasOutput)
        }
        let whole = try Wstap.run([
            folder.write("whole.pcap", TCPConversation.chat.packets.pcap()), "--format", "summary",
        ])
        let read = try Wstap.run([file, "--format", "summary"])
        if input.hasOutput { #expect(read.lines.last == whole.lines.last) }
    }

    @Test("is reported as standard input")
    func standardInput() throws {
        let folder = try ScratchFolder()
        for input in BrokenInput.all {
            let run = try Wstap.run(["-"], input: folder.write("input", input.bytes))
            #expect(run.status == input.status)
            #expect(run.errors.hasPrefix("wstap: standard input: ") && run.errors.contains(input.words))
        }
    }

    @Test("does not include a file with only a header")
    func headerOnly() throws {
        let folder = try ScratchFolder()
        let run = try Wstap.run([folder.write("header.pcap", PcapBuilder().bytes), "--format", "jsonl"])
        #expect(run.status == 0)
        #expect(run.lines.count == 2)
        #expect(run.errors.contains("holds no packets"))
    }

    @Test("includes missing files and folders")
    func unreadable() throws {
        let folder = try ScratchFolder()
        let missing = try Wstap.run([folder.path("missing.pcap")])
        #expect(missing.status == 2 && missing.output.isEmpty)
        #expect(
            missing.errors == "wstap: \(folder.path("missing.pcap")): cannot be opened: No such file or directory\n")
        let directory = try Wstap.run([folder.url.path])
        #expect(directory.status == 2 && directory.output.isEmpty)
        #expect(directory.errors == "wstap: \(folder.url.path): is a directory\n")
    }

    @Test("does not keep other files from being read")
    func oneOfSeveral() throws {
        let folder = try ScratchFolder()
        let packets = TCPConversation.chat.packets
        let first = try folder.write("1.pcap", Array(packets.prefix(8)).pcap())
        let noise = try folder.write("2.pcap", Array("not a capture, not at all".utf8))
        let last = try folder.write("3.pcap", Array(packets.dropFirst(8)).pcap())
        let run = try Wstap.run([first, noise, last, folder.path("4.pcap"), "--format", "jsonl"])
        #expect(run.status == 1)
        #expect(run.errors.contains("2.pcap: is not a capture file") && run.errors.contains("4.pcap: cannot be opened"))
        #expect(try Trace(run.output).messages.count == 4)
        let none = try Wstap.run([noise, folder.path("4.pcap")])
        #expect(none.status == 2 && none.output.isEmpty)
        #expect(none.errors.contains("2.pcap") && none.errors.contains("4.pcap"))
    }

    @Test(
        "is reported without the control characters of its name",
        arguments: ["\u{1b}[2J\u{1b}]0;owned\u{7}.pcap", "two\nlines\r.pcap", "gnp.\u{202e}pacp", "c1\u{9b}31m.pcap"])
    func hostileNames(name: String) throws {
        let folder = try ScratchFolder()
        let file = try folder.write(name, TCPConversation.chat.packets.pcap().dropLast(9))
        for arguments in [
            [file], [file, "--format", "summary"], [file, "--format", "jsonl"], [folder.path("no" + name)],
            [file, "-o", folder.path("no/" + name)], [file, "-f", name],
        ] {
            let run = try Wstap.run(arguments)
            #expect(run.status != 0)
            for scalar in (run.errors + run.text).unicodeScalars where scalar != "\n" {
                #expect(![.control, .format].contains(scalar.properties.generalCategory), "U+\(scalar.value)")
            }
            #expect(!run.errors.contains("two\nlines"))
        }
    }
}
