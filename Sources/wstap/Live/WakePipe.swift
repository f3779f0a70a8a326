/// The writing end of the pipe that signal handlers write to; -1 before there is one.
nonisolated(unsafe) private var signalDescriptor: Int32 = -1

/// Wakes the loop of a live capture from poll(2), after a signal or when another thread has news.
///
/// The first SIGINT, SIGTERM or SIGHUP asks for an orderly end; another ends the program at once.
struct WakePipe {
    /// Readable when there is news.
    let descriptor: Int32
    private let writing: Int32

    /// Creates the pipe and installs the signal handlers.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        (descriptor, writing) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        signalDescriptor = writing
        Signals.unblockEnding()
        EndingSignals.handle(unless: WakePipe.isUnwanted) { number in
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(signalDescriptor, &byte, 1)
        }
    }

    /// Wakes the loop.
    func wake() {
        var byte: UInt8 = 0
        _ = write(writing, &byte, 1)
    }

    /// Empties the pipe; returns whether there was a signal.
    func takeSignal() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 64)
        var hasSignal = false
        while true {
            let count = read(descriptor, &bytes, bytes.count)
            guard count > 0 else { return hasSignal }
            hasSignal = hasSignal || bytes[..<count].contains { $0 != 0 }
        }
    }

    /// Whether the parent wants a signal ignored: SIGHUP, as nohup does.
    ///
    /// Shells without job control also ignore SIGINT for background processes, but here it is what ends a capture.
    private static func isUnwanted(_ number: Int32) -> Bool { number == SIGHUP && Signals.isIgnored(number) }
}
