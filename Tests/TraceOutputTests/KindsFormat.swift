import CaptureAnalysis

@testable import TraceOutput

/// Prints each event's kind and connection, a line each.
struct KindsFormat: OutputFormat, ~Copyable {
    var output = OutputBuffer()
    var payloadNeeds: PayloadNeeds { PayloadNeeds(maximumBytes: 0, framePayloads: false) }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        output.append(verbatim: "\(EventKind(event).rawValue) \(context.connection)\n")
    }
}
