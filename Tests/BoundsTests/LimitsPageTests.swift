import CaptureAnalysis
import Foundation
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// Compares `docs/limits.md` with the values in the code.
@Suite("The page of bounds")
struct LimitsPageTests {
    private static let limits = Limits()
    private static let budget = MemoryBudget.standard

    private static func mebibytes(_ bytes: Int) -> String { "\(bytes >> 20) MiB" }

    private static func each(_ bytes: Int) -> String {
        "\(mebibytes(bytes)); \(mebibytes(bytes / Limits.shards)) each shard"
    }

    /// How rows begin: the name of the bound, and its number.
    static let rows: [(name: String, number: String)] = [
        ("bytes waiting out of order, one stream", mebibytes(limits.heldBytesPerStream)),
        ("bytes waiting, all streams", each(limits.heldBytes)),
        ("bytes kept of a message", mebibytes(limits.stream.message)),
        ("bytes kept of unfinished messages, all sessions", each(limits.keptPayload)),
        ("memory for decompression, all sessions", each(limits.compression)),
        ("memory for decompression, all sessions", each(budget.compression)),
        ("bytes that a message inflates to", mebibytes(Int(limits.stream.inflatedMessage))),
        ("ratio of inflated to compressed size", "\(limits.stream.inflateRatio),"),
        ("datagrams waiting for fragments", "4,096"),
        ("all of it", mebibytes(budget.bytes)),
        ("packets and events between threads", mebibytes(budget.threads)),
        ("fragments", mebibytes(budget.fragments)),
        ("secrets in capture files", mebibytes(budget.secrets)),
        ("windows of zstd, if there are any", mebibytes(budget.windows)),
        ("connections", mebibytes(budget.connections(format: 0, windows: 0))),
    ]

    @Test("names the numbers of the code", arguments: rows)
    func row(_ row: (name: String, number: String)) throws {
        let page = try String(contentsOf: Repository.root.appending(path: "docs/limits.md"), encoding: .utf8)
        let lines = page.split(separator: "\n").filter { $0.hasPrefix("| \(row.name) |") }
        #expect(lines.count == 1)
        #expect(lines.allSatisfy { $0.hasPrefix("| \(row.name) | \(row.number)") })
    }

    @Test("shares add up to no more than the whole", arguments: [64, 100, 160, 1024])
    func shares(megabytes: Int) {
        let budget = MemoryBudget(bytes: megabytes << 20)
        for format in [0, 16 << 20] {
            let rest = budget.threads + budget.fragments + budget.secrets + format
            #expect(rest + budget.connections(format: format, windows: 0) <= budget.bytes)
        }
    }
}
