import Foundation

/// Waits until something holds.
///
/// - Parameters:
///   - seconds: How long at most.
///   - condition: What is waited for.
/// - Returns: Whether it came to hold.
/// - Throws: What the condition throws.
public func eventually(within seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while try !condition() {
        if clock.now >= deadline { return false }
        usleep(5000)
    }
    return true
}
