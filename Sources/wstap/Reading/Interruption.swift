import PacketCapture
import ParallelAnalysis

/// Ctrl-C while captures are read: the first ends the reading as if the captures ended there, the second ends the
/// program.
enum Interruption {
    /// Whether reading is to end.
    static var isRequested: Bool { ReadingInterruption.isRequested }

    /// Installs the signal handlers; signals that the parent wants ignored stay ignored.
    ///
    /// - Parameter endsCapture: Whether a signal is the only end of the capture: then only SIGHUP may be ignored,
    ///   though shells without job control ignore SIGINT for background processes, and none is blocked.
    static func prepare(endsCapture: Bool = false) {
        // The handler must not be the first to use it.
        _ = isRequested
        guard endsCapture else {
            return EndingSignals.handle(unless: Signals.isIgnored) { _ in ReadingInterruption.request() }
        }
        Signals.unblockEnding()
        EndingSignals.handle(unless: { $0 == SIGHUP && Signals.isIgnored($0) }) { _ in ReadingInterruption.request() }
    }

    /// Ends the program by the signal that asked for it.
    static func endProgram() -> Never { EndingSignals.endProgram() }

    /// The same, and leaves no unfinished file.
    static func endUnfinished() -> Never {
        OutputFile.removeUnfinished()
        endProgram()
    }
}
