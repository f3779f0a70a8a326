public import WebSocketProtocol

/// The number of sessions that ended in one way.
public struct EndingCount: Hashable, Sendable {
    /// Who ended them.
    public var by: SessionEnd.Verdict.Party
    /// The layer at which they ended.
    public var layer: SessionEnd.Verdict.Layer
    /// Whether both ends sent a Close frame and neither failed the connection.
    public var isClean: Bool
    /// The code of the first Close frame; nil if there was no such frame, or no code in it.
    public var code: CloseCode?
    /// The code that the client's application gets; nil if unknown.
    public var clientSees: CloseCode?
    /// The code that the server's application gets; nil if unknown.
    public var serverSees: CloseCode?
    /// The number of sessions.
    public var sessions: UInt64
}

/// Counts sessions by how they ended.
struct EndingCounts: Sendable {
    /// The most ways to distinguish; sessions that ended in further ways are only counted.
    static let limit = 100

    private var counts: [EndingCount] = []
    /// The way counted last, which is usually the next one too.
    private var latest = EndingCount?.none
    private var latestPlace = 0
    private var placeByWay: [EndingCount: Int] = [:]
    /// Sessions that ended in further ways.
    private(set) var omitted: UInt64 = 0

    /// The ways, the most frequent first, then in order of appearance.
    var largestFirst: [EndingCount] {
        counts.enumerated().sorted { left, right in
            (right.element.sessions, left.offset) < (left.element.sessions, right.offset)
        }.map(\.element)
    }

    /// Counts a session.
    mutating func record(_ verdict: SessionEnd.Verdict) {
        let way = EndingCount(
            by: verdict.by, layer: verdict.layer, isClean: verdict.isClean, code: verdict.code,
            clientSees: verdict.clientSees, serverSees: verdict.serverSees, sessions: 0)
        if latest == way {
            counts[latestPlace].sessions &+= 1
        } else if let place = placeByWay[way] {
            counts[place].sessions &+= 1
            (latest, latestPlace) = (way, place)
        } else if counts.count < Self.limit {
            placeByWay[way] = counts.count
            counts.append(way)
            counts[counts.count - 1].sessions = 1
        } else {
            omitted &+= 1
        }
    }
}
