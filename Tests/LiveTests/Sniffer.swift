import Foundation
import TestSupport

/// `wstap live` on a stage, printing JSON lines.
final class Sniffer {
    /// The result of a run.
    struct Outcome {
        /// The exit status, or 128 and the number of the signal that ended it; nil if it had to be killed.
        var status: Int32?
        var trace: Trace
        var errors: String
    }

    let program: Program
    /// The file for the trace, unless it goes to a pipe.
    let traceFile: String

    private let errorFile: String
    private var isOver = false

    /// Starts it, and waits until no packet can pass unseen.
    ///
    /// - Parameters:
    ///   - stage: The stage.
    ///   - arguments: Arguments after `live -i INTERFACE --format jsonl`.
    ///   - environment: Variables to set in addition to the test's.
    ///   - output: Where the trace goes; nil for `traceFile`.
    /// - Throws: An error if it cannot be started, or ends early.
    init(
        on stage: Stage, _ arguments: [String] = [], environment: [String: String] = [:], output: String? = nil
    ) throws {
        traceFile = stage.folder.path("trace")
        errorFile = stage.folder.path("errors")
        program = try stage.start(
            [Wstap.path, "live", "-i", stage.interface, "--format", "jsonl"] + arguments, environment: environment,
            output: output ?? traceFile, errors: errorFile)
        guard program.sniffs() else {
            isOver = program.hasEnded
            throw Stage.Fault(description: "wstap does not capture: \(errors)")
        }
    }

    deinit {
        if !isOver { _ = program.wait(atMost: 0) }
    }

    /// Its standard error so far.
    var errors: String {
        (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? ""
    }

    /// How many events of a kind are in the trace so far.
    func count(_ kind: String) -> Int {
        let mark = "\"event\":\"\(kind)\""
        let text = (try? String(contentsOfFile: traceFile, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").count { $0.contains(mark) }
    }

    /// Whether the trace has a message from a packet after this moment, in nanoseconds since 1970.
    func hasMessage(after moment: Int64) -> Bool {
        let date = Date(timeIntervalSince1970: Double(moment / 1_000_000_000))
        let fraction = String(moment % 1_000_000_000 + 1_000_000_000).dropFirst()
        // Times of the same form sort like text.
        let text = date.formatted(.iso8601).dropLast() + ".\(fraction)Z"
        let trace = (try? String(contentsOfFile: traceFile, encoding: .utf8)) ?? ""
        return trace.split(separator: "\n").contains { line in
            guard line.contains("\"event\":\"message\""), let start = line.range(of: "\"time\":\"")?.upperBound else {
                return false
            }
            return line[start...].prefix(text.count) > text
        }
    }

    /// Sends it a signal, and waits for its end.
    func end(with signal: Int32 = SIGINT) throws -> Outcome {
        program.send(signal)
        return try outcome()
    }

    /// Waits for its end.
    func outcome() throws -> Outcome {
        let status = program.wait(atMost: .patience)
        isOver = true
        return Outcome(
            status: status, trace: try Trace([UInt8](Data(contentsOf: URL(filePath: traceFile)))), errors: errors)
    }
}

extension Program {
    /// Waits until a packet socket receives packets in the program's network namespace, which is not the test's.
    func sniffs() -> Bool {
        let home = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
        return eventually {
            let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(identifier)/ns/net")
            if !hasEnded, own == nil || own == home { return false }
            guard !hasEnded, let table = try? String(contentsOfFile: "/proc/\(identifier)/net/packet", encoding: .utf8)
            else { return hasEnded }
            // The columns: sk, references, type, protocol, interface, running, …
            return table.split(separator: "\n").dropFirst().contains { line in
                let columns = line.split(separator: " ")
                return columns.count > 5 && columns[4] != "0" && columns[5] == "1"
            }
        } && !hasEnded
    }
}

extension Program {
    /// The words of each line of `/proc/PID/status`, by key.
    func status() -> [String: [String]] {
        status(of: "/proc/\(identifier)/status")
    }

    /// The same for each of its threads.
    func threadStatuses() throws -> [[String: [String]]] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/task").map {
            status(of: "/proc/\(identifier)/task/\($0)/status")
        }
    }

    private func status(of file: String) -> [String: [String]] {
        let lines = ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: "\n")
        let pairs = lines.compactMap { line -> (String, [String])? in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.first.map { key in
                (String(key), parts.dropFirst().joined().split { $0 == " " || $0 == "\t" }.map(String.init))
            }
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
