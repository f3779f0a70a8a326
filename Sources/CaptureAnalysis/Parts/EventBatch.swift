/// Events that a part of an analysis passes to the merge together, each with its context and a copy of its payload.
package struct EventBatch: EventSink, ~Copyable, Sendable {
    private struct Entry {
        let event: Event
        var context: EventContext
        let mark: EventMark
        /// The offset after its payload in `payloads`.
        let payloadEnd: Int
    }

    private var entries: ContiguousArray<Entry> = []
    private var payloads: ContiguousArray<UInt8> = []
    /// The memory that the events take besides their entries (``Event/cost``).
    private var eventCost = 0
    /// The next entry, and where its payload begins.
    private var (next, nextPayload) = (0, 0)
    /// The last packet whose events, if any, are in this batch or before it.
    package private(set) var lastPacket: UInt64 = 0

    /// The number of events from which a batch is full.
    private static var capacity: Int { 512 }
    /// The bytes of payloads and of events from which a batch is full; the last event may exceed them.
    private static var byteCapacity: Int { 128 << 10 }
    private var byteCount: Int { payloads.count &+ eventCost }

    /// Creates an empty batch.
    package init() {}

    /// Whether the batch should be passed on.
    package var isFull: Bool { entries.count >= Self.capacity || byteCount >= Self.byteCapacity }

    /// Whether the batch is so large that no other should wait beside it.
    package var isLarge: Bool { entries.count > 2 * Self.capacity || byteCount > 2 * Self.byteCapacity }

    /// Whether the batch must not grow any more.
    package var isOverfull: Bool {
        entries.count > 8 * Self.capacity || byteCount > 8 * Self.byteCapacity
    }

    /// Whether all of its events were passed on.
    package var isEmpty: Bool { next == entries.count }

    /// The packet of the next event; if there is none, the first packet that may have one after this batch.
    package var nextPacket: UInt64 { next < entries.count ? entries[next].mark.packet : lastPacket &+ 1 }

    /// Adds an event.
    package mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        unsafe payload.withUnsafeBufferPointer { unsafe payloads.append(contentsOf: $0) }
        eventCost &+= event.cost
        entries.append(
            Entry(
                event: copy event, context: copy context, mark: EventMark(event, at: context),
                payloadEnd: payloads.count))
    }

    /// Closes the batch: no more events of packets up to this one will come.
    package mutating func close(after packet: UInt64) {
        lastPacket = packet
    }

    /// Passes on the events of packets up to one.
    ///
    /// - Parameters:
    ///   - packet: The last packet.
    ///   - part: The part of the analysis that they come from.
    ///   - merge: The merge of this part's events with those of others.
    ///   - sink: The receiver of the events.
    package mutating func pass(
        through packet: UInt64, of part: Int, _ merge: inout EventMerge, into sink: inout some EventSink & ~Copyable
    ) {
        while next < entries.count, entries[next].mark.packet <= packet { passNext(of: part, &merge, into: &sink) }
    }

    /// Passes on the next event, which must exist.
    package mutating func passNext(
        of part: Int, _ merge: inout EventMerge, into sink: inout some EventSink & ~Copyable
    ) {
        let (place, start, end) = (next, nextPayload, entries[next].payloadEnd)
        (next, nextPayload) = (place &+ 1, end)
        entries[place].context.session.connection = merge.pass(entries[place].mark, of: part)
        // A span avoids copies.
        let entries = entries.span
        sink.receive(
            entries[place].event, at: entries[place].context, payload: payloads.span.extracting(start..<end))
    }

    /// Forgets the events, but keeps their memory unless the batch was large.
    package mutating func removeAll() {
        let keepsRoom = !isLarge
        entries.removeAll(keepingCapacity: keepsRoom)
        payloads.removeAll(keepingCapacity: keepsRoom)
        (next, nextPayload, lastPacket, eventCost) = (0, 0, 0, 0)
    }
}
