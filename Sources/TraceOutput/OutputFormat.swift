package import CaptureAnalysis

/// Prints the events of an analysis.
///
/// A format does no I/O: its text collects in ``output`` until the owner of the file descriptor drains it.
package protocol OutputFormat: EventSink, SendableMetatype, ~Copyable {
    /// What is printed but not drained yet.
    var output: OutputBuffer { get set }

    /// The number of bytes in ``output``: reading ``output`` itself may allocate.
    var outputCount: Int { get }

    /// Which events the format wants, and how much of them.
    var demand: EventDemand { get }

    /// What a filter left out although it was not asked to, and what it was asked for but never found.
    var omissions: FilterOmissions { get }

    /// Prints what is held back for later events.
    ///
    /// Called when nothing may follow for a while, such as when the packets of a live capture or a pipe pause. The last
    /// event flushes by itself.
    mutating func flush()

    /// Whether more output is waiting because it is long: call ``printMore()`` and drain ``output`` until this is
    /// false.
    var hasMore: Bool { get }

    /// Prints the next megabyte or so of waiting output.
    mutating func printMore()

    /// Whether the output is one document, no part of which may be dropped; if not, each line stands alone.
    static var isOneDocument: Bool { get }

    /// The most bytes that it holds back.
    static var heldByteCount: Int { get }

    /// The most bytes that it keeps for each open session, besides ``heldByteCount``.
    static var sessionByteCount: Int { get }

    /// Whether the format fills the output's file itself (``open(_:named:)``), and leaves ``output`` empty.
    static var writesFile: Bool { get }

    /// Begins an empty file, before the first event. The last event completes and closes it.
    ///
    /// - Parameters:
    ///   - path: The file; nil if the output is not a regular file.
    ///   - name: Its name in messages.
    mutating func open(_ path: String?, named name: String)

    /// Why something received could not be kept outside memory and is lost, as a message; nil if all is well.
    var failure: String? { get }
}

extension OutputFormat where Self: ~Copyable {
    /// Formats that forward events to another override this with the other's count.
    package var outputCount: Int { output.count }

    /// Nothing: only filters drop events.
    package var omissions: FilterOmissions { FilterOmissions() }

    /// Most formats hold nothing back.
    package mutating func flush() {}

    /// Most formats print each event at once.
    package var hasMore: Bool { false }

    /// Nothing is waiting.
    package mutating func printMore() {}

    /// Most formats print lines.
    package static var isOneDocument: Bool { false }

    /// Most formats print each event at once.
    package static var heldByteCount: Int { 0 }

    /// Most formats keep nothing else of a session.
    package static var sessionByteCount: Int { 0 }

    /// Most formats print.
    package static var writesFile: Bool { false }

    /// Most formats write no file themselves.
    package mutating func open(_ path: String?, named name: String) {}

    /// Most formats keep everything in memory.
    package var failure: String? { nil }
}

/// Events of one part of a parallel analysis, on their way to the merge.
///
/// The part adds events and closes the batch; the merge forwards them in the order that ``EventMerge`` defines.
package protocol OutputBatch: EventSink, Sendable, SendableMetatype, ~Copyable {
    /// Whether to hand it over.
    var isFull: Bool { get }

    /// Whether it is so large that no other batch should queue with it.
    var isLarge: Bool { get }

    /// Whether it must not grow any further, not even by the rest of a packet's events.
    var isOverfull: Bool { get }

    /// Whether all its events have been forwarded.
    var isEmpty: Bool { get }

    /// The packet of the next event; if there is none, the first packet whose events may follow this batch.
    var nextPacket: UInt64 { get }

    /// The last packet whose events are all in this batch or an earlier one.
    var lastPacket: UInt64 { get }

    /// Declares that all events of packets up to this one are in the batch or an earlier one.
    mutating func close(after packet: UInt64)

    /// Forwards the events of packets up to `packet` to a format of the kind that the batch was created for.
    ///
    /// - Parameters:
    ///   - packet: The last packet.
    ///   - part: The part of the analysis that the events come from.
    ///   - merge: Orders them among those of other parts.
    ///   - format: Prints them, unless the batch has already printed them.
    mutating func pass(
        through packet: UInt64, of part: Int, _ merge: inout EventMerge,
        into format: inout some OutputFormat & ~Copyable
    )

    /// Removes all events.
    mutating func removeAll()
}

extension EventBatch: OutputBatch {}

/// How much of each payload to show (`--payload BYTES|all|none`).
package enum PayloadLimit: Hashable, Sendable {
    /// Nothing.
    case none
    /// At most this many: bytes in a trace, characters in a timeline.
    case atMost(Int)
    /// Everything.
    case all

    /// The most that is shown; `Int.max` for all.
    package var maximum: Int {
        switch self {
        case .none: 0
        case .atMost(let count): max(0, count)
        case .all: .max
        }
    }
}
