import ArgumentParser
import TraceOutput

/// A folder that a command fills.
enum OutputFolder {
    /// Creates the folder, unless it is there and empty.
    ///
    /// - Throws: The exit status if it cannot be created, or is not empty.
    static func create(_ path: String) throws {
        guard mkdir(path, 0o777) != 0 else { return }
        let code = errno
        var status = stat()
        guard code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw failure("\(path): \(String(cString: strerror(code == EEXIST ? ENOTDIR : code)))")
        }
        guard let folder = opendir(path) else { throw failure("\(path): \(String(cString: strerror(errno)))") }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name == "." || name == ".." else { throw failure("\(path): is not empty") }
        }
    }

    private static func failure(_ message: String) -> ExitCode {
        complain(TerminalText.safe(message))
        return ExitCode(ExitStatus.nothingRead)
    }
}
