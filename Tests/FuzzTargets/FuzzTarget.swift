/// An entry point for arbitrary bytes, and the checks on the results.
///
/// Each case turns an input into what its part of the program takes, in the form described at its `…Run` type. Every
/// input is valid; a trap or a ``Disagreement`` is a bug.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// The readers of capture files of all formats.
    case captureFiles = "capture-files"
    /// The decoder of packets, with its fragments.
    case packets
    /// The reassembly of a TCP connection.
    case segments
    /// The reader of HTTP heads and proxies up to the upgrade.
    case upgrade
    /// The reader of TLS connections, with key logs.
    case tls
    /// The readers of hellos and of key logs.
    case hellos
    /// The decoder of one direction's frames and messages.
    case frames
    /// The whole path from packets to the trace.
    case pipeline
    /// The analysis of a session whose packets are made from the input.
    case sessions
    /// An analysis with little memory.
    case memory

    /// Feeds an input to the target.
    ///
    /// - Parameter input: Bytes of any kind.
    /// - Throws: The check that failed.
    public func run(_ input: [UInt8]) throws(Disagreement) {
        switch self {
        case .captureFiles: try CaptureFilesRun(input).check()
        case .packets: try PacketsRun(input).check()
        case .segments: try SegmentsRun(input).check()
        case .upgrade: try UpgradeRun(input).check()
        case .tls: try TLSRun(input).check()
        case .hellos: try HellosRun(input).check()
        case .frames: try FramesRun(input).check()
        case .pipeline: try PipelineRun(input).check()
        case .sessions: try SessionsRun(input).check()
        case .memory: try MemoryRun(input).check()
        }
    }

    /// Feeds an input to the target, and traps if a check fails; for fuzzers.
    public func runOrTrap(_ input: [UInt8]) {
        do throws(Disagreement) {
            try run(input)
        } catch {
            fatalError("\(self): \(error.words)")
        }
    }
}

/// A check that failed for an input.
public struct Disagreement: Error, CustomStringConvertible {
    /// What was expected, and what was found.
    public let words: String

    /// The explanation.
    public var description: String { words }
}
