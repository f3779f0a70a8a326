import ArgumentParser
import CaptureAnalysis
import TLSDecryption
package import TraceOutput
import WireFormat

/// What to print, how, and where to.
struct OutputOptions: ParsableArguments {
    @Option(help: "Output format.")
    var format = FormatName.timeline

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "Write to this file instead of standard output. wstap read replaces it only once it is complete.",
            valueName: "path"),
        completion: .file())
    var path: String?

    @Option(
        help: ArgumentHelp(
            "Bytes of each payload to show, \"all\" or \"none\" (default: 80 in a timeline, all in a trace).",
            valueName: "bytes|all|none"))
    var payload: PayloadLimit?

    @Option(
        help: ArgumentHelp(
            "Bytes of all payloads in an HTML report; the rest are left out (default: 16777216).", valueName: "bytes"))
    var payloadBudget: Int?

    @Option(
        help: ArgumentHelp(
            "SQLite: write the payloads of messages to this file, one after the other, and only their lengths to the database.",
            valueName: "path"),
        completion: .file())
    var payloadFile: String?

    @Flag(help: "Also show the payloads of data frames, not only those of messages.")
    var framePayloads = false

    @Option(help: "Colour the timeline and the summary (NO_COLOR is honoured).")
    var color = ColorChoice.auto

    @Option(help: "Timeline: time since the first packet, date and time in UTC, or time since the line before.")
    var time = TimeStyle.elapsed

    @Flag(name: .customLong("no-progress"), help: "Show no progress on standard error.")
    var hidesProgress = false

    @Flag(name: .shortAndLong, help: "Print only errors to standard error.")
    var quiet = false

    @Flag(
        name: .shortAndLong,
        help: "Timeline: also show sequence and acknowledgment numbers, TCP states and readyStates.")
    var verbose = false

    /// The columns of the terminal that the output goes to; nil if it goes elsewhere.
    var width: Int? { path == nil ? Terminal.standardOutput.width : nil }

    /// The lines of the terminal that the output goes to; nil if it goes elsewhere.
    var height: Int? { path == nil ? Terminal.standardOutput.height : nil }

    func validate() throws {
        guard payloadFile == nil || format == .sqlite else {
            throw ValidationError("--payload-file needs --format sqlite")
        }
        if let payloadFile, let path, willBeSameFile(payloadFile, path) {
            throw ValidationError("--payload-file and -o must be two files")
        }
        guard payloadBudget ?? 0 >= 0 else { throw ValidationError("--payload-budget must not be negative") }
    }

    /// Whether the output should be coloured.
    var hasColor: Bool {
        switch color {
        case .always: true
        case .never: false
        case .auto: path == nil && Terminal.standardOutput.wantsColor
        }
    }
}

extension PayloadLimit: ExpressibleByArgument {
    /// Parses the value of an option.
    package init?(argument: String) {
        switch argument {
        case "all": self = .all
        case "none": self = .none
        default:
            guard let count = Int(argument), count >= 0 else { return nil }
            self = .atMost(count)
        }
    }
}

extension TimeStyle: ExpressibleByArgument {
    package static var allValueStrings: [String] { allCases.map { $0.rawValue } }
    package static var allValueDescriptions: [String: String] { [:] }
    package var defaultValueDescription: String { rawValue }
}

/// When to use colours.
enum ColorChoice: String, NamedValue {
    case auto, always, never
}

/// An option's value that is one of a few words.
protocol NamedValue: ExpressibleByArgument, CaseIterable, RawRepresentable<String> {}

/// Answers what ArgumentParser would otherwise find out with key paths and casts at every start.
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
    ///   - secrets: The secrets of TLS connections.
    ///   - memory: The program's memory.
    ///   - windows: What zstd windows take of it, in bytes.
    init<Format: OutputFormat & ~Copyable>(
        for format: borrowing Format, sources: [String], assuming servers: AssumedServers, secrets: SecretStore,
        memory: MemoryBudget, windows: Int = 0
    ) {
        self.init(demand: format.demand)
        self.sources = sources
        assumedServers = servers
        self.secrets = secrets
        limits = Limits(memory, format: Format.heldByteCount, windows: windows)
        limits.sessionBytes = Format.sessionByteCount
    }
}
