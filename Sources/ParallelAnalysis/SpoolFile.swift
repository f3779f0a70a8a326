package import TraceOutput

/// A temporary file without a name, created when it is first written to.
package struct SpoolFile: Spool, ~Copyable {
    private let folder: String
    private var descriptor: Int32 = -1
    private var length: UInt64 = 0
    /// Why it can no longer be used; nil if it can.
    package private(set) var failure: String?

    /// Creates a spool that has no file yet.
    ///
    /// - Parameter path: The output that it serves, which needs room too; nil for standard output.
    package init(beside path: String?) {
        self.init(folder: SpoolFile.folder(beside: path))
    }

    /// Creates a spool whose file will be in a folder.
    init(folder: String) {
        self.folder = folder
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    package mutating func append(_ bytes: Span<UInt8>) -> UInt64 {
        let offset = length
        if descriptor < 0, failure == nil { create() }
        overwrite(bytes, at: offset)
        length += UInt64(bytes.count)
        return offset
    }

    package mutating func overwrite(_ bytes: Span<UInt8>, at offset: UInt64) {
        guard failure == nil else { return }
        var written = 0
        while written < bytes.count {
            let count = bytes.extracting(written...).withUnsafeBufferPointer {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset) + off_t(written))
            }
            if count >= 0 { written += count } else if errno != EINTR { return fail() }
        }
    }

    package mutating func read(_ count: Int, at offset: UInt64, into output: inout OutputBuffer) {
        guard failure == nil else { return }
        var done = 0
        while done < count {
            var result = 0
            errno = 0
            output.append(atMost: count - done) { target in
                result = pread(descriptor, target, count - done, off_t(offset) + off_t(done))
                return max(0, result)
            }
            if result > 0 { done += result } else if errno != EINTR { return fail() }
        }
    }

    package mutating func removeAll() {
        guard length > 0 else { return }
        length = 0
        if descriptor >= 0 { ftruncate(descriptor, 0) }
    }

    private mutating func create() {
        var name = Array("\(folder)/wstap-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        // A live capture has opened its output as root, and may no longer write next to it.
        if descriptor < 0, errno == EACCES || errno == EPERM || errno == EROFS {
            name = Array("/var/tmp/wstap-XXXXXX".utf8CString)
            descriptor = mkstemp(&name)
        }
        guard descriptor >= 0 else { return fail() }
        unlink(name)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    private mutating func fail() {
        failure = "temporary file in \(folder): \(String(cString: strerror(errno)))"
    }

    /// TMPDIR; otherwise the output's folder; otherwise the system's folder for large files.
    private static func folder(beside path: String?) -> String {
        if let named = getenv("TMPDIR"), named.pointee != 0 { return String(cString: named) }
        guard let path, OpenDescriptor.named(path) == nil else { return "/var/tmp" }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG { return "/var/tmp" }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
