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
    private let monitor = Monitor()
    private var thread: WorkerThread?

    // Guarded by `monitor`.
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
        monitor.locked { failed }
    }

    /// Lines left out up to now.
    var lostLines: UInt64 {
        monitor.locked { lost }
    }

    /// Takes over whole lines, or leaves them out where too much waits; empties the buffer.
    func offer(_ buffer: inout OutputBuffer) {
        guard !buffer.isEmpty else { return }
        monitor.locked {
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
        monitor.locked { append(buffer) }
        buffer.removeAll()
    }

    /// Waits until all is written, or nothing more can be, and ends the thread.
    func finish() {
        monitor.locked {
            isClosing = true
            monitor.notify()
        }
        thread?.join()
        thread = nil
    }

    private func append(_ buffer: borrowing OutputBuffer) {
        guard failed == nil else { return }
        buffer.withBytes { bytes in bytes.withUnsafeBufferPointer { pending.append(contentsOf: $0) } }
        unwritten += buffer.count
        monitor.notify()
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
                monitor.locked {
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
        monitor.locked {
            while pending.isEmpty, !isClosing { monitor.wait() }
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
                    monitor.locked { unwritten -= count }
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
