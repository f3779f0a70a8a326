import TraceOutput

/// The folder for extracted messages.
///
/// Only the thread that prints uses it; the lock of that thread's task orders its uses.
final class MessageFolder: MessageStore, @unchecked Sendable {
    var messagesBeyondLimit: UInt64 = 0
    var truncatedMessages: UInt64 = 0
    /// Why a file could not be written; nil if all could.
    private(set) var problem: String?
    /// How many files were written.
    private(set) var fileCount: UInt64 = 0

    private let path: String

    init(path: String) {
        self.path = path
    }

    func save(_ name: String, _ bytes: Span<UInt8>) -> Bool {
        guard problem == nil else { return false }
        let (unfinished, target) = ("\(path)/.\(name).unfinished", "\(path)/\(name)")
        let descriptor = openForWriting(unfinished, flags: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
        guard descriptor >= 0 else { return fail(errno) }
        var code = bytes.withUnsafeBytes { writeWhole($0, to: descriptor) }
        if close(descriptor) != 0, code == 0 { code = errno }
        if code == 0, rename(unfinished, target) != 0 { code = errno }
        guard code == 0 else {
            unlink(unfinished)
            return fail(code)
        }
        fileCount &+= 1
        return true
    }

    private func fail(_ code: Int32) -> Bool {
        problem = "\(path): \(String(cString: strerror(code)))"
        return false
    }
}
