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
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var thread: pthread_t?

    // Guarded by `mutex`.
    private var pending: [UInt8] = []
    private var unwritten = 0
    private var lost: UInt64 = 0
    private var isClosing = false
    private var failed: OutputFile.Failure?

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - descriptor: Where to write; stays the caller's.
    ///   - name: What to call it in a complaint.
    ///   - wake: Whom to wake when nothing more can be written.
    init(descriptor: Int32, name: String, wake: WakePipe) {
        self.descriptor = descriptor
        self.name = name
        self.wake = wake
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Starts the thread that writes; once, before anything is put.
    ///
    /// - Returns: Whether there is one.
    func start() -> Bool {
        let unretained = Unmanaged.passUnretained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let outcome = WakePipe.withSignalsBlocked {
            pthread_create(&thread, nil, { argument in OutputQueue.run(argument) }, unretained)
        }
        self.thread = thread
        return outcome == 0
    }

    /// Why nothing more can be written; nil where that is not so.
    var failure: OutputFile.Failure? {
        locked { failed }
    }

    /// Lines left out up to now.
    var lostLines: UInt64 {
        locked { lost }
    }

    /// Takes over whole lines, or leaves them out where too much waits; empties the buffer.
    func offer(_ buffer: inout OutputBuffer) {
        guard !buffer.isEmpty else { return }
        locked {
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
        locked { append(buffer) }
        buffer.removeAll()
    }

    /// Waits until all is written, or nothing more can be, and ends the thread.
    func finish() {
        locked {
            isClosing = true
            pthread_cond_broadcast(condition)
        }
        if let thread { pthread_join(thread, nil) }
        thread = nil
    }

    private func append(_ buffer: borrowing OutputBuffer) {
        guard failed == nil else { return }
        buffer.withBytes { bytes in bytes.withUnsafeBufferPointer { pending.append(contentsOf: $0) } }
        unwritten += buffer.count
        pthread_cond_broadcast(condition)
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    private static func lines(_ bytes: Span<UInt8>) -> UInt64 {
        var count: UInt64 = 0
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") { count &+= 1 }
        return count
    }
}

/// The thread.
extension OutputQueue {
    private static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        Unmanaged<OutputQueue>.fromOpaque(argument).takeUnretainedValue().writeAll()
        return nil
    }

    private func writeAll() {
        var batch: [UInt8] = []
        while waitForBatch(&batch) {
            if let failure = write(batch) {
                locked {
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
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while pending.isEmpty, !isClosing { pthread_cond_wait(condition, mutex) }
        swap(&batch, &pending)
        return !batch.isEmpty
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
                    locked { unwritten -= count }
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
