import ArgumentParser
import TraceOutput

/// A folder that a command fills.
struct OutputFolder {
    private let path: String
    private let isNew: Bool

    /// Creates the folder, unless it exists and is empty.
    ///
    /// - Throws: The exit status if it cannot be created, or is not empty.
    init(_ path: String) throws {
        self.path = path
        isNew = mkdir(path, 0o777) == 0
        if !isNew { try Self.check(path, errno) }
    }

    /// Removes the folder after a command that could read nothing.
    func removeIfNewAndEmpty() {
        if isNew { rmdir(path) }
    }

    /// Throws unless the folder exists and is empty.
    private static func check(_ path: String, _ code: Int32) throws {
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
