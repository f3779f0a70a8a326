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

    /// Takes bytes of a TCP connection that may still come to carry a session; only if the demand asks for them.
    ///
    /// - Parameters:
    ///   - bytes: What is next in order; bodies of HTTP messages may be left out.
    ///   - offset: Its place in its stream.
    ///   - direction: Who sent it.
    ///   - record: The packet that the connection was first seen with.
    mutating func receiveOpening(_ bytes: Span<UInt8>, at offset: UInt64, from direction: Direction, record: UInt64)

    /// Takes text that a session passes over, since it follows a head in place of frames; only if the demand asks
    /// for the bytes before sessions.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - offset: Its place in the stream.
    ///   - role: Who sent it.
    ///   - session: The session.
    mutating func receiveTextForFrames(
        _ bytes: Span<UInt8>, at offset: UInt64, from role: Role, of session: SessionID)

    /// Takes the place of bytes that a session is about to read behind others that were left out as out of band; only
    /// if the demand asks for the bytes before sessions.
    ///
    /// - Parameters:
    ///   - offset: Their place in the TCP stream.
    ///   - leftOut: How many bytes before it the session does not count.
    ///   - role: Who sent them.
    ///   - session: The session.
    mutating func receivePlace(_ offset: UInt64, leftOut: UInt64, from role: Role, of session: SessionID)
}

extension EventSink where Self: ~Copyable {
    /// Most receivers do not ask for them.
    public mutating func receiveOpening(
        _ bytes: Span<UInt8>, at offset: UInt64, from direction: Direction, record: UInt64
    ) {}

    /// Most receivers do not ask for it.
    public mutating func receiveTextForFrames(
        _ bytes: Span<UInt8>, at offset: UInt64, from role: Role, of session: SessionID
    ) {}

    /// Most receivers do not ask for it.
    public mutating func receivePlace(_ offset: UInt64, leftOut: UInt64, from role: Role, of session: SessionID) {}
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
