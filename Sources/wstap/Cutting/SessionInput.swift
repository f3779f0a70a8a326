import ArgumentParser
import CaptureAnalysis
import CaptureCutting
import PacketCapture
import ParallelAnalysis
import TLSDecryption
import TraceOutput
import WireFormat

/// The files of a command that reads them twice: first to find the sessions, then for their packets.
struct SessionInput {
    var files: [String]
    var packetFilter: String?
    var sessions = SessionFilter()
    var assumedServers: AssumedServers
    var secrets: SecretOptions
    var jobs: JobCount
    var messages: QuietOptions

    /// Packets between two updates of the progress line.
    private static let progressInterval: UInt64 = 1 << 14

    /// Finds the sessions.
    ///
    /// - Parameters:
    ///   - command: The command, for the complaint about input that can be read only once.
    ///   - details: What to keep of their connections.
    /// - Returns: Their connections, and the exit status that the input's state calls for.
    /// - Throws: If nothing can be read.
    func select(
        for command: String, keeping details: SelectedConnections.Details = []
    ) throws -> (SelectedConnections, ExitCode) {
        try refusePipes(for: command)
        let selected = SelectedConnections(keeping: details)
        let status = try read(into: SessionSelection(sessions, into: selected))
        var omissions = FilterOmissions()
        omissions.connectionCount = selected.sessionCount.all
        omissions.shownEvents = selected.sessionCount.wanted
        omissions.absentConnections = selected.absentConnections
        omissions.complain(isQuiet: messages.quiet)
        return (selected, status)
    }

    /// Finds the connections that are surely something else than WebSocket, on one thread.
    ///
    /// - Parameter command: The command, for the complaint about input that can be read only once.
    /// - Returns: All others.
    /// - Throws: If nothing can be read.
    func excludeOthers(for command: String) throws -> SelectedConnections {
        try refusePipes(for: command)
        let selected = SelectedConnections()
        var selection = SessionSelection(SessionFilter(), into: selected)
        var options = try options()
        options.collectsOthers = true
        var pipeline = Pipeline(options: options)
        _ = try eachPacket { packet, _ in pipeline.receive(packet, into: &selection) }
        pipeline.finish(into: &selection)
        selected.others = Set(pipeline.othersForSure)
        return selected
    }

    /// Analyses the files for a receiver of events that prints nothing.
    ///
    /// - Returns: The exit status.
    /// - Throws: If nothing can be read.
    func read(into format: consuming some OutputFormat & ~Copyable, path: String? = nil) throws -> ExitCode {
        var output = try OutputOptions.parse([])
        output.hidesProgress = messages.hidesProgress
        output.quiet = messages.quiet
        output.path = path
        let run = ReadRun(
            files: files, packetFilter: packetFilter, assumedServers: assumedServers, secrets: secrets,
            output: output, failureLevel: nil, jobs: jobs)
        do {
            try run.use(format, batch: EventBatch.init)
        } catch let status as ExitCode where status.rawValue == ExitStatus.partlyRead {
            return status
        }
        return .success
    }

    /// Goes through all packets.
    ///
    /// - Parameter take: Called with each packet.
    /// - Returns: Which problems the capture had, and the secrets in it.
    /// - Throws: `ValidationError` if the filter is wrong.
    func eachPacket(_ take: (borrowing CapturedPacket, borrowing MergedCapture) throws -> Void) throws
        -> (problems: [CaptureError], secrets: [CaptureSecrets])
    {
        var capture: MergedCapture
        do throws(CaptureError) {
            capture = try MergedCapture(paths: files, filter: packetFilter)
        } catch {
            throw ValidationError(error.description)
        }
        var progress = ProgressLine(
            total: capture.byteCount, isWanted: !messages.hidesProgress && !messages.quiet)
        var shownAt: UInt64 = 0
        defer { progress?.clear() }
        while !Interruption.isRequested, capture.readBatch() {
            for place in 0..<capture.batch.count { try take(capture.batch[place], capture) }
            if progress != nil, capture.packetCount &- shownAt >= Self.progressInterval {
                shownAt = capture.packetCount
                progress?.show(capture.bytesRead)
            }
        }
        if Interruption.isRequested {
            progress?.clear()
            OutputFile.removeUnfinished()
            Interruption.endProgram()
        }
        if capture.readableFileCount == 0 {
            for problem in capture.problems { complain(problem.description) }
            throw ExitCode(ExitStatus.nothingRead)
        }
        return (capture.problems, capture.secrets)
    }

    /// The options of the second pass: it goes exactly like the first.
    ///
    /// - Throws: If a key log cannot be opened.
    func options() throws -> AnalysisOptions {
        let known = SecretsOfCapture(try secrets.open(), paths: files, areRegular: true)
        var options = AnalysisOptions(demand: .totals)
        options.sources = files
        options.assumedServers = assumedServers
        options.secrets = known.store
        return options
    }

    /// Says how many fragments a ``PacketQueue`` has left out.
    func report(abandonedFragments count: UInt64) {
        guard count > 0, !messages.quiet else { return }
        complain("\(count) fragments of datagrams that are never complete are left out")
    }

    /// Refuses what cannot be read twice.
    private func refusePipes(for command: String) throws {
        for file in files {
            var status = stat()
            guard file == "-" || stat(file, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
            else {
                continue
            }
            throw ValidationError(
                "\(command) reads its input twice, so \(file == "-" ? "standard input" : file) must be a regular file")
        }
    }

    /// Refuses an output that is an input.
    func refuse(output path: String?, option: String = "-o") throws {
        try secrets.refuse(output: path, option: option, inputs: files)
    }
}

/// Receives the events of an analysis that only follows packets.
struct NoEvents: EventSink {
    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {}
}
