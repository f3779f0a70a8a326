public import ArgumentParser
import TraceOutput
public import WebSocketProtocol

/// Which packets to read, and which events to show; the totals count everything read.
struct FilterOptions: ParsableArguments {
    @Option(
        name: [.customShort("f"), .customLong("filter")],
        help: ArgumentHelp("Read only packets that match this libpcap filter.", valueName: "expression"))
    var packetFilter: String?

    @Option(help: ArgumentHelp("Show only these connections: \"1,4\".", valueName: "list"))
    var connection: [ConnectionList] = []

    @Option(
        help: ArgumentHelp("Show only these opcodes: \"text,ping,0xb\".", valueName: "list"), transform: OpcodeSet.asked
    )
    var opcode: OpcodeSet?

    @Option(help: "Show only what this end sent.")
    var from: Role?

    @Option(help: ArgumentHelp("Show only sessions with a matching host: \"*.example.com\".", valueName: "glob"))
    var host: String?

    @Option(help: ArgumentHelp("Show only sessions with a matching path: \"/chat/*\".", valueName: "glob"))
    var path: String?

    @Option(
        help: ArgumentHelp(
            "Show only messages and control frames with a matching payload (PCRE2; \"(?i)tea\" ignores case).",
            valueName: "regex"))
    var grep: String?

    /// Which events to show.
    ///
    /// - Parameter kinds: Their kinds; nil for all.
    /// - Returns: The filter.
    func eventFilter(_ kinds: EventKindOptions? = nil) -> EventFilter {
        var filter = EventFilter()
        filter.connections = Set(connection.flatMap(\.numbers))
        filter.opcodes = opcode
        filter.from = from
        filter.host = host.map { Glob($0, ignoresCase: true) }
        filter.path = path.map { Glob($0) }
        filter.grep = grep
        filter.events = kinds?.events
        return filter
    }
}

/// A list of connection numbers, "1,4".
struct ConnectionList: ExpressibleByArgument {
    var numbers: [UInt64]

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        numbers = words.compactMap { UInt64($0) }
        guard numbers.count == words.count, !numbers.contains(0) else { return nil }
    }
}

extension OpcodeSet {
    /// Reads "text,ping,0xb".
    fileprivate static func asked(_ list: String) throws -> OpcodeSet {
        do throws(UnknownOpcode) {
            return try OpcodeSet(list: list)
        } catch {
            throw ValidationError(
                "there is no opcode \"\(error.word)\", only continuation, text, binary, close, ping, pong and 0 to 15")
        }
    }
}

extension Role: ExpressibleByArgument {
    /// The values shown in the help; by default they would be the raw values, which are numbers.
    public static var allValueStrings: [String] { ["client", "server"] }

    /// No descriptions.
    public static var allValueDescriptions: [String: String] { [:] }

    /// Reads "client" or "server".
    public init?(argument: String) {
        switch argument {
        case "client": self = .client
        case "server": self = .server
        default: return nil
        }
    }
}
