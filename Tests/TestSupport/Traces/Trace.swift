package import Foundation

/// A trace of `wstap --format jsonl`, read back.
package struct Trace: Sendable {
    /// The events, in the order of the lines.
    package let events: [TraceEvent]

    /// Reads a trace; throws if a line does not follow the format.
    package init(_ bytes: some Collection<UInt8>) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        events = try bytes.split(separator: UInt8(ascii: "\n")).map {
            try decoder.decode(TraceEvent.self, from: Data($0))
        }
    }

    /// Analyses a capture with the built program.
    ///
    /// - Parameters:
    ///   - capture: The file.
    ///   - arguments: Further arguments of the command line.
    /// - Returns: The trace, and the result of the run.
    /// - Throws: An error if the program cannot be started or the trace cannot be read.
    package static func of(
        _ capture: URL, _ arguments: [String] = []
    ) throws -> (trace: Trace, run: Wstap.Outcome) {
        let run = try Wstap.run([capture.path, "--format", "jsonl"] + arguments)
        return (try Trace(run.output), run)
    }

    /// The data messages shown in full, as endpoints would have logged them.
    package var messages: [ExpectedMessage] {
        events.compactMap { $0.event == "message" && $0.complete == true ? $0.payloadSeen : nil }
    }

    /// The connections on which WebSocket was seen, by number.
    package var connections: [TraceConnection] {
        Dictionary(grouping: events.filter { $0.connection != nil }) { $0.connection ?? 0 }
            .sorted { $0.key < $1.key }.map { TraceConnection(number: $0.key, events: $0.value) }
    }
}

/// The part of a trace about one connection.
package struct TraceConnection: Sendable {
    /// Its number.
    package let number: UInt64
    /// Its events, in order.
    package let events: [TraceEvent]

    /// The client's address and port, as in `ExpectedConnection`.
    package var client: String? {
        events.first { $0.event == "connection" }?.client.map { end in
            end.ip.contains(":") ? "[\(end.ip)]:\(end.port)" : "\(end.ip):\(end.port)"
        }
    }

    /// The accepted upgrade.
    package var handshake: TraceEvent? {
        events.first { $0.event == "handshake" && $0.accepted == true }
    }

    /// The Sec-WebSocket-Key of the accepted upgrade.
    package var key: String? {
        handshake?.requestHeaders?.first { $0.first?.lowercased() == "sec-websocket-key" }?.last
    }

    /// The statuses of refused upgrades.
    package var refused: [Int] {
        events.compactMap { $0.event == "handshake" && $0.accepted == false ? $0.status : nil }
    }

    /// The frames of both ends.
    package var frames: [TraceEvent] {
        events.filter { $0.event == "frame" }
    }

    /// The Pings shown in full, as endpoints would have logged them.
    package var pings: [ExpectedMessage] {
        frames.compactMap { $0.opcode == "ping" ? $0.payloadSeen : nil }
    }

    /// The first Close frame that an end sent.
    package func close(from sender: ExpectedMessage.Sender) -> TraceEvent.Close? {
        frames.first { $0.opcode == "close" && $0.from == sender }?.close
    }

    /// The applications' close events.
    package var closeEvents: TraceEvent.CloseEvents? {
        events.last { $0.event == "end" }?.closeEvents
    }

    /// The verdict on its end.
    package var verdict: TraceEvent.Verdict? {
        events.last { $0.event == "end" }?.verdict
    }
}

/// The project's own trace checker, which needs Python's jsonschema.
package struct Schema: Sendable {
    private let script: String

    /// The checker; nil if anything it needs is missing.
    package static let checker: Schema? = {
        let script = Repository.root.appending(path: "scripts/check-trace").path
        guard FileManager.default.isExecutableFile(atPath: script),
            (try? run([Repository.python, "-c", "import jsonschema"]).status) == 0
        else { return nil }
        return Schema(script: script)
    }()

    /// The faults of some traces, a line for each; empty if there are none.
    package func faults(in traces: [String]) throws -> String {
        let run = try Schema.run([Repository.python, script] + traces)
        return run.status == 0 ? "" : run.text
    }

    private static func run(_ words: [String]) throws -> (status: Int32, text: String) {
        let folder = try ScratchFolder()
        let output = folder.path("output")
        let errors = folder.path("errors")
        let status = try Program("/usr/bin/env", words, output: output, errors: errors).wait()
        let text = try [output, errors].map { String(decoding: try Data(contentsOf: URL(filePath: $0)), as: UTF8.self) }
        return (status, text.joined())
    }
}
