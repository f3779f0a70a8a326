import CaptureAnalysis
import WebSocketProtocol

/// How the sessions of a capture ended, grouped by the text that describes it.
struct EndingTable {
    /// Sessions that ended alike.
    struct Group {
        /// The verdict on the first.
        var verdict: SessionEnd.Verdict
        /// How its upgrade went.
        var upgrade: SessionRow.Upgrade
        /// The first few.
        var examples: [SessionID]
        /// The number of sessions.
        var count: UInt64
    }

    /// Everything that the text depends on.
    private struct Kind: Hashable {
        var verdict: SessionEnd.Verdict
        var upgrade: SessionRow.Upgrade

        /// Hashes only the numbers, which distinguish most kinds: the rest is text, and slow to hash.
        func hash(into hasher: inout Hasher) {
            hasher.combine(verdict.code?.rawValue)
            hasher.combine(verdict.clientSees?.rawValue)
            hasher.combine(verdict.serverSees?.rawValue)
            hasher.combine(verdict.isClean)
        }
    }

    /// The most sessions named for each group.
    static let examples = 4
    /// The most groups that are kept.
    static let maximumGroups = 100

    /// In order of appearance.
    private var groups: [Group] = []
    /// The places of groups, by text.
    private var placesByText: [String: Int] = [:]
    /// A cache of places by kind, which is cheaper than writing the text; at most ``maximumGroups`` entries.
    private var placesByKind: [Kind: Int] = [:]
    /// The number of sessions that ended in ways beyond ``maximumGroups``.
    private(set) var omitted: UInt64 = 0

    /// The number of sessions that have ended.
    private(set) var count: UInt64 = 0

    /// The groups, largest first.
    var largestFirst: [Group] {
        groups.sorted { left, right in
            left.count == right.count ? left.examples[0] < right.examples[0] : left.count > right.count
        }
    }

    /// The groups, in order of appearance.
    var inOrder: [Group] { groups }

    /// Counts an ending; returns the place of its group in ``inOrder``, nil beyond ``maximumGroups``.
    @discardableResult
    mutating func record(_ verdict: SessionEnd.Verdict, upgrade: SessionRow.Upgrade, session: SessionID) -> Int? {
        count += 1
        let kind = Kind(verdict: VerdictMessage.common(verdict), upgrade: upgrade)
        guard let place = placesByKind[kind] ?? place(of: kind, verdict) else {
            omitted += 1
            return nil
        }
        groups[place].count += 1
        if groups[place].examples.count < Self.examples { groups[place].examples.append(session) }
        return place
    }

    /// Finds or adds the group of a kind that is not in the cache; nil if there is no room for another group.
    private mutating func place(of kind: Kind, _ verdict: SessionEnd.Verdict) -> Int? {
        let text = VerdictMessage.text(kind.verdict, upgrade: kind.upgrade)
        var place = placesByText[text]
        if place == nil, groups.count < Self.maximumGroups {
            place = groups.count
            placesByText[text] = place
            groups.append(Group(verdict: verdict, upgrade: kind.upgrade, examples: [], count: 0))
        }
        if let place, placesByKind.count < Self.maximumGroups { placesByKind[kind] = place }
        return place
    }
}
