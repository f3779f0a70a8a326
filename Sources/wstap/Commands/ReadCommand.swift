import ArgumentParser
import CaptureAnalysis
import PacketCapture
import TraceOutput
import WireFormat

/// `wstap read`: captures from files or standard input.
struct ReadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read capture files (the default).",
        discussion: """
            Several files are read as one capture, merged by time; connections continue across files.

            With --follow, they are files that another program still writes and rotates, such as tcpdump -C, -G or -W: \
            folders, or patterns in quotes. They are read one after the other, until SIGINT (Ctrl-C) or SIGTERM.
            """)

    @Argument(
        help: ArgumentHelp("A pcap or pcapng file, or \"-\" for standard input.", valueName: "file"),
        completion: .file())
    var files: [String]

    @Flag(help: "Keep reading as files grow and new ones appear.")
    var follow = false

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Detection")
    var detection: DetectionOptions

    @OptionGroup(title: "Decryption")
    var secrets: SecretOptions

    @OptionGroup(title: "Filters")
    var filter: FilterOptions

    @OptionGroup(title: "Filters")
    var kinds: EventKindOptions

    @OptionGroup(title: "Bounds")
    var bounds: MemoryOptions

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

    func validate() throws {
        guard follow else { return }
        guard !files.contains("-") else { throw ValidationError("--follow needs files; a pipe is followed anyway") }
        guard output.format != .sqlite else {
            throw ValidationError("with --follow, wstap cannot write a database: read the files when they are complete")
        }
    }

    func run() throws {
        try secrets.refuse(output: output.payloadFile, option: "--payload-file", inputs: files)
        let run = ReadRun(
            files: files, follows: follow, packetFilter: filter.packetFilter, assumedServers: detection.servers,
            secrets: secrets, output: output, failureLevel: failOn, jobs: jobs, memory: bounds.budget)
        try output.withFormat(filter.eventFilter(kinds), run)
    }
}
