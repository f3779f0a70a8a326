import Foundation
import TestSupport
import Testing

@Suite(
    "Live", .serialized, .enabled(if: LiveCapture.isPermitted, "capturing from the loopback interface is not permitted")
)
struct LiveTests {
    @Test("a frame is printed when its packet comes", arguments: ["jsonl", "timeline"])
    func atOnce(format: String) throws {
        let talk = try LoopbackTalk()
        let capture = try LiveCapture(port: talk.port, ["--format", format])
        try talk.open()
        try capture.read(until: format == "jsonl" ? "\"event\":\"handshake\"" : "accept valid")
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        // No further packet follows that could push it out.
        try capture.read(until: "hello")
        talk.send(WireFrame.ping("p", from: .server), from: .server)
        try capture.read(until: format == "jsonl" ? "\"opcode\":\"ping\"" : "PING")
        talk.finish()
        try capture.read(until: format == "jsonl" ? "\"event\":\"end\"" : "  END ")
        capture.program.send(SIGINT)
        let end = try capture.end()
        #expect(end.status == 0)
        #expect(end.errors.last?.contains(" packets captured, 0 dropped by the kernel, 0 by the interface") == true)
        if format == "jsonl" {
            #expect(end.lines.last?.contains("\"dropped_by_kernel\":0,\"dropped_by_interface\":0") == true)
        }
    }

    @Test("a signal ends open sessions", arguments: [SIGINT, SIGTERM, SIGHUP])
    func signal(number: Int32) throws {
        let talk = try LoopbackTalk()
        let capture = try LiveCapture(port: talk.port)
        try talk.open()
        talk.send(WireFrame.text("hello", from: .client), from: .client)
        try capture.read(until: "hello")
        capture.program.send(number)
        let end = try capture.end()
        #expect(end.status == 0)
        #expect(end.lines.contains { $0.contains("\"event\":\"end\"") && $0.contains("\"layer\":\"capture-end\"") })
        #expect(end.lines.last?.contains("\"event\":\"summary\"") == true)
    }

    @Test("it stops after a number of packets")
    func count() throws {
        let talk = try LoopbackTalk()
        let capture = try LiveCapture(port: talk.port, ["--format", "jsonl", "-c", "7"])
        try talk.open()
        for _ in 0..<5 { talk.send(WireFrame.text("hello", from: .client), from: .client) }
        let end = try capture.end()
        #expect(end.status == 0)
        #expect(end.lines.last?.contains("\"packets\":7,") == true)
    }

    @Test("it stops after some time")
    func duration() throws {
        let talk = try LoopbackTalk()
        let capture = try LiveCapture(port: talk.port, ["--format", "summary", "--duration", "0.2s"])
        let end = try capture.end()
        #expect(end.status == 0)
        #expect(end.lines.contains("dropped      0 packets by the kernel, 0 by the interface"))
    }

    @Test("a reader that leaves ends it silently, even between packets")
    func closedOutput() throws {
        let folder = try ScratchFolder()
        let talk = try LoopbackTalk()
        let errors = try NamedPipe("errors", in: folder, holding: .reading)
        var output: NamedPipe? = try NamedPipe("output", in: folder, holding: .reading)
        let program = try Wstap.start(
            ["live", "-i", "lo", "tcp", "port", "\(talk.port)"], output: folder.path("output"), errors: errors.path)
        #expect(try errors.readLine() != nil)
        try talk.open()
        #expect(try output?.readLine() != nil)
        output = nil
        #expect(program.wait() == 0)
        #expect(try errors.readLine() == nil)
    }

    @Test("lines that a slow reader misses are counted, and a second SIGINT ends the capture at once")
    func slowReader() throws {
        let talk = try LoopbackTalk()
        // The kernel's buffer takes all of it, however slow a debug build is.
        let capture = try LiveCapture(port: talk.port, ["--format", "jsonl", "--buffer-size", "64M"])
        try talk.open()
        let message = WireFrame.text(String(repeating: "x", count: 1 << 20), from: .server)
        // Up to 16 MiB may wait, besides what the pipe holds.
        for _ in 0..<24 { talk.send(message, from: .server) }
        let complaint = try #require(try capture.readError())
        #expect(complaint.contains(" lines not shown because the reader is too slow"))
        // What waits for the reader is bounded; the kernel's buffer counts as the program's memory.
        for _ in 0..<24 { talk.send(message, from: .server) }
        #expect(try #require(capture.program.peakMemory) < 200 << 20)
        capture.program.send(SIGINT)
        // The program still waits for its reader; signals sent together count as one.
        let isOver = eventually {
            capture.program.send(SIGINT)
            return capture.program.hasEnded
        }
        #expect(isOver && capture.program.wait() == 128 + SIGINT)
    }

    @Test(
        "root's privileges are dropped before the first packet is analysed",
        .enabled(if: geteuid() == 0, "only root has them")
    )
    func privileges() throws {
        let talk = try LoopbackTalk()
        let capture = try LiveCapture(port: talk.port, ["--format", "jsonl", "-Z", "nobody"])
        let status = try String(contentsOfFile: "/proc/\(capture.program.identifier)/status", encoding: .utf8)
        let nobody = try #require(getpwnam("nobody")).pointee
        let fields = Dictionary(
            status.split(separator: "\n").map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                return (
                    String(parts[0]),
                    parts.dropFirst().joined().split(separator: "\t").map { $0.trimmingCharacters(in: .whitespaces) }
                )
            }, uniquingKeysWith: { $1 })
        #expect(fields["Uid"] == Array(repeating: "\(nobody.pw_uid)", count: 4))
        #expect(fields["Gid"] == Array(repeating: "\(nobody.pw_gid)", count: 4))
        #expect(fields["Groups"]?.first == "\(nobody.pw_gid)")
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] { #expect(fields[set] == ["0000000000000000"]) }
        #expect(fields["NoNewPrivs"] == ["1"])
        capture.program.send(SIGTERM)
        #expect(try capture.end().status == 0)
    }
}
