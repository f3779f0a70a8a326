import Foundation

/// A program that runs alongside the test, with its standard streams at named paths.
package struct Program: Sendable {
    private let process: pid_t

    /// Starts a program with the test's environment, without variables that would change its output.
    ///
    /// - Parameters:
    ///   - executable: Its path.
    ///   - arguments: Its arguments.
    ///   - environment: Variables to set in addition.
    ///   - input: The path of its standard input.
    ///   - output: The path of its standard output, which is truncated or created.
    ///   - errors: The path of its standard error, which is truncated or created.
    ///   - isNonBlocking: Whether its standard input and output are non-blocking, as other programs may leave them.
    /// - Throws: An error if it cannot be started.
    package init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null",
        output: String, errors: String, isNonBlocking: Bool = false
    ) throws {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let writing = O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY
        let blocking = isNonBlocking ? O_NONBLOCK : 0
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input, O_RDONLY | O_NOCTTY | blocking, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, writing | blocking, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, writing, 0o600)

        // A test runner may ignore signals that a shell's children do not, and its threads block them.
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var variables = ProcessInfo.processInfo.environment
        variables["NO_COLOR"] = nil
        variables["COLUMNS"] = nil
        variables.merge(environment) { $1 }
        let words = ([executable] + arguments).map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + settings { free(text) } }

        var process: pid_t = 0
        let failure = posix_spawn(&process, executable, &actions, &attributes, words, settings)
        guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EIO) }
        self.process = process
    }

    /// Its peak memory in bytes; nil if the system does not report it.
    package var peakMemory: Int? {
        let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }

    /// Its process number.
    package var identifier: Int32 { process }

    /// Sends it a signal; it must not have been waited for.
    package func send(_ signal: Int32) {
        kill(process, signal)
    }

    /// Waits for its end, once; returns its exit status, or 128 plus the number of the signal that ended it.
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }
}

extension Program {
    /// Whether it has ended; its status can still be requested.
    package var hasEnded: Bool {
        var state = siginfo_t()
        state.si_signo = 0
        let result = waitid(P_PID, id_t(identifier), &state, WEXITED | WNOHANG | WNOWAIT)
        return result == 0 && state.si_signo == SIGCHLD
    }

    /// Waits for its end, and kills it after this many seconds.
    ///
    /// - Returns: Its exit status, or 128 plus the number of the signal that ended it; nil if it had to be killed.
    package func wait(atMost seconds: Double) -> Int32? {
        let isOver = eventually(within: seconds) { hasEnded }
        if !isOver { send(SIGKILL) }
        let status = wait()
        return isOver ? status : nil
    }
}

extension POSIXError {
    /// The error of the system call that failed last.
    static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
