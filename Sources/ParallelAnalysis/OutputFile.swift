import TraceOutput

/// Where the output goes: standard output, or a file that appears whole or not at all.
package struct OutputFile: ~Copyable {
    /// Why nothing more can be written.
    package enum Failure: Error {
        /// The reader of the pipe has gone.
        case closedPipe
        /// The file's name and the system's message.
        case failed(String)
    }

    private let descriptor: Int32
    /// Its name in messages.
    let name: String
    /// The name while unfinished, and the final one; nil if the output is written in place.
    private let pendingName: (from: String, to: String)?
    private var isFinished = false

    /// Opens the output.
    ///
    /// - Parameter path: A file; nil for standard output. One that exists and is not a regular file is written in place.
    /// - Throws: `failed` if it cannot be opened.
    package init(path: String?) throws(Failure) {
        // Writing to a pipe without a reader is to fail, not to end the program.
        signal(SIGPIPE, SIG_IGN)
        guard let path else {
            descriptor = STDOUT_FILENO
            name = "standard output"
            pendingName = nil
            return
        }
        name = path
        var status = stat()
        let exists = stat(path, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFREG {
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
            pendingName = nil
        } else {
            // Replace the file that a symbolic link names, not the link.
            let target = OutputFile.resolved(path) ?? path
            let unfinished = target + ".\(getpid()).unfinished"
            let mode = exists ? status.st_mode & 0o777 : 0o666
            descriptor = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            pendingName = (unfinished, target)
            // The mode stays, whatever the umask.
            if exists, descriptor >= 0 { fchmod(descriptor, mode) }
        }
        guard descriptor >= 0 else { throw .failed("\(path): \(OutputFile.systemMessage())") }
    }

    /// The path of the file until it is finished; nil if the output is written in place.
    var unfinishedPath: String? { pendingName?.from }

    deinit {
        if let pendingName, !isFinished { unlink(pendingName.from) }
        if descriptor != STDOUT_FILENO { close(descriptor) }
    }

    /// Writes a buffer and empties it.
    mutating func drain(_ buffer: inout OutputBuffer) throws(Failure) {
        try buffer.withBytes { (bytes: Span<UInt8>) throws(Failure) in
            var written = 0
            while written < bytes.count {
                let count = bytes.extracting(written...).withUnsafeBufferPointer {
                    write(descriptor, $0.baseAddress, $0.count)
                }
                if count >= 0 {
                    written += count
                } else if errno == EPIPE {
                    throw Failure.closedPipe
                } else if errno == EAGAIN {
                    // Another process that shares the pipe has made it non-blocking.
                    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&request, 1, -1)
                } else if errno != EINTR {
                    throw Failure.failed("\(name): \(OutputFile.systemMessage())")
                }
            }
        }
        buffer.removeAll()
    }

    /// Gives the file its name.
    mutating func finish() throws(Failure) {
        guard let pendingName else { return }
        guard fsync(descriptor) == 0 || errno == EINVAL, rename(pendingName.from, pendingName.to) == 0 else {
            throw .failed("\(name): \(OutputFile.systemMessage())")
        }
        isFinished = true
    }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func systemMessage() -> String {
        String(cString: strerror(errno))
    }
}
