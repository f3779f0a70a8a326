import Foundation
import TestSupport
import Testing

/// One test after the other: they measure, and the machine may be small.
@Suite("A live capture", .serialized, .needsStage)
struct LiveTests {}

/// The moment, in nanoseconds since 1970.
func now() -> Int64 {
    Int64(Date().timeIntervalSince1970 * 1e9)
}
