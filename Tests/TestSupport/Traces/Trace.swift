public import Foundation

/// A trace of `wstap --format jsonl`, read back.
public struct Trace: Sendable {
    /// The events, in the order of the lines.
    public let events: [TraceEvent]

    /// Reads a trace; throws where a line is not as the format says.
    public init(_ bytes: some Collection<UInt8>) throws {
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
    ///   - arguments: Further words of the command line.
    /// - Returns: The trace, and what the run came to.
    /// - Throws: Where the program cannot be started, or the trace cannot be read.
    public static func of(
        _ capture: URL, _ arguments: [String] = []
    ) throws -> (trace: Trace, run: Wstap.Outcome) {
        let run = try Wstap.run([capture.path, "--format", "jsonl"] + arguments)
        return (try Trace(run.output), run)
    }

    /// The data messages that are shown whole, as endpoints would have logged them.
    public var messages: [ExpectedMessage] {
        events.compactMap { $0.event == "message" && $0.complete == true ? $0.payloadSeen : nil }
    }

    /// The connections on which WebSocket was seen, by number.
    public var connections: [TraceConnection] {
        Dictionary(grouping: events.filter { $0.connection != nil }) { $0.connection ?? 0 }
            .sorted { $0.key < $1.key }.map { TraceConnection(number: $0.key, events: $0.value) }
    }
}
