import Synchronization

/// The latest lines of a trace, for any number of readers.
///
/// Readers never delay the writer. One that falls behind is told how many lines it missed.
/// Lines are numbered from 0. Of the lines that no longer fit, those that begin and end sessions are kept longer.
public final class EventRing: Sendable {
    /// Limits on what is kept.
    public struct Bounds: Sendable {
        /// The bytes of the latest lines.
        public var bytes: Int
        /// Their number.
        public var lines: Int
        /// The bytes of older lines that begin or end sessions.
        public var sessionBytes: Int
        /// Their number.
        public var sessionLines: Int

        /// Creates limits that are enough for some minutes.
        public init(
            bytes: Int = 64 << 20, lines: Int = 400_000, sessionBytes: Int = 16 << 20, sessionLines: Int = 20_000
        ) {
            (self.bytes, self.lines, self.sessionBytes, self.sessionLines) = (bytes, lines, sessionBytes, sessionLines)
        }
    }

    /// A part of the lines, for a reader.
    public struct Batch: Sendable {
        /// Complete lines.
        public var bytes: [UInt8] = []
        /// The number of the first line of the next batch.
        public var next: UInt64
        /// The number of lines before these that are no longer kept.
        public var dropped: UInt64 = 0
        /// Whether some of these began or ended a session.
        public var missesSessions = false
        /// Whether there is more already.
        public var isFull = false
    }

    /// What was received so far.
    public struct Totals: Sendable {
        /// Lines for the page, without the frames of data messages.
        public var lines: UInt64 = 0
        /// Frames of either kind.
        public var frames: UInt64 = 0
        /// Bytes of the trace.
        public var bytes: UInt64 = 0
        /// Lines that were too long, or not an event.
        public var unusable: UInt64 = 0
        /// Whether the trace has ended.
        public var hasEnded = false
    }

    private struct Block {
        var first: UInt64
        var lines: Int
        var bytes: [UInt8]
    }

    private struct State {
        var header: [UInt8] = []
        var totals = Totals()
        var blocks = RingQueue<Block>()
        var bytes = 0
        var lines = 0
        var sessions = RingQueue<Block>()
        var sessionBytes = 0
        /// The number from which on all lines are kept that begin or end sessions.
        var sessionsKeptFrom: UInt64 = 0
    }

    private let bounds: Bounds
    private let state = Mutex(State())

    /// Creates an empty ring.
    public init(bounds: Bounds = Bounds()) {
        self.bounds = bounds
    }

    /// What was received so far.
    public var totals: Totals { state.withLock { $0.totals } }

    /// The first line of the trace, without which a reader cannot place times.
    public var header: [UInt8] { state.withLock { $0.header } }

    /// The number of bytes that are kept.
    var heldBytes: Int { state.withLock { $0.bytes + $0.sessionBytes } }

    /// Records that the trace has ended.
    public func finish() {
        state.withLock { $0.totals.hasEnded = true }
    }

    /// Adds lines.
    func append(_ chunk: TraceLines.Chunk) {
        state.withLock { state in
            if state.header.isEmpty { state.header = chunk.header }
            state.totals.frames += chunk.frames
            state.totals.bytes += UInt64(chunk.received)
            state.totals.unusable += chunk.unusable
            guard chunk.lines > 0 else { return }
            state.blocks.append(Block(first: state.totals.lines, lines: chunk.lines, bytes: chunk.bytes))
            state.totals.lines += UInt64(chunk.lines)
            state.bytes += chunk.bytes.count
            state.lines += chunk.lines
            while state.blocks.count > 1, state.bytes > bounds.bytes || state.lines > bounds.lines {
                guard let old = state.blocks.removeFirst() else { break }
                state.bytes -= old.bytes.count
                state.lines -= old.lines
                keepSessions(of: old, &state)
            }
        }
    }

    /// The lines from a number on: as many blocks as hold `limit` bytes, at least one if there is one.
    public func batch(from cursor: UInt64, limit: Int = 1 << 20) -> Batch {
        state.withLock { state in
            var batch = Batch(next: min(cursor, state.totals.lines))
            guard let oldest = state.blocks.first else { return batch }
            if batch.next < oldest.first {
                var kept: UInt64 = 0
                let start = state.sessions.firstIndex { $0.first >= batch.next }
                for index in start..<state.sessions.count {
                    batch.bytes += state.sessions[index].bytes
                    kept += 1
                }
                batch.dropped = oldest.first - batch.next - kept
                batch.missesSessions = batch.next < state.sessionsKeptFrom
                batch.next = oldest.first
            }
            var index = state.blocks.firstIndex { $0.first + UInt64($0.lines) > batch.next }
            while index < state.blocks.count, batch.bytes.isEmpty || batch.bytes.count < limit {
                let block = state.blocks[index]
                batch.bytes += TraceLines.dropping(Int(batch.next - block.first), of: block.bytes)
                batch.next = block.first + UInt64(block.lines)
                index += 1
            }
            batch.isFull = batch.next < state.totals.lines
            return batch
        }
    }

    private func keepSessions(of block: Block, _ state: inout State) {
        for (place, line) in TraceLines.split(block.bytes).enumerated() where TraceLines.isOfSession(line) {
            state.sessions.append(Block(first: block.first + UInt64(place), lines: 1, bytes: Array(line)))
            state.sessionBytes += line.count
        }
        while state.sessionBytes > bounds.sessionBytes || state.sessions.count > bounds.sessionLines {
            guard let old = state.sessions.removeFirst() else { break }
            state.sessionBytes -= old.bytes.count
            state.sessionsKeptFrom = old.first + 1
        }
    }
}
