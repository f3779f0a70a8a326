import HTTPUpgrade
import WebSocketProtocol
package import WireFormat

/// Reads the two streams of a connection, or those that a layer found inside it: an opening, a session, a layer.
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
    /// - Returns: What came of it.
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
    /// With frames found in both streams.
    case found(MidstreamSearch, client: Direction)
    /// At the first bytes, since the user says so.
    case assumed(client: Direction)
}

/// Where bytes stand: in the stream that is read, and in the TCP stream that carried them.
///
/// For plain TCP the two are the same. Bytes that a ``StreamLayer`` decoded stand in a stream of their own, and were
/// carried by all of the record that they were decoded from.
package struct StreamPlace: Hashable, Sendable {
    /// Who sent them.
    package var direction: Direction
    /// Where the first of them stands in the stream that is read.
    package var offset: UInt64
    /// The packet that brought them, which may be an earlier one than the current packet.
    package var origin: Origin
    /// The bytes of the TCP stream that carried them: the other end has received them when its TCP has acknowledged all
    /// of these.
    package var carrier: Range<UInt64>
    /// How far the other end has acknowledged that TCP stream by now; 0 if it is not needed.
    package var acknowledged: UInt64

    package init(
        direction: Direction, offset: UInt64, origin: Origin, carrier: Range<UInt64>, acknowledged: UInt64 = 0
    ) {
        self.direction = direction
        self.offset = offset
        self.origin = origin
        self.carrier = carrier
        self.acknowledged = acknowledged
    }

    /// Bytes that TCP itself carries.
    @inline(__always)
    init(_ direction: Direction, at offset: UInt64, count: Int, origin: Origin, acknowledged: UInt64) {
        self.init(
            direction: direction, offset: offset, origin: origin, carrier: offset..<(offset &+ UInt64(count)),
            acknowledged: acknowledged)
    }

    /// The bytes of the TCP stream that carried some of these.
    ///
    /// - Parameters:
    ///   - part: Which of these bytes.
    ///   - count: How many these are.
    /// - Returns: Their place in the TCP stream; all of ``carrier`` if they cannot be told apart in it.
    package func carrier(of part: Range<Int>, outOf count: Int) -> Range<UInt64> {
        // If the lengths differ, bytes cannot be told apart in what carried them.
        guard carrier.upperBound &- carrier.lowerBound == UInt64(count) else { return carrier }
        return (carrier.lowerBound &+ UInt64(part.lowerBound))..<(carrier.lowerBound &+ UInt64(part.upperBound))
    }

    /// The place of the last bytes.
    ///
    /// - Parameters:
    ///   - dropped: How many of these come before them.
    ///   - count: How many these are.
    /// - Returns: Their place.
    func dropping(_ dropped: Int, outOf count: Int) -> StreamPlace {
        var place = self
        place.offset &+= UInt64(dropped)
        place.carrier = carrier(of: dropped..<count, outOf: count)
        return place
    }
}

extension Role {
    /// Who sends a direction, given the client's.
    @inline(__always)
    init(_ direction: Direction, client: Direction) {
        self = direction == client ? .client : .server
    }

    /// What this end sends, given the client's direction.
    @inline(__always)
    func direction(client: Direction) -> Direction {
        self == .client ? client : client.opposite
    }
}
