import DequeModule
import WebSocketProtocol

/// Which bytes of TCP carried those of a session's streams, if a layer carries it.
final class CarrierMaps {
    private var maps: InlineArray<2, CarrierMap> = [CarrierMap(), CarrierMap()]
    /// The alerts of TLS on the connection.
    var alerts = AlertNotes()

    /// What carried the stream of an end.
    subscript(role: Role) -> CarrierMap { maps[role.index] }

    /// Learns what carries the next bytes of a stream; older pieces are kept if deliveries are followed.
    func add(_ place: StreamPlace, of role: Role, keepsOlder: Bool) {
        maps[role.index].add(place, keepsOlder: keepsOlder)
    }
}

/// The same of one stream.
///
/// It remembers as many pieces as a ledger of deliveries does segments. Of what was before, the oldest one known stands
/// in: that concerns only segments that were sent again long ago.
struct CarrierMap {
    private struct Piece {
        /// Where it begins in the stream.
        var offset: UInt64
        var carrier: Range<UInt64>
    }

    /// The piece that came last, and the one before: all that the end of a session asks for.
    private var last: Piece?
    private var previous: Piece?
    /// Those before.
    private var older: Deque<Piece> = []
    private static let memory = 64

    /// Learns what carries the bytes from a place on.
    mutating func add(_ place: StreamPlace, keepsOlder: Bool) {
        if keepsOlder, let previous {
            if older.count == Self.memory &- 2 { older.removeFirst() }
            older.append(previous)
        }
        previous = last
        last = Piece(offset: place.offset, carrier: place.carrier)
    }

    /// Where in the TCP stream all that carries the byte at `offset` begins.
    func start(of offset: UInt64) -> UInt64 { piece(of: offset)?.carrier.lowerBound ?? 0 }

    /// Where in the TCP stream all that carries the bytes before `offset` ends.
    func end(before offset: UInt64) -> UInt64 {
        piece(of: max(offset, 1) &- 1)?.carrier.upperBound ?? 0
    }

    private func piece(of offset: UInt64) -> Piece? {
        if let last, last.offset <= offset { return last }
        if let previous, previous.offset <= offset { return previous }
        return older.last { $0.offset <= offset } ?? older.first ?? previous ?? last
    }
}
