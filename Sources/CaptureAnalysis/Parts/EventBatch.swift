/// Events that pass from one thread to another together, each with its place and a copy of its payload.
public struct EventBatch: ~Copyable, Sendable {
    /// What a merge has to look at.
    enum Kind {
        case connection, end, other
    }

    private struct Entry {
        let event: Event
        var context: EventContext
        let kind: Kind
        /// Where its payload ends in `payloads`.
        let payloadEnd: Int
    }

    private var entries: ContiguousArray<Entry> = []
    private var payloads: ContiguousArray<UInt8> = []
    /// The entry that is next, and where its payload begins.
    private var (next, nextPayload) = (0, 0)
    /// The last packet whose events are in this batch or before it, as far as there are any.
    public private(set) var lastPacket: UInt64 = 0

    /// Events that a batch holds at most.
    private static var capacity: Int { 512 }
    /// Bytes of payloads from which it counts as full; its last payload may go beyond.
    private static var payloadCapacity: Int { 128 << 10 }

    /// Makes an empty batch.
    public init() {}

    /// Whether it is to be handed on.
    public var isFull: Bool { entries.count >= Self.capacity || payloads.count >= Self.payloadCapacity }

    /// Whether it holds so much that no other should wait beside it.
    public var isLarge: Bool { payloads.count > 2 * Self.payloadCapacity }

    /// Whether all of its events were handed on.
    public var isEmpty: Bool { next == entries.count }

    /// The packet of the next event; where there is none, the first that may have one behind this batch.
    var nextPacket: UInt64 { next < entries.count ? entries[next].context.packet : lastPacket &+ 1 }

    /// Adds an event.
    public mutating func append(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        unsafe payload.withUnsafeBufferPointer { unsafe payloads.append(contentsOf: $0) }
        let kind: Kind =
            switch event {
            case .connection: .connection
            case .end: .end
            default: .other
            }
        entries.append(
            Entry(event: copy event, context: copy context, kind: kind, payloadEnd: payloads.count))
    }

    /// Tells that no more events of packets up to this one will come.
    public mutating func close(behind packet: UInt64) {
        lastPacket = packet
    }

    /// What is next; there must be an event.
    var nextKind: Kind { entries[next].kind }

    /// The number of its connection.
    var nextConnection: UInt64 { entries[next].context.connection }

    /// Where the next event is the end of a session: how it ended, and what it is compared by.
    var nextEnd: (SessionEnd.Verdict, EndingPatterns.Sample)? {
        guard case .end(let end) = entries[next].event, let sample = end.sample else { return nil }
        return (end.verdict, sample)
    }

    /// Hands the next event on, with this number of its connection; there must be one.
    mutating func passNext(numbered number: UInt64, into sink: inout some EventSink & ~Copyable) {
        let (place, start, end) = (next, nextPayload, entries[next].payloadEnd)
        (next, nextPayload) = (place &+ 1, end)
        entries[place].context.connection = number
        // Through a span nothing is copied.
        let entries = entries.span
        sink.receive(
            entries[place].event, at: entries[place].context, payload: payloads.span.extracting(start..<end))
    }

    /// Forgets the events; keeps the room, but for that of a long payload.
    public mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        payloads.removeAll(keepingCapacity: !isLarge)
        (next, nextPayload, lastPacket) = (0, 0, 0)
    }
}
