import DequeModule
import WebSocketProtocol

/// Which bytes of TCP carried those of a session's streams, if a layer carries it.
final class CarrierMaps {
    private var maps: InlineArray<2, CarrierMap> = [CarrierMap(), CarrierMap()]
    /// The alerts of TLS on the connection.
    var alerts = AlertNotes()

    /// What carried the stream of an end.
    subscript(role: Role) -> CarrierMap { maps[role.index] }

    /// Learns what carries the next bytes of a stream.
    func add(_ place: StreamPlace, of role: Role) {
        maps[role.index].add(place)
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

    private var pieces: Deque<Piece> = []
    private static let memory = 64

    /// Learns what carries the bytes from a place on.
    mutating func add(_ place: StreamPlace) {
        if pieces.count == Self.memory { pieces.removeFirst() }
        pieces.append(Piece(offset: place.offset, carrier: place.carrier))
    }

    /// Where in the TCP stream all that carries the byte at `offset` begins.
    func start(of offset: UInt64) -> UInt64 { piece(of: offset)?.carrier.lowerBound ?? 0 }

    /// Where in the TCP stream all that carries the bytes before `offset` ends.
    func end(before offset: UInt64) -> UInt64 {
        piece(of: max(offset, 1) &- 1)?.carrier.upperBound ?? 0
    }

    private func piece(of offset: UInt64) -> Piece? {
        pieces.last { $0.offset <= offset } ?? pieces.first
    }
}
