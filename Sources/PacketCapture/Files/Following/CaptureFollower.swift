import WireFormat

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Follows files that another program writes and rotates, such as `tcpdump -C`, `-G` and `-W`, so that they can be read
/// as one endless capture.
///
/// Files are read one after the other, by the time of their first packets. A file is complete once a later one has a
/// whole packet, since programs close a file before they open the next. A file that begins anew, as names in a ring do,
/// is a new file.
package final class CaptureFollower {
    /// Receives notices for the user.
    package var report: (FollowingNotice) -> Void = { _ in }
    /// Whether something was reported.
    package private(set) var hasReported = false
    private let patterns: [String]
    private let idle: () -> Void
    private var isEnded = false
    /// What is known of the files seen at the last look, except those that cannot be read yet.
    private var files: [FileIdentity: FollowedFile] = [:]
    /// Those to be read, the earliest last.
    private var waiting: [(identity: FileIdentity, file: FollowedFile)] = []
    /// The names at the last look that are not UTF-8.
    private var misnamed: Set<String> = []
    /// The file being read.
    private var current: FileIdentity?
    /// When the latest file that was read begins.
    private var latestStart = Timestamp(nanoseconds: .min)
    /// Whether the current file needs only one more read, since a later one was seen.
    private var isLastRead = false
    /// How often to idle before the next look.
    private var restingTurns = 0

    /// Files examined per idle turn, so that thousands of them cost little.
    private static let filesPerTurn = 500

    /// Creates a follower.
    ///
    /// - Parameters:
    ///   - patterns: Files, patterns (glob(7)), and folders, which stand for their files.
    ///   - idle: Called to wait a moment whenever nothing is left to read.
    package init(_ patterns: [String], idle: @escaping () -> Void) {
        self.patterns = patterns
        self.idle = idle
    }

    /// Whether there is a file to begin with.
    package func hasFile() -> Bool { findNext() != nil }

    /// Ends the capture at the current position.
    package func end() { isEnded = true }

    /// Whether the capture has ended.
    var hasEnded: Bool { isEnded || ReadingInterruption.isRequested }

    /// Waits for the next file; nil once the capture has ended.
    func next() -> (path: String, isComplete: Bool)? {
        current = nil
        while !hasEnded {
            if let (identity, file) = findNext() {
                waiting.removeLast()
                current = identity
                isLastRead = false
                latestStart = file.start ?? latestStart
                files[identity]?.state = .read
                return (file.path, file.isCompressed)
            }
            idle()
        }
        return nil
    }

    /// Waits for bytes after the current file's last.
    ///
    /// - Parameters:
    ///   - descriptor: The file.
    ///   - offset: How many of its bytes were read.
    /// - Returns: Whether to read again; if not, the file is complete or the capture has ended.
    func awaitBytes(of descriptor: Int32, at offset: UInt64) -> Bool {
        guard let current else { return false }
        while !hasEnded {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else { return false }
            let size = UInt64(max(0, status.st_size))
            if size < offset || files[current]?.beginsAnew(current) == true {
                // What was written since the last look is lost.
                if let file = files[current] { report(.overwritten, file.path) }
                files[current] = nil
                return false
            }
            if size > offset { return true }
            if findNext() != nil {
                defer { isLastRead = true }
                if isLastRead { files[current]?.complete(status) }
                return !isLastRead
            }
            isLastRead = false
            idle()
        }
        return false
    }

    /// Reports what is wrong with a file.
    func report(_ problem: CaptureError) { report(.problem(problem), problem.name) }

    private func report(_ kind: FollowingNotice.Kind, _ path: String) {
        hasReported = true
        report(FollowingNotice(kind: kind, path: path))
    }

    /// The earliest unread file that has a packet.
    private func findNext() -> (FileIdentity, FollowedFile)? {
        if let found = earliest() { return found }
        guard restingTurns == 0 else {
            restingTurns -= 1
            return nil
        }
        look()
        restingTurns = files.count / Self.filesPerTurn
        return earliest()
    }

    /// The earliest unread file of the last look that is still what it was.
    private func earliest() -> (FileIdentity, FollowedFile)? {
        while let (identity, file) = waiting.last {
            var status = stat()
            if unsafe stat(file.path, &status) == 0, FileIdentity(status) == identity, file.mayBeSame(status) {
                return (identity, file)
            }
            waiting.removeLast()
            files[identity] = nil
        }
        return nil
    }

    /// Looks at all files.
    private func look() {
        var present: Set<FileIdentity> = []
        let paths = FilePattern.paths(patterns)
        for path in paths.misnamed where !misnamed.contains(path) { report(.misnamed, path) }
        misnamed = Set(paths.misnamed)
        for path in paths.readable {
            var status = stat()
            guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            let identity = FileIdentity(status)
            // A compressed file is complete once its uncompressed original is gone.
            guard present.insert(identity).inserted, identity != current, !FilePattern.isBeingCompressed(path),
                files[identity].map({ !$0.isSame(status) }) ?? true
            else { continue }
            take(path, identity, status)
        }
        files = files.filter { present.contains($0.key) || $0.key == current }
        waiting = files.filter { $0.value.state == .waiting }.map { ($0.key, $0.value) }
        waiting.sort { $1.file.precedes($0.file) }
    }

    /// Learns how a new or changed file begins.
    private func take(_ path: String, _ identity: FileIdentity, _ status: stat) {
        var file = FollowedFile(path: path, status)
        let known = files[identity]
        if let problem = file.readStart() {
            if known?.state != .refused { report(problem) }
            file.state = .refused
        } else if let start = file.start {
            if let known, known.state != .waiting, known.start == start, known.size <= file.size {
                // It was read or refused, and has grown.
                if known.state == .complete { report(.grown, path) }
                file.state = .refused
            } else if start < latestStart || file.isCompressed && start == latestStart {
                // A late compressed file is one that was read before it was compressed.
                if !file.isCompressed { report(.late, path) }
                file.state = .refused
            }
        } else {
            file.state = .incomplete
        }
        files[identity] = file
    }
}

/// What happened to a file that was followed.
package struct FollowingNotice: CustomStringConvertible {
    package enum Kind {
        /// It cannot be read, or not any further.
        case problem(CaptureError)
        /// It began anew while it was read.
        case overwritten
        /// It grew after a later file had begun.
        case grown
        /// It begins earlier than a file that was already read.
        case late
        /// Its name is not UTF-8, and cannot be passed to open(2).
        case misnamed
    }

    /// What happened.
    package let kind: Kind
    /// The file.
    package let path: String

    /// One line, without the program's name.
    package var description: String {
        switch kind {
        case .problem(let problem): problem.description
        case .overwritten: "\(path): was overwritten while it was read; packets may be missing"
        case .grown: "\(path): has grown after a later file had begun; the rest is not read"
        case .late: "\(path): begins before packets that were read already; it is not read"
        case .misnamed: "\(path): has a name that is not UTF-8; it is not read"
        }
    }
}
