import PacketCapture

#if canImport(Darwin)
    @_exported import Darwin
#elseif canImport(Musl)
    @_exported import Musl
#else
    @_exported import Glibc
#endif

/// The system's `write`, for types that have a method of the same name.
func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Darwin)
        Darwin.write(descriptor, bytes, count)
    #elseif canImport(Musl)
        Musl.write(descriptor, bytes, count)
    #else
        Glibc.write(descriptor, bytes, count)
    #endif
}

/// Writes a whole text, however long that takes.
///
/// - Returns: The error number if it cannot be written, otherwise 0.
@discardableResult
func writeWhole(_ text: String, to descriptor: Int32) -> Int32 {
    Array(text.utf8).withUnsafeBytes { writeWhole($0, to: descriptor) }
}

/// Writes all bytes, however long that takes.
///
/// - Returns: The error number if they cannot be written, otherwise 0.
func writeWhole(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var written = 0
    while written < bytes.count {
        let count = write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
        if count >= 0 {
            written += count
        } else if errno == EAGAIN {
            Readiness.waitToWrite(descriptor)
        } else if errno != EINTR {
            return errno
        }
    }
    return 0
}

/// The system's `open`, for types that have a method of the same name; everybody may read and write a new file, as far
/// as the umask allows, unless another mode is given.
func openForWriting(_ path: String, flags: Int32, mode: mode_t = 0o666) -> Int32 {
    #if canImport(Darwin)
        Darwin.open(path, flags, mode)
    #elseif canImport(Musl)
        Musl.open(path, flags, mode)
    #else
        Glibc.open(path, flags, mode)
    #endif
}

/// Ends the program; for types that have a method called `exit`.
func endProgram(_ status: Int32) -> Never { exit(status) }

/// Signals and how to handle them.
enum Signals {
    /// Those that ask a program to end.
    static let ending = [SIGINT, SIGTERM, SIGHUP]

    /// Whether the parent wants a signal ignored.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #elseif canImport(Musl)
            let handler = action.__sa_handler.sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Installs a handler; waiting system calls return early.
    static func handle(_ number: Int32, _ handler: @convention(c) @escaping (Int32) -> Void) {
        var action = sigaction()
        #if canImport(Darwin)
            action.__sigaction_u.__sa_handler = handler
        #elseif canImport(Musl)
            action.__sa_handler.sa_handler = handler
        #else
            action.__sigaction_handler.sa_handler = handler
        #endif
        sigaction(number, &action, nil)
    }

    /// Ends the program as this signal does by default, so that its parent sees why.
    ///
    /// The first process of a container, which such signals do not end, exits with the status that a shell would
    /// report. May be called by a signal handler.
    static func endProgram(by number: Int32) -> Never {
        signal(number, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(number)
        _exit(128 + number)
    }

    /// Unblocks the ending signals, which the parent may have blocked.
    static func unblockEnding() {
        var set = sigset_t()
        sigemptyset(&set)
        for number in ending { sigaddset(&set, number) }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Runs `body` with the ending signals blocked, so that threads it starts do not receive them.
    static func withEndingBlocked<Result>(_ body: () throws -> Result) rethrows -> Result {
        var set = sigset_t()
        var previous = sigset_t()
        sigemptyset(&set)
        for number in ending { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
        return try body()
    }
}
