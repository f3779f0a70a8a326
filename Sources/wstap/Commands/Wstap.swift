import ArgumentParser
import CBuild
import TraceOutput

/// The command line: one subcommand per file; reading captures is the default.
@main
struct Wstap: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wstap",
        abstract: "See every WebSocket message in a packet capture, and why each session ended.",
        discussion: """
            wstap chat.pcap                    timeline ("-" reads standard input)
            wstap chat.pcap --format summary   one page: sessions, endings, findings
            wstap chat.pcap --format html -o report.html
                                               a page to look at, in any browser
            wstap chat.pcap --format jsonl     a JSON object per event, for other tools
            wstap chat.pcap --format har -o F  for browsers' Network panel; sqlite: SQL
            wstap live -i eth0                 the same from an interface, as it happens
            wstap interfaces                   the interfaces to capture from
            wstap cut chat.pcap --verdict rst -o resets.pcapng
                                               the packets of some sessions
            wstap extract chat.pcap -o messages
                                               each message as a file
            wstap redact chat.pcap -o share.pcapng
                                               the same sessions without what was said

            Exit status: 0 success; 1 the input was cut short or partly unreadable; 2 nothing could be read, or \
            capturing is not permitted; 3 findings at or above --fail-on; 64 wrong usage.
            """,
        version: commit.isEmpty ? version : "\(version) (\(commit))",
        subcommands: [
            ReadCommand.self, LiveCommand.self, InterfacesCommand.self, CutCommand.self, ExtractCommand.self,
            RedactCommand.self,
        ],
        defaultSubcommand: ReadCommand.self)

    /// The program's version.
    static let version = "0.1.0"

    /// The commit that it was built from; "" if unknown.
    private static var commit: String { String(cString: build_commit()) }

    /// Runs the command.
    ///
    /// ArgumentParser builds the options of a tree's default command for any arguments, which takes longer than the
    /// rest of the start. So only the command that the arguments name is parsed; the whole tree is built only if that
    /// fails, for its error messages.
    static func main() {
        if let complaint = UsageMessage.notUTF8 {
            writeWhole(complaint + "\n", to: STDERR_FILENO)
            endProgram(ExitCode.validationFailure.rawValue)
        }
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["--help"] || arguments == ["-h"] {
            writeWhole(helpMessage(for: Wstap.self) + "\n", to: STDOUT_FILENO)
            return
        }
        do {
            guard var command = try command(arguments) ?? parseAsRoot(arguments) as (any ParsableCommand)? else {
                return
            }
            try command.run()
        } catch {
            let code = exitCode(for: error)
            guard code != .success, !(error is ExitCode) else { exit(withError: error) }
            var text = UsageMessage.safe(fullMessage(for: error), quoting: arguments)
            if code == .validationFailure, let hint = Hint.usage(arguments) {
                text += "\nHint: " + TerminalText.safe(hint)
            }
            writeWhole(text + "\n", to: STDERR_FILENO)
            endProgram(code.rawValue)
        }
    }

    /// The command that the arguments name, or the default one; nil if it rejects them.
    private static func command(_ arguments: [String]) -> (any ParsableCommand)? {
        let rest = Array(arguments.dropFirst())
        return switch arguments.first {
        case nil, "help": nil
        case "read": parsed(ReadCommand.self, rest)
        case "live": parsed(LiveCommand.self, rest)
        case "interfaces": parsed(InterfacesCommand.self, rest)
        case "cut": parsed(CutCommand.self, rest)
        case "extract": parsed(ExtractCommand.self, rest)
        case "redact": parsed(RedactCommand.self, rest)
        default: parsed(ReadCommand.self, arguments)
        }
    }

    /// Parses one command; nil also for a request for help, which has to name the whole tree.
    private static func parsed<Command: ParsableCommand>(_: Command.Type, _ arguments: [String]) -> Command? {
        (try? Command.parseAsRoot(arguments)) as? Command
    }
}
