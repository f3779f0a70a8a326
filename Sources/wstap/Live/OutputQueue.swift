import ParallelAnalysis
import TraceOutput

/// Output that waits for whoever reads it, written by a thread of its own: a slow reader never holds up the capture.
///
/// Beyond ``capacity`` lines are left out, and counted.
final class OutputQueue: @unchecked Sendable {
    /// Bytes that wait at most, 16 MiB; one batch of lines may come on top.
    static let capacity = 16 << 20

    private let descriptor: Int32
    private let name: String
    private let wake: WakePipe
    private let lock = Lock()
    private let change = Condition()
    private var thread: WorkerThread?

    // Guarded by `lock`.
    private var pending: [UInt8] = []
    private var unwritten = 0
    private var lost: UInt64 = 0
    private var isClosing = false
    private var failed: OutputFile.Failure?

    /// Makes an empty queue.
    ///
    /// - Parameters:
    ///   - descriptor: Where to write; stays the caller's.
    ///   - name: What to call it in a complaint.
    ///   - wake: Whom to wake when nothing more can be written.
    init(descriptor: Int32, name: String, wake: WakePipe) {
        self.descriptor = descriptor
        self.name = name
        self.wake = wake
    }

    /// Starts the thread that writes; once, before anything is put.
    ///
    /// - Returns: Whether there is one.
    func start() -> Bool {
        thread = WakePipe.withSignalsBlocked { WorkerThread { [unowned self] in writeAll() } }
        return thread != nil
    }

    /// Why nothing more can be written; nil where that is not so.
    var failure: OutputFile.Failure? {
        lock.withLock { failed }
    }

    /// Lines left out up to now.
    var lostLines: UInt64 {
        lock.withLock { lost }
    }

    /// Takes over whole lines, or leaves them out where too much waits; empties the buffer.
    func offer(_ buffer: inout OutputBuffer) {
        guard !buffer.isEmpty else { return }
        lock.withLock {
            if unwritten > 0, unwritten + buffer.count > Self.capacity {
                lost &+= buffer.withBytes { OutputQueue.lines($0) }
            } else {
                append(buffer)
            }
        }
        buffer.removeAll()
    }

    /// Takes over whole lines however much waits; empties the buffer.
    func put(_ buffer: inout OutputBuffer) {
        lock.withLock { append(buffer) }
        buffer.removeAll()
    }

    /// Waits until all is written, or nothing more can be, and ends the thread.
    func finish() {
        lock.withLock {
            isClosing = true
            change.broadcast()
        }
        thread?.join()
        thread = nil
    }

    private func append(_ buffer: borrowing OutputBuffer) {
        guard failed == nil else { return }
        buffer.withBytes { bytes in bytes.withUnsafeBufferPointer { pending.append(contentsOf: $0) } }
        unwritten += buffer.count
        change.broadcast()
    }

    private static func lines(_ bytes: Span<UInt8>) -> UInt64 {
        var count: UInt64 = 0
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") { count &+= 1 }
        return count
    }
}

/// The thread.
extension OutputQueue {
    private func writeAll() {
        var batch: [UInt8] = []
        while waitForBatch(&batch) {
            if let failure = write(batch) {
                lock.withLock {
                    failed = failure
                    pending = []
                    unwritten = 0
                }
                wake.wake()
                return
            }
            batch.removeAll(keepingCapacity: batch.capacity <= 1 << 20)
        }
    }

    /// Takes what waits; false where nothing does and nothing more will come.
    private func waitForBatch(_ batch: inout [UInt8]) -> Bool {
        lock.withLock {
            while pending.isEmpty, !isClosing { lock.wait(for: change) }
            swap(&batch, &pending)
            return !batch.isEmpty
        }
    }

    private func write(_ batch: [UInt8]) -> OutputFile.Failure? {
        batch.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                // In pieces, so that what waits is known while a slow reader takes them.
                let length = min(bytes.count - written, 1 << 16)
                let count = wstap.write(descriptor, bytes.baseAddress.map { $0 + written }, length)
                if count >= 0 {
                    written += count
                    lock.withLock { unwritten -= count }
                } else if errno == EPIPE {
                    return .closedPipe
                } else if errno != EINTR {
                    return .failed("\(name): \(String(cString: strerror(errno)))")
                }
            }
            return nil
        }
    }
}

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
