import PacketCapture
import ParallelAnalysis

/// Ctrl-C while captures are read: the first ends the reading as if the captures ended there, the second ends the
/// program.
enum Interruption {
    /// Whether reading should end.
    static var isRequested: Bool { ReadingInterruption.isRequested }

    /// Installs the signal handlers; signals that the parent wants ignored stay ignored.
    ///
    /// - Parameter endsCapture: Whether only a signal ends the capture. Then only SIGHUP may be ignored, although
    ///   shells without job control ignore SIGINT for background processes, and no signal is blocked.
    static func prepare(endsCapture: Bool = false) {
        // The handler must not be its first user.
        _ = isRequested
        guard endsCapture else {
            return EndingSignals.handle(unless: Signals.isIgnored) { _ in ReadingInterruption.request() }
        }
        Signals.unblockEnding()
        EndingSignals.handle(unless: { $0 == SIGHUP && Signals.isIgnored($0) }) { _ in ReadingInterruption.request() }
    }

    /// Ends the program with the signal that asked for it.
    static func endProgram() -> Never { EndingSignals.endProgram() }

    /// Ends the program likewise, and removes unfinished files.
    static func endUnfinished() -> Never {
        OutputFile.removeUnfinished()
        endProgram()
    }
}
