import BenchmarkStages
import Foundation
import GeneratedCaptures

/// The page of one measurement run.
struct Report {
    let machine: Machine
    let pairCount: Int
    let seed: UInt64
    let share: Double
    let loadBefore: Double?
    var captures: [CaptureOnDisk] = []
    var wholeRuns: [WholeRuns.Row] = []
    var encryptedRuns: [EncryptedRuns.Row] = []
    var stages: [StageResult] = []
    var allocations: [WholeAllocations] = []

    /// The stages and formats that allocate more often than allowed.
    var excesses: [String] {
        stages.filter(\.allocations.isTooMany).map { "stage \($0.stage.name)" }
            + allocations.filter(\.perPacket.isTooMany).map { "\($0.format) of \($0.capture)" }
    }

    /// The page, in Markdown.
    var text: String {
        """
        \(heading)
        ## Whole captures, against libpcap reading the packets


        """ + captureTable.text + "\n" + wholeTable.text + "\n## Stages\n\n" + stageTable.text
            + "\n## Allocations\n\n" + allocationText
    }

    /// The page of captures in TLS.
    var encryptedText: String {
        "\(heading)\n## Summaries of captures inside TLS 1.3\n\n" + captureTable.text + "\n" + encryptedTable.text
    }

    private var heading: String {
        let date = Date.now.formatted(.iso8601.year().month().day())
        let load = { (value: Double?) in value?.formatted(decimals: 2) ?? "unknown" }
        var text = "# Run of \(date)\n\n"
        for line in machine.lines { text += "- \(line)\n" }
        text += "- load average of a minute: \(load(loadBefore)) before, \(load(Machine.load)) after\n"
        text += "- captures: seed \(seed), \(share.formatted()) of the full size\n"
        text += """

            Times are medians in seconds. Ratios are those of neighbouring runs, the reference first (A B A B), \
            \(pairCount) pairs after one that does not count: the median, with the least and the most in brackets. tshark \
            runs as often as its row says.

            """
        return text
    }

    /// Allocations of each stage alone, then on the whole path from the file to a format.
    var allocationText: String { stageAllocationTable.text + "\n" + allocationTable.text }

    private var captureTable: MarkdownTable {
        var table = MarkdownTable(["capture", "packets", "MB", "connections", "sessions", "frames"])
        for capture in captures {
            let truth = capture.truth
            let counts = [truth.connections, truth.sessions, truth.frames].map(String.init)
            let megabytes = (Double(truth.bytes) / 1e6).formatted(decimals: 0)
            table.append([capture.name, String(truth.packets), megabytes] + counts)
        }
        return table
    }

    private var wholeTable: MarkdownTable {
        var table = MarkdownTable(["capture", "program", "pairs", "libpcap", "program's time", "ratio", "peak memory"])
        for row in wholeRuns {
            table.append(
                [
                    row.capture, "`\(row.program)`", String(row.pairs.pairs.count),
                    row.pairs.reference.formatted(decimals: 3), row.pairs.own.formatted(decimals: 3),
                    words(row.pairs.ratio), "\((Double(row.peakBytes) / 1e6).formatted(decimals: 0)) MB",
                ])
        }
        return table
    }

    private var encryptedTable: MarkdownTable {
        var table = MarkdownTable(["capture", "reference", "its time", "wstap", "its time", "ratio"])
        for row in encryptedRuns {
            table.append([
                row.capture, row.reference, row.pairs.reference.formatted(decimals: 3), row.program,
                row.pairs.own.formatted(decimals: 3), words(row.pairs.ratio),
            ])
        }
        return table
    }

    private var stageTable: MarkdownTable {
        var table = MarkdownTable(["stage", "against", "ratio", "ns", "ns beyond the reference", "per"])
        for result in stages {
            let nanoseconds = 1e9 / Double(max(1, result.stage.unitCount))
            let own = result.pairs.own - result.pairs.reference
            table.append(
                [
                    result.stage.name, result.stage.referenceName, words(result.pairs.ratio),
                    (result.pairs.own * nanoseconds).formatted(decimals: 1), (own * nanoseconds).formatted(decimals: 1),
                    result.stage.unit,
                ])
        }
        return table
    }

    private var stageAllocationTable: MarkdownTable {
        var table = MarkdownTable(["stage", "allocations", "unit", "per unit", "limit"])
        for result in stages {
            let allocations = result.allocations
            table.append(
                [
                    result.stage.name, String(allocations.count), result.stage.unit,
                    allocations.perUnit.formatted(decimals: 5), allocations.limit.formatted() + excess(allocations),
                ])
        }
        return table
    }

    private var allocationTable: MarkdownTable {
        var table = MarkdownTable(["capture", "format", "allocations", "per packet", "limit", "per frame"])
        for row in allocations {
            table.append(
                [
                    row.capture, row.format, String(row.perPacket.count), row.perPacket.perUnit.formatted(decimals: 5),
                    row.perPacket.limit.formatted() + excess(row.perPacket),
                    row.perFrame?.formatted(decimals: 5) ?? "",
                ])
        }
        return table
    }

    private func excess(_ allocations: Allocations) -> String { allocations.isTooMany ? " **exceeded**" : "" }

    private func words(_ ratio: (median: Double, least: Double, most: Double)) -> String {
        let digits = ratio.median < 10 ? 2 : 0
        let ends = [ratio.least, ratio.most].map { $0.formatted(decimals: digits) }
        return "\(ratio.median.formatted(decimals: digits)) (\(ends[0]) to \(ends[1]))"
    }
}

/// A table in Markdown.
private struct MarkdownTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header, header.map { _ in "---" }] }

    mutating func append(_ cells: [String]) { rows.append(cells) }

    var text: String { rows.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined() }
}
