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
        var filter = self.filter.eventFilter()
        switch output.format {
        case .jsonl: try run(output.jsonLines(), filter)
        case .timeline: try run(output.timeline(), filter)
        case .summary:
            // The page is made of events that a list for a trace would leave out.
            filter.events = nil
            try run(output.summary(), filter)
        }
    }

    private func run(_ format: consuming some OutputFormat & ~Copyable, _ filter: EventFilter) throws {
        let words = expression.joined(separator: " ")
        let run = LiveRun(
            capture: capture, packetFilter: self.filter.packetFilter ?? (words.isEmpty ? nil : words),
            assumedServers: assumption.servers, output: output, failureLevel: failOn)
        guard !filter.isEmpty else { return try run.run(format) }
        do {
            try run.run(FilteredOutput(format, filter: filter))
        } catch let error as InvalidPattern {
            throw ValidationError("--grep: \(error.message) at offset \(error.offset)")
        }
    }
}
