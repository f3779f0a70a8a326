import ArgumentParser
import CaptureAnalysis

/// What the exit status says; 64 for wrong usage is the argument parser's.
enum ExitStatus {
    /// The input was cut or partly unreadable: everything readable was printed.
    static let partlyRead: Int32 = 1
    /// Nothing could be read, or the output could not be written.
    static let nothingRead: Int32 = 2
    /// All was read, and there are findings that `--fail-on` names.
    static let findings: Int32 = 3
}

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
