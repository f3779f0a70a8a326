import ArgumentParser
import CaptureAnalysis
import PacketCapture
import ParallelAnalysis
import TraceOutput
import WireFormat

/// What a live capture came to, once all is written.
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
    /// Says what there is to say on standard error, and which exit status it comes to.
    func conclude(_ outcome: LiveOutcome) throws {
        if outcome.isRecorderClosed { return }
        var hasFailed = false
        switch outcome.outputFailure {
        case .closedPipe where outcome.recorderProblem == nil: return
        case .failed(let words):
            complain(TerminalText.safe(words))
            hasFailed = true
        case .closedPipe, nil: break
        }
        if let problem = outcome.recorderProblem {
            complain(TerminalText.safe(problem))
            hasFailed = true
        }
        outcome.omissions.complain(isQuiet: output.quiet)
        if !output.quiet { tellTotals(outcome, isWhole: !hasFailed) }
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

    private func tellTotals(_ outcome: LiveOutcome, isWhole: Bool) {
        if isWhole, case .asked = outcome.ending,
            let words = NoWebSocketMessage(outcome.summary, packetsRead: outcome.packets)
        {
            complain(words.text)
        }
        let losses = outcome.summary.losses
        var words =
            "\(outcome.packets) packets captured, \(losses?.droppedByKernel ?? 0) dropped by the kernel, "
            + "\(losses?.droppedByInterface ?? 0) by the interface"
        if let lines = losses?.undisplayedLines, lines > 0 { words += "; \(lines) lines not shown" }
        complain(words)
    }
}

/// Tells on standard error what a live capture loses, while it does.
struct LossReport {
    private var told = CaptureLosses(droppedByKernel: 0, droppedByInterface: 0, undisplayedLines: 0)
    private var toldAt: UInt64?

    /// Nanoseconds between two lines.
    private static let interval: UInt64 = 10_000_000_000

    /// Tells what was lost since it was told last, unless that was just now, or standard error would have to be waited for.
    mutating func tell(_ losses: CaptureLosses) {
        let now = Clock.monotonic
        guard losses != told, now &- (toldAt ?? 0) >= Self.interval || toldAt == nil, isErrorWritable else { return }
        var parts: [String] = []
        if losses.droppedByKernel > told.droppedByKernel {
            parts.append("\(losses.droppedByKernel) packets dropped by the kernel (a larger --buffer-size may help)")
        }
        if losses.droppedByInterface > told.droppedByInterface {
            parts.append("\(losses.droppedByInterface) packets dropped by the interface")
        }
        if losses.undisplayedLines > told.undisplayedLines {
            parts.append("\(losses.undisplayedLines) lines not shown, since whoever reads them is too slow")
        }
        told = losses
        toldAt = now
        if !parts.isEmpty { complain("up to now: " + parts.joined(separator: "; ")) }
    }
}
