import WebSocketProtocol
import WireFormat

/// Searches both streams of a connection of which nothing is known for a session that began before the capture.
///
/// Masking shows which end is the client (RFC 6455 5.1), unless a request has: then it must fit.
struct MidstreamSearch {
    /// The streams, by ``Direction/index``.
    private(set) var streams: InlineArray<2, FrameSearch?> = [nil, nil]
    /// Whether each stream was given up, by ``Direction/index``.
    private(set) var isHopeless: InlineArray<2, Bool> = [false, false]
    /// The end that requested an upgrade whose response the capture lacks; nil if none did.
    private let client: Direction?
    /// Whether an upgrade was requested: then frames probably follow.
    private var isAsked: Bool { client != nil }

    /// A segment's bytes, or a gap.
    struct Piece {
        var direction: Direction
        var bytes: ArraySlice<UInt8>
        /// The length of the gap in bytes; 0 for a segment.
        var missing: UInt64
        /// The packet that brought it.
        var origin: Origin
        /// The packet with which everything up to this piece of its stream had arrived.
        var completion: UInt64
        /// How far its sender had received the other stream; nil if that is not known.
        var received: UInt64?
    }

    /// The most bytes kept of one stream.
    private static let keptLimit = 16 << 10
    /// The same if an upgrade was requested, since the first message may be long.
    private static let keptLimitIfAsked = 64 << 10
    /// Bytes of one stream after which it is given up if no chain is promising.
    private static let patience: UInt64 = 64 << 10
    /// Bytes of one stream after which it is given up in any case.
    private static let longPatience: UInt64 = 1 << 20
    /// The evidence from which a chain is promising, in bits.
    private static let promise = 24

    /// - Parameter client: The end that requested an upgrade whose response the capture lacks; nil if none did.
    init(client: Direction?) {
        self.client = client
    }

    /// The memory that both searches take, in bytes.
    var cost: Int { (streams[0]?.cost ?? 0) + (streams[1]?.cost ?? 0) }

    /// The packet of the first bytes kept.
    var firstOrigin: Origin? {
        let origins = Direction.allCases.compactMap { direction in
            streams[direction.index].flatMap { $0.kept.pieceCount > 0 ? $0.kept.origin(ofPiece: 0) : nil }
        }
        return origins.min { $0.packet < $1.packet }
    }

    /// Searches the next bytes of a stream, those of one segment, which begin at `offset`; its sender had received the
    /// other stream up to `received`, if that is known.
    mutating func receive(
        _ bytes: Span<UInt8>, from direction: Direction, at offset: UInt64, origin: Origin, received: UInt64? = nil
    ) -> FrameSearch.Place? {
        guard !isHopeless[direction.index] else { return nil }
        let search = streams[direction.index] ?? begin(direction, at: offset)
        let place = search.receive(bytes, origin: origin, received: received)
        if place == nil, search.searched > Self.patience,
            !isAsked && search.bestEvidence < Self.promise || search.searched > Self.longPatience
        {
            isHopeless[direction.index] = true
            streams[direction.index] = nil
        }
        return place
    }

    /// Skips the next `length` bytes of a stream, which are missing; unless a chain spans them, the search starts anew
    /// after them.
    mutating func skip(_ length: UInt64, of direction: Direction, origin: Origin) {
        if streams[direction.index]?.skip(length, origin: origin) != true { streams[direction.index] = nil }
    }

    /// Drops the kept bytes, since bytes went unsearched; the search starts anew after those.
    mutating func drop(_ direction: Direction) {
        streams[direction.index] = nil
    }

    /// Searches once more, since no bytes will follow; `hasFin`: whether a FIN ended the stream.
    func finish(_ direction: Direction, hasFin: Bool) -> FrameSearch.Place? {
        streams[direction.index]?.finish(hasFin: hasFin)
    }

    /// Whether the client's frames begin at the first searched byte of its stream, right after the request.
    ///
    /// - Parameters:
    ///   - client: The direction that the client sends.
    ///   - end: Where the request ends in its stream: the last 32 bits of the offset.
    ///   - hasFin: Whether a FIN ended the stream.
    /// - Returns: Whether they do.
    func beginsWithFrames(_ client: Direction, after end: UInt32, hasFin: Bool) -> Bool {
        guard isAsked, let search = streams[client.index], UInt32(truncatingIfNeeded: search.kept.start) == end else {
            return false
        }
        return search.beginsWithFrames(from: .client, hasFin: hasFin)
    }

    /// The kept bytes of both streams and the gaps between them, in the order in which they could be delivered.
    func replay() -> [Piece] {
        let (forth, back) = (pieces(of: .fromInitiator), pieces(of: .fromResponder))
        var (first, second) = (forth[...], back[...])
        var merged: [Piece] = []
        while let one = first.first, let other = second.first {
            merged.append(one.completion <= other.completion ? first.removeFirst() : second.removeFirst())
        }
        return merged + first + second
    }

    private func pieces(of direction: Direction) -> [Piece] {
        guard let search = streams[direction.index] else { return [] }
        var completion: UInt64 = 0
        return (0..<search.kept.pieceCount).map { piece in
            completion = max(completion, search.kept.origin(ofPiece: piece).packet)
            return Piece(
                direction: direction, bytes: search.kept.bytes(ofPiece: piece),
                missing: search.kept.missing(inPiece: piece),
                origin: search.kept.origin(ofPiece: piece), completion: completion,
                received: search.kept.received(ofPiece: piece))
        }
    }

    private mutating func begin(_ direction: Direction, at offset: UInt64) -> FrameSearch {
        let search = FrameSearch(
            streamOffset: offset, sender: client.map { $0 == direction ? .client : .server }, isMidstream: true,
            mayBeCompressed: true, needed: isAsked ? Evidence.needed : Evidence.neededMidstream,
            limit: isAsked ? Self.keptLimitIfAsked : Self.keptLimit)
        streams[direction.index] = search
        return search
    }
}
