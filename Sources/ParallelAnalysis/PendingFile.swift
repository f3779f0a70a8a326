import Synchronization

/// The names of unfinished files, for a signal handler; unnamed files have no entry.
nonisolated(unsafe) private let unfinishedNames = {
    let names = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: PendingFile.maximumCount)
    names.initialize(repeating: nil, count: PendingFile.maximumCount)
    return names
}()

/// A regular file that gets its name only once it is complete.
///
/// Until then it has no name at all, so that nothing is left behind whatever ends the program. If the file system or
/// the lack of /proc rules that out, it has a random name.
struct PendingFile: ~Copyable {
    /// The descriptor that is written to.
    let descriptor: Int32
    /// The name that the file gets.
    private let target: String
    /// The folder of all its names, with a slash, or "".
    private let folder: String
    /// Whether the file is to replace another.
    private let replaces: Bool
    private let isAnonymous: Bool
    private var isFinished = false
    /// The index of its name among those of unfinished files.
    private let place: Int

    /// The most unfinished files at a time; a signal handler does not remove more.
    package static let maximumCount = 1024

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - target: The final name, which must not be a symbolic link.
    ///   - replacedMode: The mode of the file to replace; nil if there is none.
    ///   - mayBeAnonymous: Whether it may have no name until it is complete.
    ///   - isSecret: Whether only its owner may read it.
    /// - Throws: The error number.
    init(
        target: String, replacedMode: mode_t?, mayBeAnonymous: Bool = true, isSecret: Bool = false
    ) throws(PendingFileError) {
        let replacedMode = isSecret ? replacedMode.map { $0 & 0o700 } : replacedMode
        self.target = target
        folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? ""
        replaces = replacedMode != nil
        let mode = replacedMode ?? (isSecret ? 0o600 : 0o666)
        var opened = mayBeAnonymous ? PendingFile.anonymous(in: folder, mode: mode) : -1
        isAnonymous = opened >= 0
        place = PendingFile.takePlace()
        if opened < 0 {
            unfinishedNames[place] = strdup(PendingFile.freshName(in: folder))
            opened = unfinishedNames[place].map { open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode) } ?? -1
        }
        descriptor = opened
        guard descriptor >= 0 else {
            let code = errno
            PendingFile.forgetName(at: place)
            throw PendingFileError(code: code)
        }
        // The mode is kept, whatever the umask.
        if let replacedMode { fchmod(descriptor, replacedMode) }
    }

    /// Its name until it is complete; nil if it has none.
    var unfinishedPath: String? { isAnonymous ? nil : unfinishedNames[place].map { String(cString: $0) } }

    deinit {
        if !isFinished, let name = unfinishedNames[place] { unlink(name) }
        PendingFile.forgetName(at: place)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Gives the file its name, once its bytes are on the disk.
    mutating func finish() throws(PendingFileError) {
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw PendingFileError(code: errno) }
        if isAnonymous {
            if !replaces, PendingFile.link(descriptor, to: target) {
                isFinished = true
                return
            }
            guard replaces || errno == EEXIST else { throw PendingFileError(code: errno) }
            // Only rename(2) replaces a file, and it needs a name to start from.
            unfinishedNames[place] = strdup(PendingFile.freshName(in: folder))
            guard let unfinishedName = unfinishedNames[place],
                PendingFile.link(descriptor, to: String(cString: unfinishedName))
            else {
                throw PendingFileError(code: errno)
            }
        }
        var status = stat()
        // Something created since the start is replaced only if it is a file.
        guard lstat(target, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw PendingFileError(code: EEXIST)
        }
        guard let unfinishedName = unfinishedNames[place], rename(unfinishedName, target) == 0 else {
            throw PendingFileError(code: errno)
        }
        isFinished = true
    }

    /// Removes the unfinished files that have names; may be called by a signal handler that ends the program.
    static func removeUnfinished() {
        for place in 0..<maximumCount {
            if let name = unfinishedNames[place] { unlink(name) }
        }
    }

    /// Which places are taken.
    private static let takenPlaces = Mutex<Set<Int>>([])

    private static func takePlace() -> Int {
        takenPlaces.withLock { taken in
            let place = (0..<maximumCount - 1).first { !taken.contains($0) } ?? maximumCount - 1
            taken.insert(place)
            return place
        }
    }

    private static func forgetName(at place: Int) {
        let name = unfinishedNames[place]
        unfinishedNames[place] = nil
        free(name)
        _ = takenPlaces.withLock { $0.remove(place) }
    }

    private static func freshName(in folder: String) -> String {
        let number = UInt64.random(in: .min ... .max)
        return "\(folder).wstap-\(String(number, radix: 36)).unfinished"
    }

    /// Opens a file without a name; a negative number if that is impossible, or if the file could not get a name later.
    private static func anonymous(in folder: String, mode: mode_t) -> Int32 {
        #if os(Linux)
            // O_TMPFILE, a macro that Swift does not see.
            let flags = 0o20_000_000 | O_DIRECTORY | O_RDWR | O_CLOEXEC
            let descriptor = open(folder.isEmpty ? "." : folder, flags, mode)
            guard descriptor >= 0, access(path(of: descriptor), F_OK) != 0 else { return descriptor }
            close(descriptor)
        #endif
        return -1
    }

    /// Gives an anonymous file a name that is not taken; returns whether that went well.
    private static func link(_ descriptor: Int32, to name: String) -> Bool {
        #if os(Linux)
            linkat(AT_FDCWD, path(of: descriptor), AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0
        #else
            false
        #endif
    }

    private static func path(of descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }
}

/// The error number of a system call about a file.
struct PendingFileError: Error {
    let code: Int32
}
