import ArgumentParser
import CaptureAnalysis
import TraceOutput

/// `wstap live`: an interface, as packets come.
struct LiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Capture from an interface, and show frames as they come.",
        usage: "wstap live -i <interface> [<options>] [<expression> ...]",
        discussion: """
            sudo wstap live -i eth0 'tcp port 8080'

            Ends on SIGINT or SIGTERM, after --count or --duration, or when the interface goes: open sessions are told, \
            and what the kernel and the interface dropped. A second SIGINT ends at once. Started as root, it goes on as \
            another user once the interface is open: see --user.
            """)

    @Argument(help: "Capture only packets that match this libpcap filter; its words may stand apart.")
    var expression: [String] = []

    @OptionGroup(title: "Capture")
    var capture: LiveCaptureOptions

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "What to take for WebSocket")
    var assumption: AssumptionOptions

    @OptionGroup(title: "What to show")
    var filter: FilterOptions

    @Option(
        help: ArgumentHelp(
            "Exit with status 3 when there are findings of this severity or above, shown or not.",
            valueName: "warning|error"))
    var failOn: FailureLevel?

    func validate() throws {
        guard expression.isEmpty || filter.packetFilter == nil else {
            throw ValidationError("a filter is given twice: behind -f, and at the end")
        }
    }

    func run() throws {
        let words = expression.joined(separator: " ")
        let run = LiveRun(
            capture: capture, packetFilter: filter.packetFilter ?? (words.isEmpty ? nil : words),
            assumedServers: assumption.servers, output: output, failureLevel: failOn)
        try output.withFormat(filter.eventFilter(), run)
    }
}
