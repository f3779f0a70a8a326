import WebSocketProtocol
import WireFormat

/// Whoever reads the two streams of a connection, or those that a layer found inside it: an opening, a session, a layer.
///
/// It keeps no TCP facts. Bytes that it cannot use yet stay with the caller, who offers them again.
protocol StreamReader: ~Copyable {
    /// Takes the next bytes of a stream.
    mutating func receive(
        _ bytes: Span<UInt8>, at place: StreamPlace, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake

    /// Goes on after bytes that the capture lacks.
    ///
    /// - Parameters:
    ///   - length: How many; nil if that is not known.
    ///   - place: Where they would stand.
    ///   - workspace: What readers share.
    ///   - sink: Who gets the events.
    mutating func skip(
        _ length: UInt64?, at place: StreamPlace, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake

    /// Ends the reading: nothing more will come.
    mutating func end(
        _ transport: TransportEnd, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    )
}

/// What a reader made of what it was handed.
struct Intake {
    /// How many of the bytes, at their end, it cannot use before the other stream has moved, or leaves to its successor.
    var unread = 0
    /// Whether the gap it was handed must wait for the other stream.
    var defersGap = false
    /// Whether the other stream may go on, if it has waited.
    var wakesOther = false
    /// Answers to upgrades, in order: reported by whoever knows the connection.
    var answers: [AnsweredUpgrade] = []
    /// Who reads from here on, if another one does.
    var successor: Successor?
}

/// Who takes a reader's place: see ``Shard/succeed(_:_:of:unread:_:_:)``, the one function that puts it there.
enum Successor {
    /// A session, at the next byte of both streams.
    case webSocket(SessionOpening)
    /// Something that is no WebSocket: a layer if there is one for it, else nobody.
    case other(UpgradeFollower.Ending)
}

/// An upgrade and the answer to it, before they are reported.
struct AnsweredUpgrade {
    var answer: UpgradeAnswer
    /// When the request was complete.
    var asked: UpgradeMoment
}

/// When a head was complete.
struct UpgradeMoment {
    var origin: Origin
    /// Nanoseconds since the capture's first packet.
    var elapsed: Int64
}

/// How a session begins.
enum SessionOpening {
    /// After an upgrade that the server accepted, with these extensions.
    case upgrade(client: Direction, [WebSocketExtension])
    /// With frames found in both streams.
    case found(MidstreamSearch, client: Direction)
    /// At the first bytes, since the user says so.
    case assumed(client: Direction)
}
