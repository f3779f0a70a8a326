import ArgumentParser
import CaptureAnalysis

/// From which severity on findings make the exit status 3.
enum FailureLevel: String, NamedValue {
    case warning, error

    /// Whether an analysis has such findings; what filters hide counts as well.
    func isReached(_ summary: Summary) -> Bool {
        switch self {
        case .warning: summary.warnings > 0 || summary.errors > 0
        case .error: summary.errors > 0
        }
    }
}
