import CaptureAnalysis

/// Events that pass from one thread to another together, each with its place and a copy of its payload.
struct EventBatch: ~Copyable, Sendable {
    private struct Entry {
        let event: Event
        let context: EventContext
        /// Where its payload ends in `payloads`.
        let payloadEnd: Int
    }

    private var entries: ContiguousArray<Entry> = []
    private var payloads: ContiguousArray<UInt8> = []

    /// Events that a batch holds at most.
    private static var capacity: Int { 1024 }
    /// Bytes of payloads from which it counts as full; its last payload may go beyond.
    private static var payloadCapacity: Int { 256 << 10 }

    /// Whether it is to be handed on.
    var isFull: Bool { entries.count >= Self.capacity || payloads.count >= Self.payloadCapacity }

    /// Whether it holds so much that no other should wait beside it.
    var isLarge: Bool { payloads.count > 2 * Self.payloadCapacity }

    mutating func append(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        payload.withUnsafeBufferPointer { payloads.append(contentsOf: $0) }
        entries.append(Entry(event: copy event, context: copy context, payloadEnd: payloads.count))
    }

    /// Hands the events on, in their order.
    func replay(into sink: inout some EventSink & ~Copyable) {
        let (entries, payloads) = (entries.span, payloads.span)
        var start = 0
        for index in entries.indices {
            let end = entries[index].payloadEnd
            sink.receive(entries[index].event, at: entries[index].context, payload: payloads.extracting(start..<end))
            start = end
        }
    }

    /// Forgets the events; keeps the room, but for that of a long payload.
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        payloads.removeAll(keepingCapacity: !isLarge)
    }
}
