import PacketCapture
import TraceOutput

/// The destination of the output: standard output, or a file that appears complete or not at all.
package struct OutputFile: ~Copyable {
    /// Why nothing more can be written.
    package enum Failure: Error {
        /// The reader of the pipe has quit.
        case closedPipe
        /// The file's name and the system's message.
        case failed(String)
    }

    /// The file, which has no name until it is complete; nil if the output is written in place.
    private var pending: PendingFile?
    /// The descriptor that is written to.
    package let descriptor: Int32
    /// Its name in messages.
    let name: String

    /// Opens the output.
    ///
    /// - Parameters:
    ///   - path: A file; nil or "-" for standard output. An open descriptor, or an existing path that is not a regular
    ///     file, is written in place.
    ///   - isNamed: Whether an unfinished file has a name (``unfinishedPath``).
    ///   - isGrowing: Whether the file is read while it is written: then it is written in place.
    ///   - isSecret: Whether only its owner may read a new file.
    /// - Throws: `failed` if it cannot be opened, or if it is a dangling symbolic link.
    package init(
        path: String?, isNamed: Bool = false, isGrowing: Bool = false, isSecret: Bool = false
    ) throws(Failure) {
        // Writing to a pipe without a reader should fail, not end the program.
        signal(SIGPIPE, SIG_IGN)
        guard let path else {
            descriptor = STDOUT_FILENO
            name = "standard output"
            pending = nil
            return
        }
        if let open = OpenDescriptor.named(path) {
            let copy = open == STDOUT_FILENO ? open : fcntl(open, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { throw .failed("\(path): \(OutputFile.message(errno))") }
            descriptor = copy
            name = path == "-" ? "standard output" : path
            pending = nil
            return
        }
        let file = try isGrowing ? nil : OutputFile.pending(path, isNamed: isNamed, isSecret: isSecret)
        let opened =
            switch file {
            case .some(let file): file.descriptor
            case nil where isGrowing: open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
            case nil: open(path, O_WRONLY | O_CLOEXEC)
            }
        guard opened >= 0 else { throw .failed("\(path): \(OutputFile.message(errno))") }
        pending = file
        descriptor = opened
        name = path
    }

    /// The path of the file until it is finished; nil if it has none, or if the output is written in place.
    var unfinishedPath: String? {
        switch pending {
        case .some(let file): file.unfinishedPath
        case nil: nil
        }
    }

    /// The path by which the file can be read before it is finished; nil if the output is written in place.
    package var readablePath: String? {
        switch pending {
        case .some(let file): file.unfinishedPath ?? "/proc/self/fd/\(descriptor)"
        case nil: nil
        }
    }

    deinit {
        if pending == nil, descriptor != STDOUT_FILENO { close(descriptor) }
    }

    /// The unfinished file for a path; nil if the path names something other than a file.
    private static func pending(_ path: String, isNamed: Bool, isSecret: Bool) throws(Failure) -> PendingFile? {
        guard let target = try target(path) else { return nil }
        do throws(PendingFileError) {
            return try PendingFile(
                target: target.path, replacedMode: target.mode, mayBeAnonymous: !isNamed, isSecret: isSecret)
        } catch {
            throw .failed("\(path): \(message(error.code))")
        }
    }

    /// The regular file that a path names, and its mode if it exists; nil if the path names something else.
    ///
    /// A symbolic link stays, and the file that it names is replaced.
    private static func target(_ path: String) throws(Failure) -> (path: String, mode: mode_t?)? {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else { return nil }
            return (resolved(path) ?? path, status.st_mode & 0o777)
        }
        let code = errno
        // Any other error is final, such as EACCES for a link that the system distrusts.
        guard code == ENOENT, !path.isEmpty else { throw .failed("\(path): \(message(code))") }
        guard lstat(path, &status) != 0 else {
            throw .failed("\(path): is a symbolic link to a file that does not exist")
        }
        guard !path.hasSuffix("/") else { throw .failed("\(path): \(message(EISDIR))") }
        return (path, nil)
    }

    /// Writes a buffer and empties it.
    mutating func drain(_ buffer: inout OutputBuffer) throws(Failure) {
        try buffer.withBytes { (bytes: Span<UInt8>) throws(Failure) in try put(bytes) }
        buffer.removeAll()
    }

    /// Writes bytes.
    package func put(_ bytes: Span<UInt8>) throws(Failure) {
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
                Readiness.waitToWrite(descriptor)
            } else if errno != EINTR {
                throw Failure.failed("\(name): \(OutputFile.message(errno))")
            }
        }
    }

    /// Gives the file its name.
    package mutating func finish() throws(Failure) {
        do throws(PendingFileError) {
            try pending?.finish()
        } catch {
            throw .failed("\(name): \(OutputFile.message(error.code))")
        }
    }

    /// Removes the unfinished file, if there is one; for a signal handler that ends the program.
    package static func removeUnfinished() { PendingFile.removeUnfinished() }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func message(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
