@testable import ParallelAnalysis

/// Blocks threads until it is opened.
final class Gate: @unchecked Sendable {
    private let lock = Lock()
    private let change = Condition()
    private var isOpen = false
    private var visitors = 0

    /// Waits until it is open.
    func pass() {
        lock.withLock {
            visitors += 1
            change.broadcast()
            while !isOpen { lock.wait(for: change) }
        }
    }

    /// Waits until this many threads have come.
    func waitForVisitors(_ count: Int) {
        lock.withLock { while visitors < count { lock.wait(for: change) } }
    }

    func open() {
        lock.withLock {
            isOpen = true
            change.broadcast()
        }
    }
}

/// The items that each part ran, in order.
final class RunLog: @unchecked Sendable {
    private let lock = Lock()
    private var items: [[Int]] = Array(repeating: [], count: 4)
    private var running: Set<Int> = []
    private var overlap = false

    /// The items of each part.
    var runs: [[Int]] { lock.withLock { items } }

    /// Whether two threads ran the same part at the same time.
    var hasOverlapped: Bool { lock.withLock { overlap } }

    func begin(_ part: Int) {
        lock.withLock { if !running.insert(part).inserted { overlap = true } }
    }

    func leave(_ part: Int) {
        lock.withLock { _ = running.remove(part) }
    }

    func end(_ part: Int, _ item: Int) {
        lock.withLock {
            running.remove(part)
            items[part].append(item)
        }
    }
}
