import DequeModule
import WebSocketProtocol

/// Which bytes of TCP carried those of a session's streams, if a layer carries it.
final class CarrierMaps {
    private var maps: InlineArray<2, CarrierMap> = [CarrierMap(), CarrierMap()]
    private var rest: Rest?

    /// What few sessions have; one box, so that all others are small.
    private final class Rest {
        /// The pieces before those of the maps, by ``Role/index``, if they are kept.
        var older: InlineArray<2, Deque<CarrierMap.Piece>> = [[], []]
        var alerts = AlertNotes()
    }

    /// The alerts of TLS on the connection.
    var alerts: AlertNotes {
        get { rest?.alerts ?? AlertNotes() }
        set { needRest().alerts = newValue }
    }

    private func needRest() -> Rest {
        if let rest { return rest }
        let new = Rest()
        rest = new
        return new
    }

    /// Older pieces that are kept.
    private static let memory = 62

    /// The bytes of the object: its head, both maps and a reference.
    static var nearSize: Int { 24 &+ 2 &* MemoryLayout<CarrierMap>.stride }

    /// The bytes that both directions may take.
    static var cost: Int { 2 &* (memory &* 3 / 2 &* MemoryLayout<CarrierMap.Piece>.stride &+ 64) }

    /// Learns what carries the next bytes of a stream; older pieces are kept if deliveries are followed.
    func add(_ place: StreamPlace, of role: Role, keepsOlder: Bool) {
        if keepsOlder, let previous = maps[role.index].previous {
            let rest = needRest()
            if rest.older[role.index].count == Self.memory { rest.older[role.index].removeFirst() }
            rest.older[role.index].append(previous)
        }
        maps[role.index].add(CarrierMap.Piece(offset: place.offset, carrier: place.carrier))
    }

    /// Where in the TCP stream all that carries the byte at `offset` of a stream begins.
    func start(of offset: UInt64, _ role: Role) -> UInt64 { piece(of: offset, role)?.carrier.lowerBound ?? 0 }

    /// Where in the TCP stream all that carries the bytes before `offset` of a stream ends.
    func end(before offset: UInt64, _ role: Role) -> UInt64 {
        piece(of: max(offset, 1) &- 1, role)?.carrier.upperBound ?? 0
    }

    /// The piece with a byte.
    ///
    /// Of what is not remembered any more, the oldest one known stands in: that concerns only
    /// segments that were sent again long ago.
    private func piece(of offset: UInt64, _ role: Role) -> CarrierMap.Piece? {
        let (last, previous) = (maps[role.index].last, maps[role.index].previous)
        if let last, last.offset <= offset { return last }
        if let previous, previous.offset <= offset { return previous }
        let older = rest?.older[role.index] ?? []
        return older.last { $0.offset <= offset } ?? older.first ?? previous ?? last
    }
}

/// The last two pieces of a stream and what carried them: all that the end of a session asks for.
///
/// In 32 bytes, since each session inside TLS has two.
struct CarrierMap {
    struct Piece {
        /// Where it begins in the stream.
        var offset: UInt64
        var carrier: Range<UInt64>
    }

    private var offset: UInt64 = 0
    private var carrier: UInt64 = 0
    private var carrierLength: UInt32 = 0
    private var previousLength: UInt32 = 0
    /// How much further the last piece begins than the one before, in the stream and in what carries it.
    private var distance: (offset: UInt32, carrier: UInt32) = (Self.never, Self.never)

    /// The distance if there is no piece before, or it is not so near; both for no piece at all.
    private static let never = UInt32.max

    /// The piece that came last.
    var last: Piece? {
        guard distance.offset != Self.never || distance.carrier != Self.never else { return nil }
        return Piece(offset: offset, carrier: carrier..<(carrier &+ UInt64(carrierLength)))
    }

    /// The one before.
    var previous: Piece? {
        guard distance.offset != Self.never, distance.carrier != Self.never else { return nil }
        let start = carrier &- UInt64(distance.carrier)
        return Piece(offset: offset &- UInt64(distance.offset), carrier: start..<(start &+ UInt64(previousLength)))
    }

    /// Adds the next piece.
    mutating func add(_ piece: Piece) {
        let isFirst = last == nil
        previousLength = carrierLength
        let (further, carrierFurther) = (piece.offset &- offset, piece.carrier.lowerBound &- carrier)
        let isNear = !isFirst && further < UInt64(Self.never) && carrierFurther < UInt64(Self.never)
        distance = isNear ? (UInt32(further), UInt32(carrierFurther)) : (Self.never, 0)
        offset = piece.offset
        carrier = piece.carrier.lowerBound
        carrierLength = UInt32(clamping: piece.carrier.upperBound &- carrier)
    }
}
