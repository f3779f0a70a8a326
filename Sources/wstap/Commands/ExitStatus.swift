import ArgumentParser
import CaptureAnalysis

/// Exit statuses; 64 for wrong usage comes from the argument parser.
enum ExitStatus {
    /// The input was cut short or partly unreadable; everything readable was printed.
    static let partlyRead: Int32 = 1
    /// Nothing could be read, or the output could not be written.
    static let nothingRead: Int32 = 2
    /// Everything was read, and there are findings that `--fail-on` asks for.
    static let findings: Int32 = 3
}

/// The severity from which findings make the exit status 3.
enum FailureLevel: String, NamedValue {
    case warning, error

    /// Whether there are such findings, filtered out or not.
    func isReached(_ summary: Summary) -> Bool {
        switch self {
        case .warning: summary.warnings > 0 || summary.errors > 0
        case .error: summary.errors > 0
        }
    }
}
