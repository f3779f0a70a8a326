import Foundation
import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("Whatever --jobs says")
struct JobsTests {
    private static let fixtures: [String] = ((try? Fixture.all) ?? []).map(\.capture.path)
    /// The captures beside the repository, if they are there.
    private static let others: [String] =
        ((try? SharedCapture.all([.plain, .hostile, .tls, .http2])) ?? []).map(\.capture.path)

    @Test("a trace is the same bytes")
    func sameTrace() throws {
        #expect(!Self.fixtures.isEmpty)
        for capture in Self.fixtures + Self.others { try compare(capture, ["jsonl", "--frame-payloads"]) }
    }

    @Test("timeline and summary are the same bytes", arguments: [["timeline", "-v"], ["summary"]])
    func samePage(format: [String]) throws {
        for capture in Self.fixtures { try compare(capture, format) }
    }

    private func compare(_ capture: String, _ format: [String]) throws {
        let one = try Wstap.run([capture, "--jobs", "1", "--format"] + format)
        for jobs in ["2", "3", "64", "\(Int.max)"] {
            let other = try Wstap.run([capture, "--jobs", jobs, "--format"] + format)
            #expect(other.output == one.output, "\(capture) \(jobs)")
            #expect(other.errors == one.errors && other.status == one.status, "\(capture) \(jobs)")
        }
    }

    @Test("concurrent long messages are the same bytes")
    func longMessages() throws {
        let folder = try ScratchFolder()
        let packets = (0..<UInt16(6)).flatMap { number in
            var talk = TCPConversation(from: Endpoint("10.0.0.7:\(40_000 + number)"))
            talk.openWebSocket()
            for round in 0..<3 {
                let text = String(repeating: "\(number)\(round)", count: 300_000 + 50_000 * Int(number))
                let frame = WireFrame.text(text, from: .server)
                for start in stride(from: 0, to: frame.count, by: 30_000) {
                    talk.send(Array(frame[start..<min(frame.count, start + 30_000)]), from: .server)
                    talk.acknowledge(from: .client)
                }
            }
            return talk.packets
        }
        var capture = PcapBuilder()
        for packet in packets.sorted(by: { $0.time < $1.time }) {
            let (seconds, rest) = packet.time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
            capture.append(packet.bytes, seconds: UInt32(seconds), fraction: UInt32(rest / 1000))
        }
        try compare(folder.write("long.pcap", capture.bytes), ["jsonl", "--frame-payloads"])
    }

    @Test("filters and their omissions are the same")
    func filters() throws {
        let capture = try #require(Self.fixtures.first)
        let filtered = [capture, "--format", "jsonl", "--connection", "1,99", "--grep", "e", "--from", "client"]
        let one = try Wstap.run(filtered + ["--jobs", "1"])
        let two = try Wstap.run(filtered + ["--jobs", "2"])
        #expect(one.output == two.output && one.status == two.status)
        #expect(one.errors == two.errors && one.errors.contains("99"))
    }

    @Test("a reader that leaves ends the run silently, a full disk with a message", arguments: ["1", "2"])
    func outputFails(jobs: String) throws {
        let folder = try ScratchFolder()
        let capture = try #require(Self.fixtures.first)
        let many = [String](repeating: capture, count: 200)
        var pipe: NamedPipe? = try NamedPipe("pipe", in: folder, holding: .reading)
        let path = try #require(pipe?.path)
        let program = try Wstap.start(
            many + ["--format", "jsonl", "--jobs", jobs], output: path, errors: folder.path("errors"))
        _ = try pipe?.readLine()
        pipe = nil
        #expect(program.wait() == 0)
        #expect(try String(contentsOfFile: folder.path("errors"), encoding: .utf8) == "")
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let full = try Wstap.run(many + ["--format", "jsonl", "--jobs", jobs, "-o", "/dev/full"])
        #expect(full.status == 2 && full.errors.contains("No space left"))
    }

    @Test("the number of threads is at least one", arguments: ["0", "-1", "many", ""])
    func usage(jobs: String) throws {
        let run = try Wstap.run(["whatever.pcap", "--jobs", jobs])
        #expect(run.status == 64 && run.errors.contains("jobs"))
    }
}
