public import CaptureAnalysis

/// A way to print the events of an analysis.
///
/// It does no I/O: what it prints gathers in ``output`` until whoever owns the file descriptor drains it.
public protocol OutputFormat: EventSink, SendableMetatype, ~Copyable {
    /// What is printed and not drained yet.
    var output: OutputBuffer { get set }

    /// What the format wants to be told.
    var demand: EventDemand { get }

    /// What a filter left out that nobody asked it to, and what it was asked for that is not there.
    var omissions: FilterOmissions { get }

    /// Prints what was held back for the sake of the events behind it. Called where nothing more may come for a
    /// while: when the packets of a live capture or a pipe pause. The last event flushes by itself.
    mutating func flush()
}

extension OutputFormat where Self: ~Copyable {
    /// Formats leave out nothing.
    public var omissions: FilterOmissions { FilterOmissions() }

    /// Most formats hold nothing back.
    public mutating func flush() {}
}

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

/// How much of each payload to show (`--payload BYTES|all|none`).
public enum PayloadLimit: Hashable, Sendable {
    /// Nothing.
    case none
    /// At most so many: bytes in a trace, characters in a timeline.
    case atMost(Int)
    /// Everything.
    case all

    /// The largest number that is shown; `Int.max` for all.
    public var maximum: Int {
        switch self {
        case .none: 0
        case .atMost(let count): max(0, count)
        case .all: .max
        }
    }
}
