import HTTPUpgrade
import WebSocketProtocol
import WireFormat

/// Reads the two streams of a connection, or of a channel inside it: an opening, or a session.
///
/// It keeps no TCP facts. Bytes that it cannot use yet stay with the caller, who offers them again. The third kind of
/// reader, a layer, is no `StreamReader`: what it makes of bytes goes to other readers, so the shard feeds it itself
/// (`Shard+Layers.swift`).
protocol StreamReader: ~Copyable {
    /// Takes the next bytes of a stream.
    mutating func receive(
        _ bytes: Span<UInt8>, at place: StreamPlace, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake

    /// Goes on after bytes that the capture lacks.
    mutating func skip(
        _ missing: MissingBytes, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Intake
}

/// Bytes of a stream that the capture lacks.
struct MissingBytes {
    /// How many; nil if that is not known.
    let length: UInt64?
    /// Where they would stand.
    let place: StreamPlace
    /// Whether bytes of the other stream wait that were captured before those after the gap.
    let comesLate: Bool
}

/// What a reader made of what it was handed.
struct Intake {
    /// How many of the bytes, at their end, it cannot use before the other stream has moved, or leaves to its
    /// successor.
    var unread = 0
    /// Whether the gap it was handed must wait for the other stream.
    var defersGap = false
    /// Whether the other stream may go on, if it has waited.
    var wakesOther = false
    /// What it leaves to whoever knows the connection; mostly nothing.
    var handover: Handover?

    /// Who reads from here on, if another one does.
    var successor: Successor? { handover?.successor }

    /// The handover, of which there is one from now on.
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

/// What a reader leaves to whoever knows the connection.
///
/// An object, since it is rare and large: copies of an ``Intake`` cost nothing.
final class Handover {
    /// Upgrades that were answered, in order: still to be reported.
    var upgrades: [Upgrade]
    /// Plain exchanges, likewise.
    var exchanges: [ReadExchange] = []
    /// Who reads from here on, if another one does.
    var successor: Successor?

    init(upgrades: [Upgrade] = [], successor: Successor? = nil) {
        self.upgrades = upgrades
        self.successor = successor
    }
}

/// Who takes a reader's place: see ``Shard/succeed(_:_:at:of:_:_:)``, the one function that puts it there.
enum Successor {
    /// A session, at the next byte of both streams.
    case webSocket(SessionOpening)
    /// Something that is no WebSocket: a layer if there is one for it, else nobody.
    case other(UpgradeFollower.Ending)
}

/// How a session begins.
enum SessionOpening {
    /// After an upgrade that the server accepted.
    case upgrade(client: Direction, Upgrade)
    /// With frames found in both streams; the client's may be known to begin with the first byte that was searched.
    case found(MidstreamSearch, client: Direction, isClientWhole: Bool)
    /// At the first bytes, since the user says so.
    case assumed(client: Direction)
}
