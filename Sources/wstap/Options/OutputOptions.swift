public import ArgumentParser
import CaptureAnalysis
public import TraceOutput

/// The options on what is printed, how, and where to.
struct OutputOptions: ParsableArguments {
    @Option(help: "What to print.")
    var format = FormatName.timeline

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "Write there, not to standard output. What read writes to a file is there whole or not at all.",
            valueName: "path"),
        completion: .file())
    var path: String?

    @Option(
        help: ArgumentHelp(
            "How much of each payload to show: a number of bytes, \"all\" or \"none\" (timeline: 80, jsonl: all).",
            valueName: "bytes|all|none"))
    var payload: PayloadLimit?

    @Flag(help: "Also show each data frame's own bytes, not only its message's.")
    var framePayloads = false

    @Option(help: "Colour the timeline and the summary; NO_COLOR is honoured.")
    var color = ColorChoice.auto

    @Flag(name: .customLong("no-progress"), help: "No progress line on standard error.")
    var hidesProgress = false

    @Flag(name: .shortAndLong, help: "Say nothing on standard error but errors.")
    var quiet = false

    @Flag(
        name: .shortAndLong,
        help: "Timeline: also sequence and acknowledgment numbers, TCP states and readyStates.")
    var verbose = false

    /// Whether colours are wanted where the output goes.
    var hasColor: Bool {
        switch color {
        case .always: true
        case .never: false
        case .auto: path == nil && Terminal.standardOutput.wantsColor
        }
    }
}

extension PayloadLimit: ExpressibleByArgument {
    /// Reads the value of an option.
    public init?(argument: String) {
        switch argument {
        case "all": self = .all
        case "none": self = .none
        default:
            guard let count = Int(argument), count >= 0 else { return nil }
            self = .atMost(count)
        }
    }
}

/// When to use colours.
enum ColorChoice: String, NamedValue {
    case auto, always, never
}

/// The value of an option that is one of a few words.
protocol NamedValue: ExpressibleByArgument, CaseIterable, RawRepresentable<String> {}

/// What ArgumentParser would find out with key paths and casts, whenever it starts.
extension NamedValue {
    static var allValueStrings: [String] { allCases.map { $0.rawValue } }
    static var allValueDescriptions: [String: String] { [:] }
    var defaultValueDescription: String { rawValue }
}

extension AnalysisOptions {
    /// Creates the options of an analysis whose events go to a format.
    ///
    /// - Parameters:
    ///   - format: The format.
    ///   - sources: The names of the files or interfaces.
    ///   - servers: Servers to treat as WebSocket even without an upgrade.
    init(for format: borrowing some OutputFormat & ~Copyable, sources: [String], assuming servers: AssumedServers) {
        self.init(demand: format.demand)
        self.sources = sources
        assumedServers = servers
    }
}
