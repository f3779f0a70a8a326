import CaptureAnalysis
import TraceOutput

/// A thread that puts the events of all parts together, has a format print them, and writes.
final class PrintingThread<Format: OutputFormat & ~Copyable>: @unchecked Sendable {
    /// What prints and writes, and what has put the events together: for others while the thread does not run.
    var writer: EventWriter<Format>
    var merge: EventMerge
    /// Why nothing more could be written; nil where all was.
    ///
    /// For others once the thread has ended.
    private(set) var failure: OutputFile.Failure?
    private let events: EventQueues
    private let crew: Crew<PacketBlock>
    private var thread: WorkerThread?

    init(_ writer: consuming EventWriter<Format>, parts: Int, events: EventQueues, _ crew: Crew<PacketBlock>) {
        self.writer = writer
        self.crew = crew
        self.events = events
        merge = EventMerge(parts: parts)
    }

    /// Starts the thread; false where the system has none.
    func start() -> Bool {
        thread = WorkerThread { self.printAll() }
        return thread != nil
    }

    /// Waits until it has printed the last event of all parts, which must be complete.
    func join() {
        thread?.join()
        thread = nil
    }

    private func printAll() {
        var batch = EventBatch()
        crew.setPrinterWaiting(false)
        defer { crew.setPrinterWaiting(true) }
        do throws(OutputFile.Failure) {
            while let part = merge.needed {
                if take(&batch, of: part) {
                    merge.exchange(&batch, of: part)
                } else {
                    merge.complete(part)
                }
                merge.replay(into: &writer)
                try writer.advance(isWaiting: false)
            }
        } catch {
            failure = error
            events.stop()
        }
    }

    /// The next batch of a part; false where there is none behind the last.
    private func take(_ batch: inout EventBatch, of part: Int) -> Bool {
        if events.hasEnough(of: part) { return events.take(&batch, of: part) }
        return crew.whilePrinterWaits { events.take(&batch, of: part) }
    }
}
