import PacketCapture
import ParallelAnalysis
import TraceOutput

/// Output on its way to its reader, written by a thread of its own so that a slow reader never delays the capture.
///
/// Beyond ``capacity``, lines are dropped and counted.
final class OutputQueue: @unchecked Sendable {
    /// The most bytes that wait, 16 MiB; one batch of lines may exceed it.
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

    /// Creates an empty queue.
    ///
    /// - Parameters:
    ///   - descriptor: Where to write; the caller closes it.
    ///   - name: Its name in messages.
    ///   - wake: Woken once nothing more can be written.
    init(descriptor: Int32, name: String, wake: WakePipe) {
        self.descriptor = descriptor
        self.name = name
        self.wake = wake
    }

    /// Starts the thread that writes; to be called once, before anything is queued.
    ///
    /// - Returns: Whether it started.
    func start() -> Bool {
        thread = Signals.withEndingBlocked { WorkerThread { [unowned self] in writeAll() } }
        return thread != nil
    }

    /// Why nothing more can be written; nil if it can.
    var failure: OutputFile.Failure? {
        lock.withLock { failed }
    }

    /// How many lines were dropped so far.
    var lostLines: UInt64 {
        lock.withLock { lost }
    }

    /// Queues whole lines, or drops them if too much waits; empties the buffer.
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

    /// Queues whole lines even beyond the capacity; empties the buffer.
    func put(_ buffer: inout OutputBuffer) {
        lock.withLock { append(buffer) }
        buffer.removeAll()
    }

    /// Waits until everything is written or nothing more can be, and ends the thread.
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

/// The writing thread.
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

    /// Takes what waits; false if nothing does and nothing more will come.
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
                // In pieces, so that `unwritten` stays current while a slow reader takes them.
                let length = min(bytes.count - written, 1 << 16)
                let count = wstap.write(descriptor, bytes.baseAddress.map { $0 + written }, length)
                if count >= 0 {
                    written += count
                    lock.withLock { unwritten -= count }
                } else if errno == EPIPE {
                    return .closedPipe
                } else if errno == EAGAIN {
                    Readiness.waitToWrite(descriptor)
                } else if errno != EINTR {
                    return .failed("\(name): \(String(cString: strerror(errno)))")
                }
            }
            return nil
        }
    }
}

/// The destination of a live capture's output: standard output, or a file that is written in place.
final class LiveOutput {
    /// What to write to.
    let descriptor: Int32
    /// Its name in messages.
    let name: String

    /// Takes over the output.
    ///
    /// - Parameters:
    ///   - path: The file's path; nil for standard output.
    ///   - descriptor: The file, which is truncated; nil for standard output.
    init(path: String?, descriptor: Int32?) {
        name = path ?? "standard output"
        self.descriptor = descriptor ?? STDOUT_FILENO
        if let path, let descriptor { truncate(descriptor, of: path) }
    }

    deinit {
        if descriptor > STDERR_FILENO { close(descriptor) }
    }

    /// Whether it has a reader that can quit, which poll(2) reports.
    var isPipe: Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        let type = status.st_mode & S_IFMT
        return type == S_IFIFO || type == S_IFSOCK
    }
}

/// Empties a regular file, unless others may be writing to it.
func truncate(_ descriptor: Int32, of path: String) {
    guard OpenDescriptor.named(path) == nil else { return }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG { ftruncate(descriptor, 0) }
}
