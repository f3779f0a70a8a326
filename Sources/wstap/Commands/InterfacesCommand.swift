import ArgumentParser
import PacketCapture
import TraceOutput
import WireFormat

/// `wstap interfaces`: the interfaces to capture from.
struct InterfacesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interfaces",
        abstract: "List the interfaces that wstap live can capture from.",
        discussion: "Link types are shown only if you are permitted to capture.")

    /// The formats of the list.
    enum Format: String, NamedValue {
        case text, jsonl
    }

    @Option(help: "Output format: a table, or a JSON object per line.")
    var format = Format.text

    func run() throws {
        // Writing to a pipe without a reader should fail, not end the program.
        signal(SIGPIPE, SIG_IGN)
        let interfaces: [CaptureInterface]
        do throws(LiveError) {
            interfaces = try CaptureInterface.all()
        } catch {
            complain(TerminalText.safe(error.description))
            throw ExitCode(ExitStatus.nothingRead)
        }
        let lines =
            switch format {
            case .text: InterfaceTable(interfaces).lines
            case .jsonl: interfaces.map(\.json)
            }
        let code = writeWhole(lines.map { $0 + "\n" }.joined(), to: STDOUT_FILENO)
        guard code != 0, code != EPIPE else { return }
        complain("standard output: \(String(cString: strerror(code)))")
        throw ExitCode(ExitStatus.nothingRead)
    }
}

/// Interfaces as a table.
struct InterfaceTable {
    /// The lines, safe to print on a terminal.
    let lines: [String]

    init(_ interfaces: [CaptureInterface]) {
        let rows = interfaces.map { interface in
            [
                TerminalText.safe(interface.name), interface.state, interface.linkType?.name ?? "-",
                (interface.addresses.map(\.words)
                    + [interface.description.map { "(\(TerminalText.safe($0)))" }]
                    .compactMap { $0 }).joined(separator: ", "),
            ]
        }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        lines = rows.map { row in
            let cells = (0..<3).map { row[$0].padded(to: widths[$0]) } + [row[3]]
            var line = cells.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}

extension CaptureInterface {
    /// "up" or "down", and what else is known.
    fileprivate var state: String {
        var words = [isUp ? "up" : "down"]
        if isUp, !isRunning { words.append("not running") }
        if isConnected == false { words.append("disconnected") }
        if isLoopback { words.append("loopback") }
        if isWireless { words.append("wireless") }
        return words.joined(separator: ", ")
    }

    /// One JSON object.
    fileprivate var json: String {
        let addresses = addresses.map { address in
            "{\"address\":\(JSONText.quoted(address.text)),\"prefix_length\":"
                + (address.prefixLength.map(String.init) ?? "null") + "}"
        }
        let words = [
            "\"name\":\(JSONText.quoted(name))",
            "\"description\":\(description.map(JSONText.quoted) ?? "null")",
            "\"addresses\":[\(addresses.joined(separator: ","))]",
            "\"up\":\(isUp)", "\"running\":\(isRunning)", "\"loopback\":\(isLoopback)", "\"wireless\":\(isWireless)",
            "\"connected\":\(isConnected.map(String.init) ?? "null")",
            "\"link_type\":\(linkType.map { JSONText.quoted($0.name) } ?? "null")",
        ]
        return "{\(words.joined(separator: ","))}"
    }
}

extension CaptureInterface.Address {
    /// "10.0.0.7/24".
    fileprivate var words: String {
        text + (prefixLength.map { "/\($0)" } ?? "")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(width - count, 0))
    }
}
