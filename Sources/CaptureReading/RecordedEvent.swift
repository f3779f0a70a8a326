public import CaptureAnalysis

/// An event with its context and a copy of its payload.
public struct RecordedEvent: Sendable {
    /// What happened.
    public var event: Event
    /// Where and when.
    public var context: EventContext
    /// The decoded bytes of a frame or message, as far as they were requested and may be shown; otherwise empty.
    public var payload: [UInt8]
}

/// Events that wait to be taken.
struct EventList: EventSink {
    private var events: [RecordedEvent] = []
    private var place = 0

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        if place == events.count {
            events.removeAll(keepingCapacity: true)
            place = 0
        }
        let bytes = unsafe payload.withUnsafeBufferPointer { unsafe Array($0) }
        events.append(RecordedEvent(event: copy event, context: copy context, payload: bytes))
    }

    mutating func next() -> RecordedEvent? {
        guard place < events.count else { return nil }
        defer { place += 1 }
        return events[place]
    }
}
