import ArgumentParser
import CaptureAnalysis
import TraceOutput
import WireFormat

/// `wstap live`: an interface, as packets arrive.
struct LiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Capture from an interface, and show frames as they arrive.",
        usage: "wstap live -i <interface> [<options>] [<expression> ...]",
        discussion: """
            sudo wstap live -i eth0 'tcp port 8080'

            Stops on SIGINT (Ctrl-C) or SIGTERM, after --count or --duration, or when the interface disappears; it then \
            reports the sessions still open, and the packets that the kernel and the interface dropped. A second SIGINT \
            quits at once. Started as root, it drops root's rights once the interface is open: see --user.
            """)

    @Argument(help: "Capture only packets that match this libpcap filter; quotes are optional.")
    var expression: [String] = []

    @OptionGroup(title: "Capture")
    var capture: LiveCaptureOptions

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
            "Exit with status 3 if there are findings of this severity or above, filtered out or not.",
            valueName: "warning|error"))
    var failOn: FailureLevel?

    func validate() throws {
        guard expression.isEmpty || filter.packetFilter == nil else {
            throw ValidationError("there are two filters: one after -f, one at the end")
        }
        guard output.format != .sqlite else {
            throw ValidationError("wstap live cannot write a database: keep the packets (-w), then read those")
        }
    }

    func run() throws {
        let words = expression.joined(separator: " ")
        let run = LiveRun(
            capture: capture, packetFilter: filter.packetFilter ?? (words.isEmpty ? nil : words),
            assumedServers: detection.servers, secrets: secrets, output: output, failureLevel: failOn,
            memory: bounds.budget)
        try output.withFormat(filter.eventFilter(kinds), run)
    }
}
