public import CaptureAnalysis

/// A way to print the events of an analysis.
///
/// It does no I/O: what it prints gathers in ``output`` until whoever owns the file descriptor drains it.
public protocol OutputFormat: EventSink, SendableMetatype, ~Copyable {
    /// What is printed and not drained yet.
    var output: OutputBuffer { get set }

    /// How much of each payload the analysis must hand over for this format.
    var payloadNeeds: PayloadNeeds { get }

    /// Whether the format prints frames and messages.
    var needsFrames: Bool { get }

    /// Of which messages the format prints how they were delivered.
    var deliveryDemand: DeliveryDemand { get }

    /// Whether the format prints the time between messages.
    var needsIntervals: Bool { get }

    /// What a filter left out that nobody asked it to, and what it was asked for that is not there.
    var omissions: FilterOmissions { get }

    /// Prints what was held back for the sake of the events behind it. Called where nothing more may come for a
    /// while: when the packets of a live capture or a pipe pause. The last event flushes by itself.
    mutating func flush()
}

extension OutputFormat where Self: ~Copyable {
    /// Most formats print frames and messages.
    public var needsFrames: Bool { true }

    /// Most formats print what went wrong with a delivery.
    public var deliveryDemand: DeliveryDemand { .troubled }

    /// Most formats do not print intervals.
    public var needsIntervals: Bool { false }

    /// Formats leave out nothing.
    public var omissions: FilterOmissions { FilterOmissions() }

    /// Most formats hold nothing back.
    public mutating func flush() {}
}
