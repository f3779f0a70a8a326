@testable import wstap

/// Holds threads up until it is opened.
final class Gate: @unchecked Sendable {
    private let monitor = Monitor()
    private var isOpen = false
    private var visitors = 0

    /// Waits until it is open.
    func pass() {
        monitor.locked {
            visitors += 1
            monitor.notify()
            while !isOpen { monitor.wait() }
        }
    }

    /// Waits until so many have come.
    func waitForVisitors(_ count: Int) {
        monitor.locked { while visitors < count { monitor.wait() } }
    }

    func open() {
        monitor.locked {
            isOpen = true
            monitor.notify()
        }
    }
}
