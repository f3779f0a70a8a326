import ArgumentParser
import CaptureAnalysis
import PacketCapture
import TraceOutput

/// `wstap read`: captures from files or standard input.
struct ReadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read capture files (the default).",
        discussion: "Several files are one capture, merged by their packets' times; connections continue across files.")

    @Argument(
        help: ArgumentHelp("A pcap or pcapng file, or \"-\" for standard input.", valueName: "file"),
        completion: .file())
    var files: [String]

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "What to take for WebSocket")
    var assumption: AssumptionOptions

    @OptionGroup(title: "What to show")
    var filter: FilterOptions

    @Option(
        help: ArgumentHelp(
            "Threads that may work; more than nine are not used. The output is the same for every number.",
            valueName: "n"))
    var jobs = JobCount.processors

    @Option(
        help: ArgumentHelp(
            "Exit with status 3 when there are findings of this severity or above, shown or not.",
            valueName: "warning|error"))
    var failOn: FailureLevel?

    func run() throws {
        var filter = self.filter.eventFilter()
        switch output.format {
        case .jsonl where filter.isEmpty:
            try readRun.run(output.jsonLines()) { LineBatch(options: output.traceOptions) }
        case .jsonl: try run(output.jsonLines(), filter)
        case .timeline: try run(output.timeline(), filter)
        case .summary:
            // The page is made of events that a list for a trace would leave out.
            filter.events = nil
            try run(output.summary(), filter)
        }
    }

    private var readRun: ReadRun {
        ReadRun(
            files: files, packetFilter: filter.packetFilter, assumedServers: assumption.servers, output: output,
            failureLevel: failOn, jobs: jobs)
    }

    private func run(_ format: consuming some OutputFormat & ~Copyable, _ filter: EventFilter) throws {
        guard !filter.isEmpty else { return try readRun.run(format, batch: EventBatch.init) }
        do {
            try readRun.run(FilteredOutput(format, filter: filter), batch: EventBatch.init)
        } catch let error as InvalidPattern {
            throw ValidationError("--grep: \(error.message) at offset \(error.offset)")
        }
    }
}
