import ArgumentParser
import CaptureAnalysis
import PacketCapture
import TraceOutput

/// `wstap read`: captures from files or standard input.
struct ReadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read capture files (the default).",
        discussion: "Several files are read as one capture, merged by time; connections continue across files.")

    @Argument(
        help: ArgumentHelp("A pcap or pcapng file, or \"-\" for standard input.", valueName: "file"),
        completion: .file())
    var files: [String]

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Detection")
    var detection: DetectionOptions

    @OptionGroup(title: "Decryption")
    var secrets: SecretOptions

    @OptionGroup(title: "Filters")
    var filter: FilterOptions

    @Option(
        help: ArgumentHelp(
            "Threads to use (at most 9); the output does not depend on it.",
            valueName: "n"))
    var jobs = JobCount.processors

    @Option(
        help: ArgumentHelp(
            "Exit with status 3 if there are findings of this severity or above, filtered out or not.",
            valueName: "warning|error"))
    var failOn: FailureLevel?

    func run() throws {
        let run = ReadRun(
            files: files, packetFilter: filter.packetFilter, assumedServers: detection.servers, secrets: secrets,
            output: output,
            failureLevel: failOn, jobs: jobs)
        try output.withFormat(filter.eventFilter(), run)
    }
}
