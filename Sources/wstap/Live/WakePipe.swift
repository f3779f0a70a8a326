/// The writing end of the pipe that signal handlers write to; -1 before there is one.
nonisolated(unsafe) private var signalDescriptor: Int32 = -1

/// Wakes the loop of a live capture from poll(2), after a signal or when another thread has news.
///
/// The first SIGINT, SIGTERM or SIGHUP asks for an orderly end; the same signal again ends the program at once, as is the
/// system's default.
struct WakePipe {
    /// Readable when there is news.
    let descriptor: Int32
    private let writing: Int32

    /// Signals that ask for the end.
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

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
        // The parent may have blocked them.
        var set = sigset_t()
        sigemptyset(&set)
        for number in WakePipe.signals { sigaddset(&set, number) }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        for number in WakePipe.signals {
            var action = sigaction()
            guard sigaction(number, nil, &action) == 0, !WakePipe.isUnwanted(number, action) else { continue }
            action = sigaction()
            WakePipe.set(&action) { number in
                let code = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(signalDescriptor, &byte, 1)
                errno = code
            }
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            sigaction(number, &action, nil)
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

    /// Runs `body` with these signals blocked, so that threads it starts do not receive them.
    static func withSignalsBlocked<Result>(_ body: () -> Result) -> Result {
        var set = sigset_t()
        var previous = sigset_t()
        sigemptyset(&set)
        for number in signals { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        return body()
    }

    /// Restores the default: these signals end the program at once.
    static func restoreSignals() {
        for number in signals {
            var action = sigaction()
            guard sigaction(number, nil, &action) == 0, !isUnwanted(number, action) else { continue }
            signal(number, SIG_DFL)
        }
    }

    /// Whether the parent wants a signal ignored: SIGHUP, as nohup does.
    ///
    /// Shells without job control also ignore SIGINT for background processes, but here it is what ends a capture.
    private static func isUnwanted(_ number: Int32, _ action: sigaction) -> Bool {
        guard number == SIGHUP else { return false }
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #elseif canImport(Musl)
            let handler = action.__sa_handler.sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func set(_ action: inout sigaction, _ handler: @convention(c) @escaping (Int32) -> Void) {
        #if canImport(Darwin)
            action.__sigaction_u.__sa_handler = handler
        #elseif canImport(Musl)
            action.__sa_handler.sa_handler = handler
        #else
            action.__sigaction_handler.sa_handler = handler
        #endif
    }
}
