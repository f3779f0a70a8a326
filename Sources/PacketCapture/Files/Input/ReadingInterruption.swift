import Synchronization

/// Ends the reading of all files early, as if each ended at its current position.
package enum ReadingInterruption {
    private static let flag = Atomic(false)

    /// Whether it was requested.
    package static var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// Requests it; safe to call from a signal handler once ``isRequested`` has been read.
    package static func request() { flag.store(true, ordering: .relaxed) }
}
