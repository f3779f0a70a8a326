public import PacketDecoding
public import WebSocketProtocol
public import WireFormat

/// Something that happened in a capture.
///
/// Events are never revised: what becomes known later is an event of its own.
///
/// The kinds are those of the trace format; `segment` and `encrypted` are for people who watch (the timeline shows
/// them), `exchange` is for archives of HTTP.
public enum Event: Sendable {
    /// The analysis begins; always first.
    case capture(CaptureStart)
    /// The first evidence of WebSocket on a TCP connection.
    indirect case connection(ConnectionStart)
    /// A segment that opens, closes or resets the connection, or changes the state of an end.
    case segment(ControlSegment)
    /// TLS has said something about a session's connection.
    indirect case alert(Alert)
    /// A TLS connection that was not decrypted is over.
    indirect case encrypted(EncryptedConnection)
    /// A request that polls was answered, or an event stream began.
    indirect case exchange(HTTPExchange)
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

/// Receives the events of an analysis: an output format, a filter, a test.
public protocol EventSink: ~Copyable {
    /// Takes one event.
    ///
    /// - Parameters:
    ///   - event: What happened; a value that may be kept.
    ///   - context: Where and when: packet, time, connection.
    ///   - payload: The decoded bytes of a frame or message, as far as they were asked for and may be shown;
    ///     borrowed, valid only during the call. Empty for all other events.
    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>)

    /// Takes bytes that are in no frame, or the place where such bytes were left out; only if the demand asks for them.
    ///
    /// - Parameters:
    ///   - bytes: The bytes; borrowed, valid only during the call. Empty if they were left out.
    ///   - place: What they are, and where.
    mutating func receiveUnframed(_ bytes: Span<UInt8>, _ place: UnframedPlace)
}

extension EventSink where Self: ~Copyable {
    /// Most receivers do not ask for them.
    public mutating func receiveUnframed(_ bytes: Span<UInt8>, _ place: UnframedPlace) {}
}

/// The beginning of a trace.
public struct CaptureStart: Sendable {
    /// The names of the files or interfaces that are read, as the user gave them.
    public var sources: [String]
    /// When the first packet was captured; nil if there is none.
    public var start: Timestamp?
}

/// A segment that opens, closes or resets a session's connection, or moves an end to another TCP state.
///
/// The opening ones are in ``ConnectionStart``, since they come before the session is known.
public struct ControlSegment: Sendable {
    /// Who sent it.
    public var from: Role
    /// Its control bits.
    public var flags: TCPFlags
    /// Its payload bytes on the wire.
    public var payloadLength: Int
}
