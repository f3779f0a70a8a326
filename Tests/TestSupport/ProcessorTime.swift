import Foundation

/// The least processor time of this thread in three runs of some code, in seconds.
///
/// Unlike wall-clock time, it hardly depends on what else the machine does, so that two sizes of input can be compared.
///
/// - Parameter body: The code; it must do its work on this thread.
/// - Returns: The time.
/// - Throws: The errors of the code.
package func processorSeconds(_ body: () throws -> Void) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<3 {
        let start = threadClock()
        try body()
        least = min(least, threadClock() - start)
    }
    return least
}

private func threadClock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
