import ArgumentParser

/// The command line: one subcommand a file; reading captures is the default.
@main
struct Wstap: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wstap",
        abstract: "Every WebSocket frame of a packet capture: what went over the socket, and why it ended.",
        discussion: """
            wstap FILE...                 the timeline of one or more captures ("-" is standard input)
            wstap FILE --format jsonl     the same as a trace for other tools, one JSON object a line
            wstap FILE --format summary   totals, sessions and findings on a page
            wstap live -i eth0            the same of an interface, as packets come; wstap interfaces lists them

            Exit status: 0 done; 1 the input was cut or partly unreadable; 2 nothing could be read, or no permission to \
            capture; 3 findings at or above --fail-on; 64 wrong usage.
            """,
        version: version,
        subcommands: [ReadCommand.self, LiveCommand.self, InterfacesCommand.self],
        defaultSubcommand: ReadCommand.self)

    /// The program's version.
    static let version = "0.1.0"

    /// Runs what the command line asks for.
    ///
    /// ArgumentParser builds the options of a tree's default command whatever is asked for, which takes longer than all
    /// else at the start. So the command at hand is parsed alone; the tree is asked when that fails, and has the words
    /// for what is wrong.
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["--help"] || arguments == ["-h"] {
            print(helpMessage(for: Wstap.self))
            return
        }
        guard var command = command(arguments) else { return main(arguments) }
        do {
            try command.run()
        } catch {
            exit(withError: error)
        }
    }

    /// The command that the arguments name, or else the default one; nothing unless it takes all of them.
    private static func command(_ arguments: [String]) -> (any ParsableCommand)? {
        let rest = Array(arguments.dropFirst())
        return switch arguments.first {
        case nil, "help": nil
        case "read": parsed(ReadCommand.self, rest)
        case "live": parsed(LiveCommand.self, rest)
        case "interfaces": parsed(InterfacesCommand.self, rest)
        default: parsed(ReadCommand.self, arguments)
        }
    }

    /// What comes back may also be a request for help, which has to name the whole tree.
    private static func parsed<Command: ParsableCommand>(_: Command.Type, _ arguments: [String]) -> Command? {
        (try? Command.parseAsRoot(arguments)) as? Command
    }
}
