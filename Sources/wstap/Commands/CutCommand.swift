import ArgumentParser
import CaptureAnalysis
import CaptureCutting

/// `wstap cut`: the packets of some sessions as a capture file.
struct CutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cut",
        abstract: "Write the packets of some sessions to a separate file.",
        discussion: """
            wstap cut monday.pcap --verdict rst --host '*.example.com' -o resets.pcapng
            wstap cut monday/*.pcap --shards 16 --websocket-only -o shards

            The output is pcapng: the connections of the sessions from their first packet to their last, as they were \
            captured. With --shards, all TCP connections are split over several files instead, which can be read one by \
            one. The input is read twice, so it cannot be a pipe; with --shards, once.
            """)

    @Argument(help: ArgumentHelp("A pcap or pcapng file.", valueName: "file"), completion: .file())
    var files: [String]

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "The file to write, which appears complete or not at all; with --shards, a new or empty folder.",
            valueName: "path"),
        completion: .file())
    var path: String

    @Flag(
        help: "Also write the TLS secrets of these sessions, so that whoever has the file can decrypt them.")
    var writeSecrets = false

    @Option(help: ArgumentHelp("Split all TCP connections over this many files.", valueName: "n"))
    var shards: Int?

    @Flag(
        help: """
            With --shards: leave out connections that are surely not WebSocket; with filters, keep only those of the \
            chosen sessions.
            """)
    var websocketOnly = false

    @Flag(help: "With --shards: split UDP too.")
    var udp = false

    @OptionGroup
    var options: SessionInputOptions

    func validate() throws {
        if let shards, !(1...ShardRun.maximumCount ~= shards) {
            throw ValidationError("--shards must be 1 to \(ShardRun.maximumCount)")
        }
        guard shards != nil || !websocketOnly && !udp else {
            throw ValidationError("--websocket-only and --udp need --shards")
        }
        guard !udp || !websocketOnly else { throw ValidationError("--udp and --websocket-only exclude each other") }
        guard shards == nil || options.filter.filter.isEmpty || websocketOnly else {
            throw ValidationError("with --shards, filters of sessions need --websocket-only")
        }
        guard shards == nil || !writeSecrets else {
            throw ValidationError("--write-secrets and --shards exclude each other")
        }
        guard shards == nil || options.secrets.keyLogs.isEmpty || websocketOnly else {
            throw ValidationError("with --shards, --keylog needs --websocket-only")
        }
    }

    func run() throws {
        let input = options.input(files)
        if let shards {
            try ShardRun(input: input, folder: path, count: shards, isWebSocketOnly: websocketOnly, includesUDP: udp)
                .run()
        } else {
            try CutRun(input: input, path: path, writesSecrets: writeSecrets).run()
        }
    }
}
