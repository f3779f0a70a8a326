import Foundation
import TestSupport
import Testing

@Suite("Through pipes")
struct PipeTests {
    @Test("a capture is read to its end", arguments: ["jsonl", "timeline", "summary"])
    func standardInput(format: String) throws {
        let folder = try ScratchFolder()
        let input = try NamedPipe("input", in: folder, holding: .writing)
        let capture = TCPConversation.chat.packets.pcap()
        let file = try folder.write("output", [])
        // The pipe holds all of it, so that neither end waits.
        input.write(capture)
        let program = try Wstap.start(
            ["-", "--format", format], input: input.path, output: file, errors: folder.path("errors"))
        input.closeWriting()
        #expect(program.wait() == 0)
        let expected = try Wstap.run([folder.write("chat.pcap", capture), "--format", format])
        let output = try String(contentsOfFile: file, encoding: .utf8)
        // The first line names the source.
        #expect(
            output.split(separator: "\n").dropFirst().elementsEqual(expected.text.split(separator: "\n").dropFirst()))
    }

    @Test("each event is printed as its packet comes", arguments: ["jsonl", "timeline"])
    func liveEvents(format: String) throws {
        let folder = try ScratchFolder()
        let input = try NamedPipe("input", in: folder, holding: .writing)
        let output = try NamedPipe("output", in: folder, holding: .reading)
        var builder = PcapBuilder()
        var written = 0
        func write(_ packet: TimedPacket) {
            builder.append(packet.bytes, seconds: 1_700_000_000)
            input.write(builder.bytes[written...])
            written = builder.bytes.count
        }
        let program = try Wstap.start(
            ["-", "--format", format], input: input.path, output: output.path, errors: folder.path("errors"))
        let packets = TCPConversation.chat.packets
        for packet in packets.prefix(5) { write(packet) }
        // Packet 5 answers the upgrade. If a line were not written, it would never be read, and the next packet not be
        // sent.
        let marks = format == "jsonl" ? "\"event\":\"handshake\"" : "accept valid"
        try readUntil(marks, from: output)
        write(packets[5])
        try readUntil("hello", from: output)
        write(packets[6])
        try readUntil("world", from: output)
        write(packets[7])
        try readUntil(format == "jsonl" ? "\"ping\"" : "PING", from: output)
        input.closeWriting()
        try readUntil(format == "jsonl" ? "\"event\":\"summary\"" : "  END ", from: output)
        #expect(program.wait() == 0)
    }

    private func readUntil(_ mark: String, from output: NamedPipe) throws {
        while let line = try output.readLine() {
            if line.contains(mark) { return }
        }
        Issue.record("the output ended before \(mark)")
    }

    @Test("that are non-blocking, nothing is lost")
    func nonBlocking() throws {
        let folder = try ScratchFolder()
        let input = try NamedPipe("input", in: folder, holding: .writing)
        let output = try NamedPipe("output", in: folder, holding: .reading)
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<30 {
            talk.send(
                WireFrame.text("\(number) " + String(repeating: "x", count: 20_000), from: .client), from: .client)
        }
        let capture = talk.packets.pcap()
        let file = try folder.write("long.pcap", capture)
        let expected = try Wstap.run([file, "--format", "jsonl"]).lines
        // A pipe holds 64 KiB: a program that writes more must wait.
        let writer = try Program(
            Wstap.path, [file, "--format", "jsonl"], output: output.path, errors: folder.path("errors"),
            isNonBlocking: true)
        #expect(eventually { output.unreadBytes > 60_000 })
        var lines: [String] = []
        while let line = try output.readLine() { lines.append(line) }
        #expect(writer.wait() == 0 && lines == expected)
        // A program that reads before there is data must wait too.
        let seen = try folder.write("seen", [])
        let reader = try Program(
            Wstap.path, ["-", "--format", "jsonl"], input: input.path, output: seen, errors: folder.path("errors"),
            isNonBlocking: true)
        for start in stride(from: 0, to: capture.count, by: 50_000) {
            #expect(eventually { input.unreadBytes == 0 })
            input.write(capture[start..<min(start + 50_000, capture.count)])
        }
        #expect(eventually { input.unreadBytes == 0 })
        input.closeWriting()
        #expect(reader.wait() == 0)
        let read = try String(contentsOfFile: seen, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(read.dropFirst().elementsEqual(expected.dropFirst()))
        #expect(try String(contentsOfFile: folder.path("errors"), encoding: .utf8) == "")
    }

    @Test("a reader that leaves is not an error", arguments: ["jsonl", "timeline", "summary"])
    func closedOutput(format: String) throws {
        let folder = try ScratchFolder()
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<4000 { talk.sendText("message \(number)", from: .client) }
        let file = try folder.write("many.pcap", talk.packets.pcap())
        let errors = folder.path("errors")
        var output: NamedPipe? = try NamedPipe("output", in: folder, holding: .reading)
        let program = try Wstap.start([file, "--format", format], output: folder.path("output"), errors: errors)
        if format != "summary" { _ = try output?.readLine() }
        output = nil
        #expect(program.wait() == 0)
        #expect(try String(contentsOfFile: errors, encoding: .utf8) == "")
    }
}
