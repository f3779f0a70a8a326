public import PacketDecoding
public import WebSocketProtocol
public import WireFormat

/// Something that happened in a capture.
///
/// Events are never revised: later knowledge is reported as an event of its own.
///
/// The kinds are those of the trace format; `segment` and `encrypted` are for people (the timeline shows them),
/// `exchange` is for HTTP archives.
public enum Event: Sendable {
    /// The analysis begins; always first.
    case capture(CaptureStart)
    /// The first evidence of WebSocket on a TCP connection.
    indirect case connection(ConnectionStart)
    /// A segment that opens, closes or resets the connection, or changes the state of an end.
    case segment(ControlSegment)
    /// TLS has sent an alert on a session's connection.
    indirect case alert(Alert)
    /// A TLS connection that was not decrypted is over.
    indirect case encrypted(EncryptedConnection)
    /// A polling request was answered, or an event stream began.
    indirect case exchange(HTTPExchange)
    /// An upgrade was answered, refused, or never answered.
    indirect case handshake(Handshake)
    /// A frame is complete.
    case frame(FrameEvent)
    /// A data message is complete, or its session ended before it was.
    case message(MessageEvent)
    /// The capture lacks bytes.
    case gap(Gap)
    /// Decoding resumes after a gap.
    case resync(Resync)
    /// A message was acknowledged, or never will be.
    case delivery(Delivery)
    /// Something worth knowing.
    indirect case finding(Finding)
    /// The session or the capture is over.
    indirect case end(SessionEnd)
    /// The analysis is over; always last.
    indirect case summary(Summary)
}

/// Receives the events of an analysis: an output format, a filter, a test.
public protocol EventSink: ~Copyable {
    /// Takes an event.
    ///
    /// - Parameters:
    ///   - event: The event, a value that may be kept.
    ///   - context: Its packet, time and session.
    ///   - payload: The decoded bytes of a frame or message, as far as they were demanded and may be shown; borrowed,
    ///     valid only during the call. Empty for all other events.
    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>)

    /// Takes bytes that are in no frame, or the place where such bytes were left out; called only if the demand
    /// includes them.
    ///
    /// - Parameters:
    ///   - bytes: The bytes; borrowed, valid only during the call. Empty if they were left out.
    ///   - place: The kind of bytes, and where they are.
    mutating func receiveUnframed(_ bytes: Span<UInt8>, _ place: UnframedPlace)
}

extension EventSink where Self: ~Copyable {
    /// Ignores the bytes, since most receivers do not demand them.
    public mutating func receiveUnframed(_ bytes: Span<UInt8>, _ place: UnframedPlace) {}
}

/// The start of a trace.
public struct CaptureStart: Sendable {
    /// The names of the files or interfaces, as the user gave them.
    public var sources: [String]
    /// The time of the first packet; nil if there is none.
    public var start: Timestamp?
}

/// A segment that opens, closes or resets a session's connection, or moves an end to another TCP state.
///
/// The segments of the opening are in ``ConnectionStart``, since they come before the session is known.
public struct ControlSegment: Sendable {
    /// Who sent it.
    public var from: Role
    /// Its control bits.
    public var flags: TCPFlags
    /// Its payload bytes on the wire.
    public var payloadLength: Int
}
