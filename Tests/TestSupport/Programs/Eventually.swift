import Foundation

/// Waits until something holds.
///
/// - Parameters:
///   - seconds: How long at most.
///   - condition: What is waited for.
/// - Returns: Whether it came to hold.
/// - Throws: What the condition throws.
public func eventually(within seconds: Double = .patience, _ condition: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while try !condition() {
        if clock.now >= deadline { return false }
        usleep(5000)
    }
    return true
}

extension Double {
    /// How many seconds a test waits for what should happen soon: only a failure takes that long, however busy the machine.
    public static let patience = 300.0
}
