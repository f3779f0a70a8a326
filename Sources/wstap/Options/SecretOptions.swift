import ArgumentParser
import PacketCapture
import TLSDecryption
import TraceOutput
import WireFormat

/// Where the secrets of TLS connections come from, besides pcapng secrets blocks.
struct SecretOptions: ParsableArguments {
    @Option(
        name: .customLong("keylog"),
        help: ArgumentHelp(
            "Decrypt TLS with this key log (RFC 9850, the format of SSLKEYLOGFILE); repeatable.",
            valueName: "file"),
        completion: .file())
    var keyLogs: [String] = []

    /// Rejects an output that is one of the inputs, or a key log.
    func refuse(output path: String?, option: String = "-o", inputs: [String] = []) throws {
        guard let path else { return }
        if let file = inputs.first(where: { $0 != "-" && areSameFile($0, path) }) {
            throw ValidationError("\(option) would overwrite \(file), which is an input")
        }
        if inputs.contains("-"), areSameFile(STDIN_FILENO, path) {
            throw ValidationError("\(option) would overwrite \(path), which is standard input")
        }
        if let file = keyLogs.first(where: { areSameFile($0, path) }) {
            throw ValidationError("\(option) would overwrite \(file), which is a key log")
        }
    }

    /// Opens the key logs.
    ///
    /// - Parameters:
    ///   - isQuiet: Whether to suppress messages about key logs that are cut or hold no secrets.
    ///   - mayGrow: Whether secrets may still be written to them.
    /// - Returns: The key logs.
    /// - Throws: `ExitCode` if one cannot be opened.
    func open(isQuiet: Bool = true, mayGrow: Bool = false) throws -> [KeyLogFile] {
        if !keyLogs.isEmpty { CoreDumps.forbid() }
        return try keyLogs.map { path in
            guard let file = KeyLogFile(path: path) else {
                complain(TerminalText.safe("\(path): \(String(cString: strerror(errno)))"))
                throw ExitCode(ExitStatus.nothingRead)
            }
            if !isQuiet, file.isCut {
                let limit = KeyLogFile.limit >> 20
                complain(TerminalText.safe("\(path): is not a file, so that only its first \(limit) MiB are read"))
            }
            if !isQuiet, !mayGrow, !file.hasSecrets {
                complain(TerminalText.safe("\(path): holds no TLS secrets"))
            }
            return file
        }
    }
}

/// A key log whose lines are read when a connection needs them.
///
/// A file without random access, such as a pipe, is read once and kept.
final class KeyLogFile: KeyLogSource {
    private let descriptor: Int32
    private let text: [UInt8]?
    /// Identifies the file until another one takes its place.
    private let identity: (device: dev_t, number: ino_t)
    /// The path that it was opened with.
    let path: String
    /// Whether it is a pipe that had more than is kept.
    let isCut: Bool

    /// The most bytes of a pipe that are kept.
    static let limit = MemoryBudget.standard.secrets

    /// Opens a file; nil if that fails, with the reason in `errno`.
    ///
    /// - Parameters:
    ///   - path: Its path.
    ///   - waits: Whether to wait for a pipe's writer.
    init?(path: String, waits: Bool = true) {
        let opened = open(path, O_RDONLY | O_CLOEXEC | (waits ? 0 : O_NONBLOCK))
        guard opened >= 0 else { return nil }
        descriptor = opened
        self.path = path
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(opened)
            return nil
        }
        identity = (status.st_dev, status.st_ino)
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(opened)
            errno = EISDIR
            return nil
        }
        guard status.st_mode & S_IFMT != S_IFREG else {
            (text, isCut) = (nil, false)
            return
        }
        let read = readAll(opened, limit: Self.limit &+ 1)
        isCut = read.count > Self.limit
        text = isCut ? Array(read.prefix(Self.limit)) : read
    }

    deinit {
        close(descriptor)
    }

    func read(at offset: UInt64, count: Int) -> [UInt8] {
        guard let start = Int(exactly: offset) else { return [] }
        if let text { return start < text.count ? Array(text[start..<min(text.count, start &+ count)]) : [] }
        return [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            while filled < count {
                let done = pread(descriptor, room.baseAddress.map { $0 + filled }, count - filled, start &+ filled)
                if done < 0, errno == EINTR { continue }
                guard done > 0 else { return }
                filled += done
            }
        }
    }

    /// Its state by now.
    var state: KeyLogState {
        var (now, status) = (timespec(), stat())
        guard text == nil, clock_gettime(CLOCK_REALTIME, &now) == 0, fstat(descriptor, &status) == 0 else {
            return KeyLogState(size: UInt64(text?.count ?? 0), now: .max)
        }
        // Unlike the time of the last write, nobody can set it back.
        #if canImport(Darwin)
            let changed = status.st_ctimespec
        #else
            let changed = status.st_ctim
        #endif
        return KeyLogState(
            size: UInt64(clamping: status.st_size), changed: changed.nanoseconds, now: now.nanoseconds)
    }

    /// What the file's name refers to now.
    enum Successor {
        /// The same file, or nothing.
        case none
        /// Another file.
        case file(KeyLogFile)
        /// Something that cannot be examined or opened.
        case unreadable(String)
    }

    /// Checks whether another file has taken its place, unless it is a pipe.
    func successor() -> Successor {
        guard text == nil else { return .none }
        var status = stat()
        guard stat(path, &status) == 0 else {
            return errno == ENOENT ? .none : .unreadable(String(cString: strerror(errno)))
        }
        guard (status.st_dev, status.st_ino) != identity else { return .none }
        // A pipe might have no writer, and the capture would wait for one.
        guard status.st_mode & S_IFMT == S_IFREG else { return .unreadable("it is no regular file") }
        if let file = KeyLogFile(path: path, waits: false) { return .file(file) }
        return errno == ENOENT ? .none : .unreadable(String(cString: strerror(errno)))
    }
}

extension timespec {
    fileprivate var nanoseconds: Int64 { Int64(tv_sec) &* 1_000_000_000 &+ Int64(tv_nsec) }
}

/// Reads a pipe to its end, or up to a limit.
private func readAll(_ descriptor: Int32, limit: Int) -> [UInt8] {
    var text: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while text.count < limit {
        let done = read(descriptor, &room, room.count)
        if done < 0, errno == EINTR { continue }
        guard done > 0 else { break }
        text.append(contentsOf: room[..<done])
    }
    return text
}
