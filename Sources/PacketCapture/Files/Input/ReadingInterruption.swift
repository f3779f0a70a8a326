import Synchronization

/// Ends the reading of all files early, as if each ended where it has been read to.
package enum ReadingInterruption {
    private static let flag = Atomic(false)

    /// Whether it was asked for.
    package static var isRequested: Bool { flag.load(ordering: .relaxed) }

    /// Asks for it; may be called by a signal handler once ``isRequested`` was read.
    package static func request() { flag.store(true, ordering: .relaxed) }
}
