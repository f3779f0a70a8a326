/// Something that happened in a capture.
///
/// Events are never revised: what becomes known later is an event of its own.
///
/// The kinds are those of the trace format; `segment` alone is for people who watch (the timeline shows it).
public enum Event: Sendable {
    /// The analysis begins; always first.
    case capture(CaptureStart)
    /// The first evidence of WebSocket on a TCP connection.
    indirect case connection(ConnectionStart)
    /// A segment that opens, closes or resets the connection, or changes the state of an end.
    case segment(ControlSegment)
    /// An upgrade was answered, refused, or never answered.
    indirect case handshake(Handshake)
    /// A frame has passed.
    case frame(FrameEvent)
    /// A data message is complete, or its session ended before it was.
    case message(MessageEvent)
    /// Bytes that the capture does not hold.
    case gap(Gap)
    /// Decoding goes on after a gap.
    case resync(Resync)
    /// A message was acknowledged, or never will be.
    case delivery(Delivery)
    /// Something a person should know.
    indirect case finding(Finding)
    /// The session is over, or the capture is.
    indirect case end(SessionEnd)
    /// The analysis is over; always last.
    indirect case summary(Summary)
}
