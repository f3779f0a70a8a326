import ParallelAnalysis

/// The signal that asked for the end; 0 before it.
nonisolated(unsafe) private var firstSignal: Int32 = 0
/// When it came, in nanoseconds.
nonisolated(unsafe) private var firstTime: UInt64 = 0
/// Whether even the first signal ends the program.
nonisolated(unsafe) private var isEnding = false
/// What the first signal does.
nonisolated(unsafe) private var takeFirst: @convention(c) (Int32) -> Void = { _ in }

/// SIGINT, SIGTERM and SIGHUP: the first asks for an orderly end, the next ends the program as the system does by
/// default.
enum EndingSignals {
    /// Nanoseconds within which signals count as one: timeout(1), for example, signals a program and then its group.
    private static let echo: UInt64 = 200_000_000

    /// Installs the handlers.
    ///
    /// - Parameters:
    ///   - isUnwanted: Whether the parent wants a signal ignored, and that counts.
    ///   - first: Called by a signal handler with the first signal.
    static func handle(
        unless isUnwanted: (Int32) -> Bool, first: @convention(c) @escaping (Int32) -> Void
    ) {
        takeFirst = first
        for number in Signals.ending where !isUnwanted(number) {
            Signals.handle(number) { number in
                let code = errno
                EndingSignals.take(number)
                errno = code
            }
        }
    }

    /// From now on even the first signal ends the program.
    static func endAtOnce() { isEnding = true }

    /// Ends the program with the signal that asked for it.
    static func endProgram() -> Never { Signals.endProgram(by: firstSignal) }

    private static func take(_ number: Int32) {
        let now = Clock.monotonic
        if firstSignal == 0, !isEnding {
            (firstSignal, firstTime) = (number, now)
            takeFirst(number)
        } else if firstSignal == 0 || now &- firstTime > echo {
            OutputFile.removeUnfinished()
            Signals.endProgram(by: number)
        }
    }
}
