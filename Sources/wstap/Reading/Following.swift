import PacketCapture
import TraceOutput

/// Files that are read while another program writes them: waits for more, and reports what happens to them.
final class Following {
    /// Finds the files.
    let follower: CaptureFollower
    /// Whether something could not be read.
    var hasProblem: Bool { follower.hasReported }
    private let reader = OutputReader()

    /// Milliseconds between two checks.
    private static let interval: Int32 = 200

    /// - Parameters:
    ///   - files: Their names, patterns and folders.
    ///   - output: Whether to print what is waited for.
    init(_ files: [String], _ output: OutputOptions) {
        follower = CaptureFollower(files) { [reader] in
            if reader.hasGone(within: Following.interval) { ReadingInterruption.request() }
        }
        follower.report = { complain(TerminalText.safe($0.description)) }
        guard !output.quiet else { return }
        let names = files.joined(separator: ", ")
        let state =
            if follower.hasFile() {
                "following \(names)"
            } else if files.allSatisfy({ Self.kind(of: $0) == S_IFDIR }) {
                "waiting for a file in \(names)"
            } else if files.allSatisfy({ Self.kind(of: $0) == S_IFREG }) {
                "waiting for a packet in \(names)"
            } else {
                "waiting for \(names) to appear"
            }
        complain(TerminalText.safe(state))
    }

    /// What kind of file a path names, as in `st_mode`; nil if it names none.
    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// Ends the capture when the reader of the output quits, even while there is nothing to write.
    func watch(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return }
        reader.descriptor = descriptor
    }
}

/// The reader of the output.
private final class OutputReader {
    /// The output, if it is a pipe.
    var descriptor: Int32 = -1

    /// Whether the reader quits within some milliseconds; a signal ends the wait early.
    func hasGone(within milliseconds: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&request, 1, milliseconds) > 0 && request.revents & Int16(POLLERR) != 0
    }
}
