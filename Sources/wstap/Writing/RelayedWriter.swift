import CaptureAnalysis
import TraceOutput

/// A format that prints on a thread of its own, while the analysis goes on; what it prints is the same.
struct RelayedWriter<Format: OutputFormat & ~Copyable>: EventWriter, ~Copyable {
    private let printer: Printer<Format>
    private let thread: WorkerThread
    private var batch = EventBatch()
    /// Whether the printer has failed.
    private var hasFailed = false

    /// Starts the thread.
    ///
    /// - Throws: `failed` where the system has none.
    init(_ format: consuming Format, to file: consuming OutputFile) throws(OutputFile.Failure) {
        let printer = Printer(DirectWriter(format, to: file))
        guard let thread = WorkerThread({ printer.printAll() }) else { throw .failed("no thread can be started") }
        self.printer = printer
        self.thread = thread
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        batch.append(event, at: context, payload: payload)
        if batch.isFull { handOn() }
    }

    mutating func advance(isWaiting: Bool) throws(OutputFile.Failure) {
        if hasFailed { _ = try finish() }
    }

    mutating func finish() throws(OutputFile.Failure) -> FilterOmissions {
        handOn()
        printer.queue.complete()
        thread.join()
        return try printer.result.get()
    }

    private mutating func handOn() {
        hasFailed = !printer.queue.put(&batch)
        // Nobody wants what could not be handed on.
        if hasFailed { batch.removeAll() }
    }
}

/// What the thread does.
private final class Printer<Format: OutputFormat & ~Copyable>: @unchecked Sendable {
    let queue = EventQueue()
    /// What came of it; set when the thread has ended.
    private(set) var result: Result<FilterOmissions, OutputFile.Failure> = .success(FilterOmissions())
    private var writer: DirectWriter<Format>

    init(_ writer: consuming DirectWriter<Format>) {
        self.writer = writer
    }

    func printAll() {
        var batch = EventBatch()
        do throws(OutputFile.Failure) {
            while queue.take(&batch) {
                batch.replay(into: &writer)
                batch.removeAll()
                try writer.advance(isWaiting: false)
            }
            result = .success(try writer.finish())
        } catch {
            result = .failure(error)
            queue.stop()
        }
    }
}
