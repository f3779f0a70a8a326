import ArgumentParser
import CaptureAnalysis
import PacketCapture
import ParallelAnalysis
import TraceOutput
import WireFormat

/// The result of a live capture, once everything is written.
struct LiveOutcome {
    var ending: LiveLoop.Ending
    var statistics: LiveStatistics
    var summary: Summary
    var packets: UInt64
    var outputFailure: OutputFile.Failure?
    var recorderProblem: String?
    var isRecorderClosed: Bool
    var omissions: FilterOmissions
}

extension LiveRun {
    /// Reports problems and totals on standard error; throws the exit status.
    func conclude(_ outcome: LiveOutcome) throws {
        if outcome.isRecorderClosed { return }
        var hasFailed = false
        switch outcome.outputFailure {
        case .closedPipe where outcome.recorderProblem == nil: return
        case .failed(let message):
            complain(TerminalText.safe(message))
            hasFailed = true
        case .closedPipe, nil: break
        }
        if let problem = outcome.recorderProblem {
            complain(TerminalText.safe(problem))
            hasFailed = true
        }
        outcome.omissions.complain(isQuiet: output.quiet)
        if !output.quiet { reportTotals(outcome, isWhole: !hasFailed) }
        if hasFailed { throw ExitCode(ExitStatus.nothingRead) }
        switch outcome.ending {
        case .interface(let error):
            complain(TerminalText.safe(error.description))
            throw ExitCode(ExitStatus.partlyRead)
        case .linkType(let linkType):
            complain("link type \(linkType.rawValue) (\(linkType.name)) is not supported")
            throw ExitCode(ExitStatus.nothingRead)
        case .asked, .output: break
        }
        if failureLevel?.isReached(outcome.summary) == true { throw ExitCode(ExitStatus.findings) }
    }

    private func reportTotals(_ outcome: LiveOutcome, isWhole: Bool) {
        if isWhole, case .asked = outcome.ending,
            let message = NoWebSocketMessage(
                outcome.summary, packetsRead: outcome.packets, hasKeyLog: !secrets.keyLogs.isEmpty)
        {
            complain(message.text)
        }
        let losses = outcome.summary.losses
        var totals =
            "\(outcome.packets) packets captured, \(losses?.droppedByKernel ?? 0) dropped by the kernel, "
            + "\(losses?.droppedByInterface ?? 0) by the interface"
        if let lines = losses?.undisplayedLines, lines > 0 { totals += "; \(lines) lines not shown" }
        complain(totals)
    }
}

/// Reports on standard error what a live capture loses while it runs.
struct LossReport {
    private var reported = CaptureLosses(droppedByKernel: 0, droppedByInterface: 0, undisplayedLines: 0)
    private var reportedAt: UInt64?

    /// Nanoseconds between two lines.
    private static let interval: UInt64 = 10_000_000_000

    /// Reports new losses, unless it has just reported some or standard error would block.
    mutating func report(_ losses: CaptureLosses) {
        let now = Clock.monotonic
        guard losses != reported, now &- (reportedAt ?? 0) >= Self.interval || reportedAt == nil, isErrorWritable else {
            return
        }
        var parts: [String] = []
        if losses.droppedByKernel > reported.droppedByKernel {
            parts.append("\(losses.droppedByKernel) packets dropped by the kernel (a larger --buffer-size may help)")
        }
        if losses.droppedByInterface > reported.droppedByInterface {
            parts.append("\(losses.droppedByInterface) packets dropped by the interface")
        }
        if losses.undisplayedLines > reported.undisplayedLines {
            parts.append("\(losses.undisplayedLines) lines not shown because the reader is too slow")
        }
        reported = losses
        reportedAt = now
        if !parts.isEmpty { complain("so far: " + parts.joined(separator: "; ")) }
    }
}
