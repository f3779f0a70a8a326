import PacketCapture

/// Ctrl-C while captures are read: the first ends the reading as if the captures ended there, the second ends the program.
enum Interruption {
    /// Whether reading is to end.
    static var isRequested: Bool { ReadingInterruption.isRequested }

    /// Installs the signal handlers; signals that the parent wants ignored stay ignored.
    static func prepare() {
        // The handler must not be the first to use it.
        _ = isRequested
        EndingSignals.handle(unless: Signals.isIgnored) { _ in ReadingInterruption.request() }
    }

    /// Ends the program by the signal that asked for it.
    static func endProgram() -> Never { EndingSignals.endProgram() }
}
