import WireFormat

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What identifies a file under any name.
struct FileIdentity: Hashable {
    private let device: UInt64
    private let number: UInt64

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
    }
}

/// What a ``CaptureFollower`` knows of a file.
struct FollowedFile {
    enum State {
        /// It has no whole packet yet.
        case incomplete
        /// It waits to be read.
        case waiting
        /// It is being read, or has been.
        case read
        /// It was read to its end.
        case complete
        /// It is left out.
        case refused
    }

    /// Its name.
    let path: String
    var state = State.waiting
    /// The time of its first packet; nil if it has none yet.
    private(set) var start: Timestamp?
    private(set) var isCompressed = false
    /// Its size in bytes at the last look.
    private(set) var size: UInt64
    private var modified: Int64

    init(path: String, _ status: stat) {
        self.path = path
        size = UInt64(max(0, status.st_size))
        modified = Self.modified(status)
    }

    /// Reads the first packet's time.
    ///
    /// - Returns: Why that is impossible for good; nil if it was read, or may be there later.
    mutating func readStart() -> CaptureError? {
        do throws(CaptureError) {
            var file = try CaptureFile(path: path, filter: nil, ReadingMemory(bufferSize: 16 << 10))
            isCompressed = file.isCompressed
            start = try unsafe file.read()?.time
            return nil
        } catch {
            switch error.kind {
            // Files shorter than a magic number are not captures yet.
            case .empty, .cutShort: return nil
            case .notCapture: return size < 4 ? nil : error
            default: return error
            }
        }
    }

    /// Compares the first packet with the one read before.
    ///
    /// - Parameter identity: The file's; its name may belong to another file by now.
    /// - Returns: Whether they differ: the file was overwritten, and may be as long as before or longer.
    func beginsAnew(_ identity: FileIdentity) -> Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0, FileIdentity(status) == identity else { return false }
        var now = self
        return now.readStart() == nil && now.start != start
    }

    /// Records its state when its last byte was read.
    mutating func complete(_ status: stat) {
        state = .complete
        size = UInt64(max(0, status.st_size))
        modified = Self.modified(status)
    }

    /// Whether it has not changed.
    func isSame(_ status: stat) -> Bool { size == UInt64(max(0, status.st_size)) && modified == Self.modified(status) }

    /// Whether it has only grown, judging by its size.
    func mayBeSame(_ status: stat) -> Bool { size <= UInt64(max(0, status.st_size)) }

    /// Whether it comes before another one: by time, then by name (trace9 before trace10).
    func precedes(_ other: FollowedFile) -> Bool {
        (start?.nanoseconds ?? .max, path.utf8.count, path)
            < (other.start?.nanoseconds ?? .max, other.path.utf8.count, other.path)
    }

    private static func modified(_ status: stat) -> Int64 {
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
