import DequeModule
import WebSocketProtocol

/// The TCP bytes that carried the bytes of a session's streams, if a layer carries it.
final class CarrierMaps {
    private var maps: InlineArray<2, CarrierMap> = [CarrierMap(), CarrierMap()]
    private var rest: Rest?

    /// What few sessions need, in an object of its own, so that all others stay small.
    private final class Rest {
        /// The pieces before those of the maps, by ``Role/index``, if they are kept.
        var older: InlineArray<2, Deque<CarrierMap.Piece>> = [[], []]
        var alerts = AlertNotes()
    }

    /// The TLS alerts on the connection.
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

    /// The most older pieces kept.
    private static let memory = 62

    /// The size of the object in bytes: its header, both maps and a reference.
    static var nearSize: Int { 24 &+ 2 &* MemoryLayout<CarrierMap>.stride }

    /// The memory that both directions may take, in bytes.
    static var cost: Int { 2 &* (memory &* 3 / 2 &* MemoryLayout<CarrierMap.Piece>.stride &+ 64) }

    /// Records what carries the next bytes of a stream; older pieces are kept if deliveries are followed.
    func add(_ place: StreamPlace, of role: Role, keepsOlder: Bool) {
        if keepsOlder, let previous = maps[role.index].previous {
            let rest = needRest()
            if rest.older[role.index].count == Self.memory { rest.older[role.index].removeFirst() }
            rest.older[role.index].append(previous)
        }
        maps[role.index].add(CarrierMap.Piece(offset: place.offset, carrier: place.carrier))
    }

    /// The TCP offset at which everything that carries the byte at `offset` of a stream begins.
    func start(of offset: UInt64, _ role: Role) -> UInt64 { piece(of: offset, role)?.carrier.lowerBound ?? 0 }

    /// The TCP offset at which everything that carries the bytes before `offset` of a stream ends.
    func end(before offset: UInt64, _ role: Role) -> UInt64 {
        piece(of: max(offset, 1) &- 1, role)?.carrier.upperBound ?? 0
    }

    /// The piece with a byte.
    ///
    /// For pieces no longer kept, the oldest one known stands in: this concerns only segments retransmitted after a
    /// long time.
    private func piece(of offset: UInt64, _ role: Role) -> CarrierMap.Piece? {
        let (last, previous) = (maps[role.index].last, maps[role.index].previous)
        if let last, last.offset <= offset { return last }
        if let previous, previous.offset <= offset { return previous }
        let older = rest?.older[role.index] ?? []
        return older.last { $0.offset <= offset } ?? older.first ?? previous ?? last
    }
}

/// The last two pieces of a stream and what carried them: all that the end of a session needs.
///
/// It takes 32 bytes, since each session in TLS has two.
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
    /// The distance from the start of the previous piece to that of the last, in the stream and in its carrier.
    private var distance: (offset: UInt32, carrier: UInt32) = (Self.never, Self.never)

    /// The distance if there is no previous piece, or it is too far away; both for no piece at all.
    private static let never = UInt32.max

    /// The last piece.
    var last: Piece? {
        guard distance.offset != Self.never || distance.carrier != Self.never else { return nil }
        return Piece(offset: offset, carrier: carrier..<(carrier &+ UInt64(carrierLength)))
    }

    /// The piece before the last.
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
