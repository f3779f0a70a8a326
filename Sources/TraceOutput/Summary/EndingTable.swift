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

    private struct Key: Hashable {
        var by: SessionEnd.Verdict.Party
        var layer: SessionEnd.Verdict.Layer
        var isClean: Bool
        var codes: [UInt16?]
        var upgrade: SessionRow.Upgrade
    }

    /// The connections named for each group.
    static let examples = 4
    /// The most groups that are kept.
    static let maximumGroups = 100

    private var groupsByKey: [Key: Group] = [:]
    /// How many sessions ended in ways beyond the bound.
    private(set) var omitted: UInt64 = 0

    /// How many sessions have ended.
    private(set) var count: UInt64 = 0

    /// The groups, the largest first.
    var groups: [Group] {
        groupsByKey.values.sorted { left, right in
            left.count == right.count ? left.examples[0] < right.examples[0] : left.count > right.count
        }
    }

    mutating func note(_ verdict: SessionEnd.Verdict, upgrade: SessionRow.Upgrade, connection: UInt64) {
        count += 1
        let key = Key(
            by: verdict.by, layer: verdict.layer, isClean: verdict.isClean,
            codes: [verdict.code?.rawValue, verdict.clientSees?.rawValue, verdict.serverSees?.rawValue],
            upgrade: upgrade)
        if let index = groupsByKey.index(forKey: key) {
            groupsByKey.values[index].count += 1
            guard groupsByKey.values[index].examples.count < Self.examples else { return }
            groupsByKey.values[index].examples.append(connection)
        } else if groupsByKey.count < Self.maximumGroups {
            groupsByKey[key] = Group(verdict: verdict, upgrade: upgrade, examples: [connection], count: 1)
        } else {
            omitted += 1
        }
    }
}
