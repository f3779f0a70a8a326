import BenchmarkStages
import Foundation
import GeneratedCaptures

/// Runs of the programs themselves on whole captures.
struct WholeRuns {
    /// A program's time and memory for a capture.
    struct Row {
        let capture: String
        let program: String
        let pairs: Pairs
        let peakBytes: Int
    }

    let wstap: String
    /// The folder of `floor` and `timed`.
    let tools: URL
    let pairCount: Int
    /// How often tshark reads each capture; 0 for never.
    let tsharkRuns: Int

    /// Measures the ways of reading a capture against libpcap.
    func rows(_ capture: CaptureOnDisk) throws -> [Row] {
        try check(capture)
        var rows: [Row] = []
        for format in ["summary", "jsonl"] {
            for jobs in [["--jobs", "1"], []] {
                let options = ["--format", format] + jobs
                rows.append(
                    try row(
                        (["wstap"] + options).joined(separator: " "), [wstap, capture.path] + options, capture,
                        pairCount))
            }
        }
        if tsharkRuns > 0 {
            let fields = ["frame.number", "websocket.fin", "websocket.opcode", "websocket.payload_length"]
            rows.append(
                try row(
                    "tshark -T fields",
                    ["tshark", "-r", capture.path, "-Y", "websocket", "-T", "fields"] + fields.flatMap { ["-e", $0] },
                    capture, tsharkRuns, isWarmedUp: false))
        }
        return rows
    }

    private func row(
        _ name: String, _ command: [String], _ capture: CaptureOnDisk, _ count: Int, isWarmedUp: Bool = true
    ) throws -> Row {
        let timed = tools.appending(path: "timed").path
        let floor = tools.appending(path: "floor").path
        var peak = 0
        let pairs = try Pairs(
            count, isWarmedUp: isWarmedUp,
            reference: { try ProgramRun([floor, capture.path], timed: timed).seconds },
            own: {
                let run = try ProgramRun(command, timed: timed)
                peak = max(peak, run.peakBytes)
                return run.seconds
            })
        return Row(capture: capture.name, program: name, pairs: pairs, peakBytes: peak)
    }

    /// Checks wstap's counts against the capture's truth.
    private func check(_ capture: CaptureOnDisk) throws {
        let words = try ProgramRun.output(of: [wstap, capture.path, "-q", "--format", "jsonl", "--events", "summary"])
        let truth = capture.truth
        let expected: [(String, UInt64)] = [
            ("packets", truth.packets), ("bytes", truth.bytes), ("tcp_connections", truth.connections),
            ("frames", truth.frames), ("messages", truth.messages), ("gaps", 0), ("unreadable_packets", 0),
        ]
        for (key, count) in expected where !words.contains("\"\(key)\":\(count),") {
            throw WrongCount(description: "wstap does not count \(count) \(key) in \(capture.path): \(words)")
        }
    }
}
