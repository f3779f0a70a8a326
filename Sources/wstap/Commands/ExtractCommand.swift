import ArgumentParser
import CaptureAnalysis
import TraceOutput

/// `wstap extract`: each message as a file.
struct ExtractCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Save each message as a file.",
        discussion: """
            wstap extract chat.pcap --from server -o messages

            The files' names are connection, number, sender and opcode, with an extension by content: \
            1-000017-server-text.json. index.jsonl has a line for each message: file, session, time, packet, length and \
            SHA-256.
            """)

    @Argument(
        help: ArgumentHelp("A pcap or pcapng file, or \"-\" for standard input.", valueName: "file"),
        completion: .file())
    var files: [String]

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("A new or empty folder.", valueName: "folder"), completion: .directory)
    var path: String

    @Option(help: ArgumentHelp("Save at most this many messages.", valueName: "n"))
    var maxMessages: UInt64 = 100_000

    @OptionGroup(title: "Filters")
    var filter: FilterOptions

    @OptionGroup(title: "Detection")
    var detection: DetectionOptions

    @OptionGroup(title: "Decryption")
    var secrets: SecretOptions

    @OptionGroup(title: "Bounds")
    var bounds: MemoryOptions

    @OptionGroup(title: "Messages")
    var messages: QuietOptions

    func validate() throws {
        guard path != "-" else {
            throw ValidationError("messages are files in a folder: -o needs its name, not \"-\"")
        }
    }

    func run() throws {
        let input = SessionInput(
            files: files, packetFilter: filter.packetFilter, assumedServers: detection.servers, secrets: secrets,
            jobs: .processors, messages: messages, memory: bounds.budget)
        let events = filter.eventFilter()
        // A wrong pattern should be reported before a folder is created.
        let folder = MessageFolder(path: path)
        let format = MessageFilesFormat(store: folder, limit: maxMessages)
        var status = events.isEmpty ? try save(format, of: input) : try save(events.before(format), of: input)
        if let problem = folder.problem {
            complain(TerminalText.safe(problem))
            throw ExitCode(ExitStatus.nothingRead)
        }
        if hasOmissions(folder) { status = ExitCode(ExitStatus.partlyRead) }
        if !messages.quiet {
            let count = folder.fileCount
            complain(TerminalText.safe("\(count) message\(count == 1 ? "" : "s") written to \(path)"))
        }
        if status != .success { throw status }
    }

    /// Reads the input into a format that writes to the folder.
    private func save(_ format: consuming some OutputFormat & ~Copyable, of input: SessionInput) throws -> ExitCode {
        let target = try OutputFolder(path)
        defer { target.removeIfNewAndEmpty() }
        return try input.read(into: format, path: "\(path)/index.jsonl")
    }

    /// Says what is not in the folder, and whether that is anything.
    private func hasOmissions(_ folder: MessageFolder) -> Bool {
        if folder.messagesBeyondLimit > 0 {
            complain(
                "\(folder.messagesBeyondLimit) messages are left out: there are more than --max-messages \(maxMessages)"
            )
        }
        if folder.truncatedMessages > 0 {
            complain(
                "\(folder.truncatedMessages) of the messages are longer than what is kept of one; "
                    + "their files hold the beginning: see --memory")
        }
        return folder.messagesBeyondLimit > 0 || folder.truncatedMessages > 0
    }
}
