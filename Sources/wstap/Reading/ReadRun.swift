import ArgumentParser
import CHeap
import CaptureAnalysis
import PacketCapture
import ParallelAnalysis
import TraceOutput
import WebSocketProtocol
import WireFormat

/// A run of `wstap read`, from the first packet to the exit status.
struct ReadRun: FormatUser {
    var files: [String]
    /// Whether the files are still being written.
    var follows = false
    var packetFilter: String?
    var assumedServers: AssumedServers
    var secrets: SecretOptions
    var output: OutputOptions
    var failureLevel: FailureLevel?
    var jobs: JobCount
    var memory = MemoryBudget.standard

    /// Packets between two updates of the progress line.
    private static let progressInterval: UInt64 = 1 << 14

    /// Reads everything into a format and writes its output.
    ///
    /// - Throws: `ExitCode` for every status but 0.
    func use<Format: OutputFormat & ~Copyable, Batch: OutputBatch & ~Copyable>(
        _ format: consuming Format, batch: () -> Batch
    ) throws {
        try secrets.refuse(output: output.path, inputs: files)
        Interruption.prepare(endsCapture: follows)
        let following = follows ? Following(files, output) : nil
        var capture = try open(following)
        if Interruption.isRequested { Interruption.endProgram() }
        guard follows || capture.readableFileCount > 0 else {
            report(capture.problems)
            throw ExitCode(ExitStatus.nothingRead)
        }
        var known = SecretsOfCapture(
            try secrets.open(isQuiet: output.quiet, mayGrow: follows), paths: files,
            areRegular: capture.byteCount != nil, following: follows, isQuiet: output.quiet)
        let summary: Summary
        do throws(OutputFile.Failure) {
            let file = try OutputFile(path: output.path, isNamed: Format.writesFile, isGrowing: follows)
            following?.watch(file.descriptor)
            var options = AnalysisOptions(
                for: format, sources: files, assuming: assumedServers, secrets: known.store,
                memory: memory, windows: capture.windowByteCount)
            options.whole = CaptureSpan(of: capture)
            let writer = EventWriter(format, to: file)
            let omissions: FilterOmissions
            // From a pipe, events are printed as soon as their packets arrive.
            let threads = jobs.count(forBytes: capture.byteCount)
            if threads > 1, !capture.isLive {
                heap_share()
                var analysis = ThreadedAnalysis(options, CrewSize(jobs: threads, memory: memory), writer, batch: batch)
                (summary, omissions) = try pass(&capture, through: &analysis, &known)
            } else {
                var analysis = DirectAnalysis(options, writer)
                (summary, omissions) = try pass(&capture, through: &analysis, &known)
            }
            omissions.complain(isQuiet: output.quiet)
        } catch {
            switch error {
            case .closedPipe: return
            case .failed where Interruption.isRequested && errno == EINTR: Interruption.endProgram()
            case .failed(let message):
                complain(TerminalText.safe(message))
                throw ExitCode(ExitStatus.nothingRead)
            }
        }
        if Interruption.isRequested, !follows {
            complain("interrupted after \(capture.packetCount) packets")
            Interruption.endProgram()
        }
        try conclude(capture.problems, summary, packetsRead: capture.packetCount)
        if following?.hasProblem == true { throw ExitCode(ExitStatus.partlyRead) }
    }

    /// Analyses all packets, and shows the progress.
    private func pass(
        _ capture: inout MergedCapture, through analysis: inout some FileAnalysis & ~Copyable,
        _ secrets: inout SecretsOfCapture
    ) throws(OutputFile.Failure) -> (Summary, FilterOmissions) {
        let wantsProgress = !output.hidesProgress && !output.quiet && !follows
        var progress = ProgressLine(total: capture.byteCount, isWanted: wantsProgress)
        var shownAt: UInt64 = 0
        while !Interruption.isRequested, capture.readBatch() {
            secrets.take(capture)
            guard try analysis.receive(&capture) else { break }
            if progress != nil, capture.packetCount &- shownAt >= ReadRun.progressInterval {
                shownAt = capture.packetCount
                progress?.show(capture.bytesRead)
            }
        }
        secrets.take(capture)
        progress?.clear()
        return try analysis.finish()
    }

    private func open(_ following: Following?) throws -> MergedCapture {
        do throws(CaptureError) {
            if let following {
                return try MergedCapture(
                    following: following.follower, names: files, filter: packetFilter, memory: memory)
            }
            return try MergedCapture(
                paths: files, filter: packetFilter, turns: jobs.count > 1 ? CrewSize.turns : 1, memory: memory
            )
        } catch {
            let hint = packetFilter.flatMap(Hint.filter).map { "\n" + $0 } ?? ""
            throw ValidationError(error.description + hint)
        }
    }

    private func report(_ problems: [CaptureError]) {
        for problem in problems { complain(problem.description) }
        let missing = files.filter { $0 != "-" && access($0, F_OK) != 0 }
        if let hint = Hint.missing(missing, firstOf: files) { complain(TerminalText.safe(hint)) }
    }

    /// Reports problems on standard error; throws the exit status.
    func conclude(_ problems: [CaptureError], _ summary: Summary, packetsRead: UInt64) throws {
        report(problems)
        for linkType in summary.unsupportedLinkTypes {
            complain("link type \(linkType.rawValue) (\(linkType.name)) is not supported")
        }
        if problems.isEmpty, summary.unsupportedLinkTypes.isEmpty, !output.quiet,
            let message = NoWebSocketMessage(
                summary, packetsRead: packetsRead,
                hasKeyLog: !secrets.keyLogs.isEmpty)
        {
            complain(message.text)
        } else if !output.quiet, let text = EncryptedMessage.text(summary.encrypted) {
            complain(text)
        }
        guard summary.unsupportedLinkTypes.isEmpty || summary.unreadablePackets < summary.packets else {
            throw ExitCode(ExitStatus.nothingRead)
        }
        if !problems.isEmpty || !summary.unsupportedLinkTypes.isEmpty { throw ExitCode(ExitStatus.partlyRead) }
        if failureLevel?.isReached(summary) == true { throw ExitCode(ExitStatus.findings) }
    }
}

extension CaptureSpan {
    /// The whole that a capture's files are parts of, if they say so.
    init?(of capture: borrowing MergedCapture) {
        guard let part = capture.part else { return nil }
        self.init(start: part.first, end: part.last, lastPacket: part.keepsNumbers ? part.packetCount : nil)
    }
}
