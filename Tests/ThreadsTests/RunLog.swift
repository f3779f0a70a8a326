@testable import wstap

/// What was run of each part, in order.
final class RunLog: @unchecked Sendable {
    private let monitor = Monitor()
    private var items: [[Int]] = Array(repeating: [], count: 4)
    private var running: Set<Int> = []
    private var overlap = false

    /// The items of each part.
    var runs: [[Int]] { monitor.locked { items } }

    /// Whether two ran the same part at the same time.
    var hasOverlapped: Bool { monitor.locked { overlap } }

    func begin(_ part: Int) {
        monitor.locked { if !running.insert(part).inserted { overlap = true } }
    }

    func leave(_ part: Int) {
        monitor.locked { _ = running.remove(part) }
    }

    func end(_ part: Int, _ item: Int) {
        monitor.locked {
            running.remove(part)
            items[part].append(item)
        }
    }
}
