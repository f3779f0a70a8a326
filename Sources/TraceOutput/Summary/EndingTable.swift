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

    /// By the words that say how they ended.
    private var groupsByKind: [String: Group] = [:]
    /// The words of kinds that were met, as many as there may be groups: to look them up takes less than to find them.
    private var words: [Kind: String] = [:]
    /// How many sessions ended in ways beyond the bound.
    private(set) var omitted: UInt64 = 0

    /// How many sessions have ended.
    private(set) var count: UInt64 = 0

    /// The groups, the largest first.
    var groups: [Group] {
        groupsByKind.values.sorted { left, right in
            left.count == right.count ? left.examples[0] < right.examples[0] : left.count > right.count
        }
    }

    mutating func note(_ verdict: SessionEnd.Verdict, upgrade: SessionRow.Upgrade, connection: UInt64) {
        count += 1
        let kind = words(of: Kind(verdict: VerdictText.common(verdict), upgrade: upgrade))
        if let index = groupsByKind.index(forKey: kind) {
            groupsByKind.values[index].count += 1
            guard groupsByKind.values[index].examples.count < Self.examples else { return }
            groupsByKind.values[index].examples.append(connection)
        } else if groupsByKind.count < Self.maximumGroups {
            groupsByKind[kind] = Group(verdict: verdict, upgrade: upgrade, examples: [connection], count: 1)
        } else {
            omitted += 1
        }
    }

    private mutating func words(of kind: Kind) -> String {
        if let known = words[kind] { return known }
        let text = VerdictText.sentence(kind.verdict, upgrade: kind.upgrade)
        if words.count < Self.maximumGroups { words[kind] = text }
        return text
    }
}
