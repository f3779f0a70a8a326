import CaptureAnalysis
import WebSocketProtocol

/// An event as it was reported, with a copy of its payload.
struct ReportedEvent {
    var event: Event
    var context: EventContext
    var payload: [UInt8]

    var text: String { String(decoding: payload, as: UTF8.self) }
}

/// Keeps every event.
struct Recorder: EventSink {
    private(set) var reported: [ReportedEvent] = []

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        reported.append(
            ReportedEvent(event: copy event, context: copy context, payload: payload.indices.map { payload[$0] }))
    }
}
