import CaptureAnalysis
import PacketDecoding
import WebSocketProtocol

/// How the sessions of a capture ended, grouped by the text that describes the ending, and within that by server and
/// path.
struct EndingTable {
    /// Sessions that ended alike.
    struct Group {
        /// The verdict on the first.
        let verdict: SessionEnd.Verdict
        /// How its upgrade went.
        let upgrade: SessionRow.Upgrade
        /// The number of sessions.
        var count: UInt64 = 0
        /// The first few.
        var examples: [SessionID] = []
        /// Where they ended, in order of appearance.
        var places: [Place] = []
        /// The shortest and the longest silence before the end, in nanoseconds; nil if none is known, and for refused
        /// upgrades.
        var silence: ClosedRange<Int64>?

        /// How much the ending deserves attention.
        var concern: VerdictMessage.Concern { VerdictMessage.concern(verdict, upgrade: upgrade) }

        /// The places with the most sessions, at most `limit` of them, and the number of sessions elsewhere.
        func largestPlaces(_ limit: Int) -> (places: [Place], others: UInt64) {
            let sorted = places.sorted {
                $0.count == $1.count ? $0.examples[0] < $1.examples[0] : $0.count > $1.count
            }
            let shown = Array(sorted.prefix(limit))
            return (shown, count - shown.reduce(0) { $0 + $1.count })
        }
    }

    /// The sessions of one group with the same server and path.
    struct Place {
        let server: Endpoint?
        let path: String
        /// The first few.
        var examples: [SessionID] = []
        /// The number of sessions.
        var count: UInt64 = 0
        /// When the first and the last ended, in nanoseconds since the capture's first packet.
        var times: ClosedRange<Int64>
    }

    /// A way to end; several may share the text of one group.
    private struct Kind {
        /// The verdict on the first such session.
        let verdict: SessionEnd.Verdict
        /// How its upgrade went.
        let upgrade: SessionRow.Upgrade
        /// The index of the group.
        let group: Int
    }

    /// The most sessions named for each place.
    static let examples = 4
    /// The most groups that are kept.
    static let maximumGroups = 100
    /// The most places that are kept of a group.
    static let maximumPlaces = 64

    /// In order of appearance.
    private var groups: [Group] = []
    /// The indices of groups, by text.
    private var indicesByText: [String: Int] = [:]
    /// The first kinds, at most ``maximumGroups``: comparing them is cheaper than writing the text.
    private var kinds: [Kind] = []
    /// The index of the latest kind: consecutive sessions often end alike.
    private var latest = 0
    /// The number of sessions that ended in ways beyond ``maximumGroups``.
    private(set) var omitted: UInt64 = 0

    /// The number of sessions that have ended.
    private(set) var count: UInt64 = 0

    /// The groups, in order of appearance.
    var inOrder: [Group] { groups }

    /// The groups: trouble first, then the largest.
    var byConcern: [Group] {
        // The index breaks ties, since sorting is not stable.
        groups.indices.sorted { left, right in
            let (a, b) = (groups[left], groups[right])
            if a.concern != b.concern { return a.concern > b.concern }
            return a.count == b.count ? left < right : a.count > b.count
        }.map { groups[$0] }
    }

    /// Records an end.
    ///
    /// - Parameters:
    ///   - verdict: How the session ended.
    ///   - row: The session, if it was followed.
    ///   - session: Its number.
    ///   - elapsed: When it ended, in nanoseconds since the capture's first packet.
    /// - Returns: The index of its group in ``inOrder``; nil beyond ``maximumGroups``.
    @discardableResult
    mutating func record(
        _ verdict: SessionEnd.Verdict, of row: SessionRow?, session: SessionID, elapsed: Int64
    ) -> Int? {
        count += 1
        guard let index = group(verdict, row?.upgrade ?? .unseen) else {
            omitted += 1
            return nil
        }
        groups[index].count += 1
        if let time = verdict.silence, groups[index].upgrade.refusal == nil {
            let range = groups[index].silence ?? time...time
            groups[index].silence = min(range.lowerBound, time)...max(range.upperBound, time)
        }
        if groups[index].examples.count < Self.examples { groups[index].examples.append(session) }
        let (server, path) = (row?.server, row?.path ?? "")
        guard let place = place(in: index, server, path, elapsed) else { return index }
        groups[index].places[place].count += 1
        let times = groups[index].places[place].times
        groups[index].places[place].times = min(times.lowerBound, elapsed)...max(times.upperBound, elapsed)
        if groups[index].places[place].examples.count < Self.examples {
            groups[index].places[place].examples.append(session)
        }
        return index
    }

    /// Finds or adds the group of a session; nil if there is no room for another group.
    private mutating func group(_ verdict: SessionEnd.Verdict, _ upgrade: SessionRow.Upgrade) -> Int? {
        if latest < kinds.count, isKind(latest, verdict, upgrade) { return kinds[latest].group }
        guard let place = kinds.indices.first(where: { isKind($0, verdict, upgrade) }) else {
            return groupByText(verdict, upgrade)
        }
        latest = place
        return kinds[place].group
    }

    private func isKind(_ place: Int, _ verdict: SessionEnd.Verdict, _ upgrade: SessionRow.Upgrade) -> Bool {
        kinds[place].upgrade == upgrade && VerdictMessage.areAlike(kinds[place].verdict, verdict)
    }

    /// Finds or adds the group of a session of an unknown kind; nil if there is no room for another group.
    private mutating func groupByText(_ verdict: SessionEnd.Verdict, _ upgrade: SessionRow.Upgrade) -> Int? {
        let text = VerdictMessage.commonText(verdict, upgrade: upgrade)
        var index = indicesByText[text]
        if index == nil, groups.count < Self.maximumGroups {
            index = groups.count
            indicesByText[text] = index
            groups.append(Group(verdict: verdict, upgrade: upgrade))
        }
        if let index, kinds.count < Self.maximumGroups {
            kinds.append(Kind(verdict: verdict, upgrade: upgrade, group: index))
        }
        return index
    }

    /// Finds or adds a place of a group; nil if there is no room for another.
    private mutating func place(in group: Int, _ server: Endpoint?, _ path: Substring, _ elapsed: Int64) -> Int? {
        let places = groups[group].places
        let length = path.utf8.count
        // By index, since a place is large to copy.
        for place in places.indices where places[place].server == server {
            if places[place].path.utf8.count == length, places[place].path == path { return place }
        }
        guard places.count < Self.maximumPlaces else { return nil }
        groups[group].places.append(Place(server: server, path: String(path), times: elapsed...elapsed))
        return groups[group].places.count - 1
    }
}
