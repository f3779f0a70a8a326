import HTTPUpgrade
import WebSocketProtocol
import WireFormat

/// Reads the two streams of a connection, or of a channel in it: an opening or a session.
///
/// A reader keeps no TCP state. Bytes that it cannot use yet stay with the caller, which offers them again. The third
/// kind of reader, a layer, is not a `StreamReader`: the bytes that it decodes go to other readers, so the shard itself
/// feeds it (`Shard+Layers.swift`).
protocol StreamReader: ~Copyable {
    /// Takes the next bytes of a stream.
    mutating func receive(
        _ bytes: Span<UInt8>, at place: StreamPlace, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake

    /// Continues after bytes that the capture lacks.
    mutating func skip(
        _ missing: MissingBytes, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Intake
}

/// Bytes of a stream that the capture lacks.
struct MissingBytes {
    /// The number of bytes; nil if unknown.
    let length: UInt64?
    /// The place that they would have.
    let place: StreamPlace
    /// Whether the other stream has waiting bytes that were captured before those after the gap.
    let comesLate: Bool
}

/// What a reader did with what it got.
struct Intake {
    /// The number of bytes, at the end, that it cannot use before the other stream has moved, or that it leaves to its
    /// successor.
    var unread = 0
    /// Whether the gap must wait for the other stream.
    var defersGap = false
    /// Whether the other stream may go on, if it was waiting.
    var wakesOther = false
    /// What the reader leaves to its caller; nil in most cases.
    var handover: Handover?

    /// The next reader; nil if this one continues.
    var successor: Successor? { handover?.successor }

    /// The handover, created if there is none.
    mutating func beginHandover() -> Handover {
        let begun = handover ?? Handover()
        handover = begun
        return begun
    }

    /// The handover so far, with a successor.
    func handing(over successor: Successor) -> Handover {
        let handover = handover ?? Handover()
        handover.successor = successor
        return handover
    }
}

/// What a reader leaves to its caller.
///
/// An object, since it is rare and large: so an ``Intake`` is cheap to copy.
final class Handover {
    /// Answered upgrades that are still to be reported, in order.
    var upgrades: [Upgrade]
    /// Plain exchanges that are still to be reported.
    var exchanges: [ReadExchange] = []
    /// The next reader; nil if this one continues.
    var successor: Successor?

    init(upgrades: [Upgrade] = [], successor: Successor? = nil) {
        self.upgrades = upgrades
        self.successor = successor
    }
}

/// What takes a reader's place (``Shard/succeed(_:_:at:of:_:_:)``).
enum Successor {
    /// A session, at the next byte of both streams.
    case webSocket(SessionOpening)
    /// Something other than WebSocket: read by a layer if there is one for it, otherwise ignored.
    case other(UpgradeFollower.Ending)
}

/// How a session begins.
enum SessionOpening {
    /// After an upgrade that the server accepted.
    case upgrade(client: Direction, Upgrade)
    /// With frames found in the streams; the client's stream may be known to begin with the first byte that was
    /// searched.
    case found(MidstreamSearch, client: Direction, isClientWhole: Bool)
    /// With the first bytes, since the user says so.
    case assumed(client: Direction)
}
