import ArgumentParser
import CaptureAnalysis
import CaptureCutting
import PacketCapture
import ParallelAnalysis
import TLSDecryption
import TraceOutput
import WireFormat

/// The files of a command that finds sessions and takes their packets, in one pass or two.
struct SessionInput {
    var files: [String]
    var packetFilter: String?
    var sessions = SessionFilter()
    var assumedServers: AssumedServers
    var secrets: SecretOptions
    var jobs: JobCount
    var messages: QuietOptions
    /// The program's memory.
    var memory = MemoryBudget.standard

    /// Packets between two updates of the progress line.
    private static let progressInterval: UInt64 = 1 << 14

    /// Finds the sessions.
    ///
    /// - Parameters:
    ///   - command: The command, for the complaint about input that can be read only once.
    ///   - details: What to keep of their connections.
    /// - Returns: Their connections, and the exit status for the state of the input.
    /// - Throws: If nothing can be read.
    func select(
        for command: String, keeping details: SelectedConnections.Details = []
    ) throws -> (SelectedConnections, ExitCode) {
        try refusePipes(for: command)
        let selected = SelectedConnections(keeping: details, commentBytes: memory.bytes / 10)
        let status = try read(into: SessionSelection(sessions, into: selected))
        reportOmissions(selected)
        return (selected, status)
    }

    /// Reports filters that matched nothing.
    func reportOmissions(_ selected: SelectedConnections) {
        var omissions = FilterOmissions()
        omissions.connectionCount = selected.sessionCount.all
        omissions.shownEvents = selected.sessionCount.wanted
        omissions.absentConnections = selected.absentConnections
        omissions.complain(isQuiet: messages.quiet)
    }

    /// Analyses the files for a receiver of events that prints nothing.
    ///
    /// - Returns: The exit status.
    /// - Throws: If nothing can be read.
    func read(into format: consuming some OutputFormat & ~Copyable, path: String? = nil) throws -> ExitCode {
        let run = try reading(to: path)
        do {
            try run.use(format, batch: EventBatch.init)
        } catch let status as ExitCode where status.rawValue == ExitStatus.partlyRead {
            return status
        }
        return .success
    }

    /// Reports what was wrong with the input, as after ``read(into:path:)``.
    ///
    /// - Returns: The exit status.
    /// - Throws: If nothing can be read.
    func conclude(_ pass: Pass, _ summary: Summary) throws -> ExitCode {
        do {
            try reading().conclude(pass.problems, summary, packetsRead: pass.packetCount)
        } catch let status as ExitCode where status.rawValue == ExitStatus.partlyRead {
            return status
        }
        return .success
    }

    private func reading(to path: String? = nil) throws -> ReadRun {
        var output = try OutputOptions.parse([])
        output.hidesProgress = messages.hidesProgress
        output.quiet = messages.quiet
        output.path = path
        return ReadRun(
            files: files, packetFilter: packetFilter, assumedServers: assumedServers, secrets: secrets,
            output: output, failureLevel: nil, jobs: jobs, memory: memory)
    }

    /// What a pass over all packets has found.
    struct Pass {
        /// What was wrong with the capture.
        var problems: [CaptureError]
        /// The secrets in it.
        var secrets: [CaptureSecrets]
        /// How many packets it has.
        var packetCount: UInt64
    }

    /// Goes through all packets.
    ///
    /// - Parameters:
    ///   - analysis: Must know the capture before its packets; nil if there is none.
    ///   - take: Called with each packet.
    /// - Returns: What it has found.
    /// - Throws: `ValidationError` if the filter is wrong.
    @discardableResult
    func eachPacket(
        for analysis: SelectingAnalysis? = nil,
        _ take: (borrowing CapturedPacket, _ options: [UInt8]?, borrowing MergedCapture) throws -> Void
    ) throws -> Pass {
        var capture: MergedCapture
        do throws(CaptureError) {
            capture = try MergedCapture(paths: files, filter: packetFilter, turns: 1, memory: memory)
        } catch {
            throw ValidationError(error.description)
        }
        var progress = ProgressLine(
            total: capture.byteCount, isWanted: !messages.hidesProgress && !messages.quiet)
        var shownAt: UInt64 = 0
        defer { progress?.clear() }
        try analysis?.begin(capture)
        while !Interruption.isRequested, capture.readBatch() {
            analysis?.takeSecrets(capture)
            for place in 0..<capture.batch.count {
                try take(capture.batch[place], PacketOptions.kept(in: capture.batch, at: place), capture)
            }
            if progress != nil, capture.packetCount &- shownAt >= Self.progressInterval {
                shownAt = capture.packetCount
                progress?.show(capture.bytesRead)
            }
        }
        if Interruption.isRequested {
            progress?.clear()
            Interruption.endUnfinished()
        }
        if capture.readableFileCount == 0 {
            for problem in capture.problems { complain(problem.description) }
            throw ExitCode(ExitStatus.nothingRead)
        }
        analysis?.takeSecrets(capture)
        return Pass(problems: capture.problems, secrets: capture.secrets, packetCount: capture.packetCount)
    }

    /// The options of a second pass, which must go exactly like the first.
    ///
    /// - Parameter holding: The bytes that a command may hold itself.
    /// - Returns: The options.
    /// - Throws: If a key log cannot be opened.
    func options(holding: Int = SessionSelection.heldByteCount) throws -> AnalysisOptions {
        let known = SecretsOfCapture(try secrets.open(), paths: files, areRegular: true)
        return options(known, holding: holding, windows: windowByteCount)
    }

    /// The options of an analysis that looks for sessions.
    ///
    /// - Parameters:
    ///   - known: The secrets.
    ///   - holding: The bytes that a command may hold itself.
    ///   - windows: The bytes that zstd windows take.
    /// - Returns: The options.
    func options(
        _ known: SecretsOfCapture, holding: Int = SessionSelection.heldByteCount, windows: Int
    ) -> AnalysisOptions {
        var options = AnalysisOptions(demand: .totals)
        options.sources = files
        options.assumedServers = assumedServers
        options.secrets = known.store
        options.limits = Limits(memory, format: holding, windows: windows)
        options.limits.sessionBytes = SessionSelection.sessionByteCount
        return options
    }

    /// The bytes that zstd windows take.
    private var windowByteCount: Int {
        // Opening a pipe to find out would lose the bytes read from it.
        guard !files.contains(where: Self.isPipe) else { return 0 }
        return (try? MergedCapture(paths: files, filter: nil, turns: 1, memory: memory))?.windowByteCount ?? 0
    }

    /// Whether a path exists and is neither a regular file nor a folder.
    private static func isPipe(_ file: String) -> Bool {
        var status = stat()
        return file == "-" || stat(file, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }

    /// Reports how many fragments a ``PacketQueue`` has left out.
    func report(abandonedFragments count: UInt64) {
        guard count > 0, !messages.quiet else { return }
        complain("\(count) fragments of datagrams that are never complete are left out")
    }

    /// Rejects input that cannot be read twice.
    private func refusePipes(for command: String) throws {
        for file in files where Self.isPipe(file) {
            let advice = file == "-" ? "give the file by its name" : "\(file) must be a regular file"
            throw ValidationError("\(command) reads its input more than once: \(advice)")
        }
    }

    /// Rejects an output that is an input.
    func refuse(output path: String?, option: String = "-o") throws {
        try secrets.refuse(output: path, option: option, inputs: files)
    }
}

/// Discards the events of an analysis that only follows packets.
struct NoEvents: EventSink {
    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {}
}
