import PacketCapture
import ParallelAnalysis

/// The signal that asked for the end of reading.
nonisolated(unsafe) private var signalNumber: Int32 = 0
/// When it came, in nanoseconds.
nonisolated(unsafe) private var signalTime: UInt64 = 0

/// Ctrl-C while captures are read: the first ends the reading as if the captures ended there, the second ends the program.
enum Interruption {
    /// Whether reading is to end.
    static var isRequested: Bool { ReadingInterruption.isRequested }

    /// Installs the signal handlers; signals that the parent wants ignored stay ignored.
    static func prepare() {
        _ = (isRequested, signalNumber, signalTime)
        for number in Signals.ending where !Signals.isIgnored(number) {
            Signals.handle(number, once: false) { number in
                guard ReadingInterruption.isRequested else {
                    (signalNumber, signalTime) = (number, Clock.monotonic)
                    return ReadingInterruption.request()
                }
                // timeout(1), among others, sends a signal to a program and to its group.
                guard Clock.monotonic &- signalTime > 200_000_000 else { return }
                OutputFile.removeUnfinished()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    /// Ends the program by the signal that asked for it, so that whoever started it knows.
    static func endProgram() {
        signal(signalNumber, SIG_DFL)
        raise(signalNumber)
    }
}
