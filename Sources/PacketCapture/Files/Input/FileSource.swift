#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file or standard input, open for reading; closed with its owner.
final class FileSource: ByteSource {
    /// The size of a regular file in bytes; nil for anything else.
    let byteCount: UInt64?
    /// Whether bytes may arrive while they are read: from a pipe, FIFO, socket or terminal.
    let isLive: Bool
    /// How many bytes have been read.
    private(set) var bytesRead: UInt64 = 0
    private(set) var failure: InputFailure?
    private let descriptor: Int32
    /// Waits for more at the end of the file; nil if that is final.
    private let follower: CaptureFollower?

    /// Opens the file at `path`, or standard input for "-".
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - follower: Waits for more at the file's end; nil if nothing is to come.
    /// - Throws: `cannotOpen` or `isDirectory`.
    init(path: String, follower: CaptureFollower? = nil) throws(CaptureError) {
        self.follower = follower
        // A duplicate, so that closing it leaves standard input open.
        descriptor = path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : Self.open(path)
        var status = stat()
        guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else {
            let code = errno
            if descriptor >= 0 { close(descriptor) }
            throw CaptureError(.cannotOpen, name: path, detail: Self.systemMessage(code))
        }
        let type = status.st_mode & S_IFMT
        guard type != S_IFDIR else {
            close(descriptor)
            throw CaptureError(.isDirectory, name: path)
        }
        byteCount = type == S_IFREG ? UInt64(max(0, status.st_size)) : nil
        isLive = type == S_IFIFO || type == S_IFSOCK || type == S_IFCHR
    }

    deinit {
        close(descriptor)
    }

    /// Opens a file for reading; a FIFO waits for its writer through any signal, unless reading is to end.
    private static func open(_ path: String) -> Int32 {
        while true {
            #if canImport(Darwin)
                let descriptor = unsafe Darwin.open(path, O_RDONLY | O_CLOEXEC)
            #elseif canImport(Musl)
                let descriptor = unsafe Musl.open(path, O_RDONLY | O_CLOEXEC)
            #else
                let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
            #endif
            if descriptor >= 0 || errno != EINTR || ReadingInterruption.isRequested { return descriptor }
        }
    }

    @unsafe func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        while !ReadingInterruption.isRequested {
            #if canImport(Darwin)
                let count = unsafe Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #elseif canImport(Musl)
                let count = unsafe Musl.read(descriptor, buffer.baseAddress, buffer.count)
            #else
                let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 {
                bytesRead &+= UInt64(count)
                if count == 0, let follower, follower.awaitBytes(of: descriptor, at: bytesRead) { continue }
                return count
            }
            if errno == EAGAIN {
                Readiness.waitToRead(descriptor)
                continue
            }
            guard errno == EINTR else {
                failure = .system(errno)
                return 0
            }
        }
        return 0
    }

    /// The system's message for an error number, with a hint for too many open files.
    static func systemMessage(_ code: Int32) -> String {
        let message = unsafe String(cString: strerror(code))
        return code == EMFILE ? message + " (raise the limit with ulimit -n)" : message
    }
}

/// Where a capture's bytes come from: a file, or its decompression.
protocol ByteSource: AnyObject {
    /// Reads at most `buffer.count` bytes, waiting only for the first; returns how many, 0 at the end.
    @unsafe func read(into buffer: UnsafeMutableRawBufferPointer) -> Int

    /// Why the source ended early; nil if it did not.
    var failure: InputFailure? { get }
}

/// Why a source ended early.
enum InputFailure: Equatable {
    /// The system failed to read, with this error number.
    case system(Int32)
    /// The compressed data ends in the middle, at this offset of the file.
    case compressionCutShort(offset: UInt64)
    /// The compressed data is damaged near this offset of the file; with the library's message.
    case compressionDamaged(String, offset: UInt64)
    /// Unpacking it takes more memory than there is; says how much.
    case needsMemory(String, offset: UInt64)
}
