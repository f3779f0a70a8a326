/// Where a live capture's output goes: standard output, or a file that is written in place.
final class LiveOutput {
    /// What to write to.
    let descriptor: Int32
    /// What to call it in a complaint.
    let name: String

    /// Opens the output.
    ///
    /// - Parameter path: A file, made or emptied; nil for standard output.
    /// - Throws: `failed` where it cannot be opened.
    init(path: String?) throws(OutputFile.Failure) {
        name = path ?? "standard output"
        descriptor = path.map { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666) } ?? STDOUT_FILENO
        guard descriptor >= 0 else { throw .failed("\(name): \(String(cString: strerror(errno)))") }
    }

    deinit {
        if descriptor > STDERR_FILENO { close(descriptor) }
    }

    /// Whether its reader can go away, which poll(2) then tells.
    var isPipe: Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        let type = status.st_mode & S_IFMT
        return type == S_IFIFO || type == S_IFSOCK
    }
}
