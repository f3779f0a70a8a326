import ArgumentParser
import CaptureCutting
import TraceOutput

/// Which packets to read, and which sessions to take them from.
struct SessionFilterOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp("Read only packets that match this libpcap filter.", valueName: "expression"))
    var packetFilter: String?

    @Option(
        help: ArgumentHelp("Take only these connections, by their numbers in the trace: \"1,4\".", valueName: "list"))
    var connection: [ConnectionList] = []

    @Option(help: ArgumentHelp("Take only sessions with a matching host: \"*.example.com\".", valueName: "glob"))
    var host: String?

    @Option(help: ArgumentHelp("Take only sessions with a matching path: \"/chat/*\".", valueName: "glob"))
    var path: String?

    @Option(
        help: ArgumentHelp(
            "Take only sessions that ended like this: a layer (\"rst\"), \"by-client\", \"unclean\", or a code (\"1006\").",
            valueName: "list"), transform: VerdictPattern.list)
    var verdict: [[VerdictPattern]] = []

    @Option(
        help: ArgumentHelp(
            "Take only sessions with such a finding: a severity and above (\"warning\"), or a rule (\"masking.*\").",
            valueName: "list"))
    var finding: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take only sessions that were not over at this time: seconds since the first packet, or RFC 3339 in UTC.",
            valueName: "time"), transform: PointInTime.asked)
    var after: PointInTime?

    @Option(
        help: ArgumentHelp("Take only sessions that had begun at this time.", valueName: "time"),
        transform: PointInTime.asked)
    var before: PointInTime?

    /// Which sessions to take.
    var filter: SessionFilter {
        var filter = SessionFilter()
        filter.events.connections = Set(connection.flatMap(\.numbers))
        filter.events.host = host.map { Glob($0, ignoresCase: true) }
        filter.events.path = path.map { Glob($0) }
        filter.verdicts = verdict.flatMap { $0 }
        filter.findings = finding.flatMap { $0.split(separator: ",") }.map { FindingPattern(String($0)) }
        filter.start = after
        filter.end = before
        return filter
    }
}

extension VerdictPattern {
    /// Reads "rst,unclean".
    fileprivate static func list(_ text: String) throws -> [VerdictPattern] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            guard let pattern = VerdictPattern(String(word)) else {
                throw ValidationError(
                    "there is no verdict \"\(word)\", only close-frame, fin, rst, timeout, capture-end, tls-alert, "
                        + "by-client, by-server, by-network, by-unknown, clean, unclean and codes")
            }
            return pattern
        }
    }
}

extension PointInTime {
    fileprivate static func asked(_ text: String) throws -> PointInTime {
        guard let time = PointInTime(text) else {
            throw ValidationError("\"\(text)\" is neither seconds nor a time like 2026-11-28T21:13:42.5Z")
        }
        return time
    }
}
