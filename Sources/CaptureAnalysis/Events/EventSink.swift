/// Whoever takes the events of an analysis: an output format, a filter, a test.
public protocol EventSink: ~Copyable {
    /// Takes one event.
    ///
    /// - Parameters:
    ///   - event: What happened; a value that may be kept.
    ///   - context: Where and when: packet, time, connection.
    ///   - payload: The decoded bytes of a frame or message, as far as they were asked for and may be shown;
    ///     borrowed, valid only during the call. Empty for all other events.
    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>)
}
