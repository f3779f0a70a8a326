public import CaptureAnalysis

/// What a part of an analysis has to tell, on its way to the merge, where the parts come together.
///
/// A part adds events and closes the batch; the merge passes them on in the order that an ``EventMerge`` tells.
public protocol OutputBatch: EventSink, Sendable, SendableMetatype, ~Copyable {
    /// Whether it is to be handed on.
    var isFull: Bool { get }

    /// Whether it holds so much that no other should wait beside it.
    var isLarge: Bool { get }

    /// Whether it must not grow any more, even by what else a packet tells.
    var isOverfull: Bool { get }

    /// Whether all of its events were passed on.
    var isEmpty: Bool { get }

    /// The packet of the next event; where there is none, the first that may have one behind this batch.
    var nextPacket: UInt64 { get }

    /// The last packet whose events are in this batch or before it, as far as there are any.
    var lastPacket: UInt64 { get }

    /// Tells that no more events of packets up to this one will come.
    mutating func close(behind packet: UInt64)

    /// Passes the events of packets up to one on to a format, which is such as the batch was made for.
    ///
    /// - Parameters:
    ///   - packet: The last packet.
    ///   - part: The part of the analysis that they come from.
    ///   - merge: What puts them together with those of others.
    ///   - format: Who prints them, or has them printed already.
    mutating func pass(
        through packet: UInt64, of part: Int, _ merge: inout EventMerge,
        into format: inout some OutputFormat & ~Copyable
    )

    /// Forgets the events.
    mutating func removeAll()
}

extension EventBatch: OutputBatch {}
