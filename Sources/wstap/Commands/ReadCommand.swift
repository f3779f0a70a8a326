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
        let run = ReadRun(
            files: files, packetFilter: filter.packetFilter, assumedServers: assumption.servers, output: output,
            failureLevel: failOn, jobs: jobs)
        try output.withFormat(filter.eventFilter(), run)
    }
}
