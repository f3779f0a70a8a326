#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The process and the machine around it.
enum Surroundings {
    /// The error of privileges that could not be dropped.
    struct StillRoot: Error, CustomStringConvertible {
        let description = "cannot give up root's rights"
    }

    static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// Writes a line to standard error.
    static func say(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = write(2, line, line.count)
    }

    /// Ends the process, and the capture that it started.
    static func quit(status: Int32) -> Never {
        CaptureProcess.end()
        exit(status)
    }

    /// Lets signals end this process, and the capture that it will start, even if its parent process blocked them.
    static func acceptSignals() {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    static func waitForever() -> Never {
        while true { pause() }
    }

    /// Continues as the user who called sudo, else as nobody, if this process is root's.
    ///
    /// This cannot be undone; the kernel removes all capabilities.
    ///
    /// - Throws: ``StillRoot``.
    static func giveUpRoot() throws {
        guard geteuid() == 0 else { return }
        let user = variable("SUDO_UID").flatMap { uid_t($0) } ?? 0
        let group = variable("SUDO_GID").flatMap { gid_t($0) } ?? 0
        let nobody: UInt32 = 65534
        guard setgroups(0, nil) == 0, setgid(group == 0 ? nobody : group) == 0, setuid(user == 0 ? nobody : user) == 0,
            setuid(0) != 0
        else { throw StillRoot() }
    }
}
