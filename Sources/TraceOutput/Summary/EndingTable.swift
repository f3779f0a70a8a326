import CaptureAnalysis
import WebSocketProtocol

/// How the sessions of a capture ended, alike ones together.
struct EndingTable {
    /// Sessions that ended alike.
    struct Group {
        /// The verdict on the first of them.
        var verdict: SessionEnd.Verdict
        /// How its upgrade went.
        var upgrade: SessionRow.Upgrade
        /// The connections of the first few.
        var examples: [UInt64]
        /// How many there are.
        var count: UInt64
    }

    /// All that the words of a kind are made of.
    private struct Kind: Hashable {
        var verdict: SessionEnd.Verdict
        var upgrade: SessionRow.Upgrade

        /// Hashes the numbers alone, which tell most kinds apart: the rest takes longer, since it is hashed as text.
        func hash(into hasher: inout Hasher) {
            hasher.combine(verdict.code?.rawValue)
            hasher.combine(verdict.clientSees?.rawValue)
            hasher.combine(verdict.serverSees?.rawValue)
            hasher.combine(verdict.isClean)
        }
    }

    /// The connections named for each group.
    static let examples = 4
    /// The most groups that are kept.
    static let maximumGroups = 100

    /// In the order in which they were met.
    private var groups: [Group] = []
    /// The places of groups, by the words that say how their sessions ended.
    private var placesByWords: [String: Int] = [:]
    /// The same by what the words are made of, as many as there may be groups: it takes less than to find the words.
    private var placesByKind: [Kind: Int] = [:]
    /// How many sessions ended in ways beyond the bound.
    private(set) var omitted: UInt64 = 0

    /// How many sessions have ended.
    private(set) var count: UInt64 = 0

    /// The groups, the largest first.
    var largestFirst: [Group] {
        groups.sorted { left, right in
            left.count == right.count ? left.examples[0] < right.examples[0] : left.count > right.count
        }
    }

    mutating func note(_ verdict: SessionEnd.Verdict, upgrade: SessionRow.Upgrade, connection: UInt64) {
        count += 1
        let kind = Kind(verdict: VerdictText.common(verdict), upgrade: upgrade)
        guard let place = placesByKind[kind] ?? place(of: kind, verdict) else {
            omitted += 1
            return
        }
        groups[place].count += 1
        if groups[place].examples.count < Self.examples { groups[place].examples.append(connection) }
    }

    /// Finds the group of a kind that is new, or was not kept, by its words; nil where there is no room for another.
    private mutating func place(of kind: Kind, _ verdict: SessionEnd.Verdict) -> Int? {
        let words = VerdictText.sentence(kind.verdict, upgrade: kind.upgrade)
        var place = placesByWords[words]
        if place == nil, groups.count < Self.maximumGroups {
            place = groups.count
            placesByWords[words] = place
            groups.append(Group(verdict: verdict, upgrade: kind.upgrade, examples: [], count: 0))
        }
        if let place, placesByKind.count < Self.maximumGroups { placesByKind[kind] = place }
        return place
    }
}
