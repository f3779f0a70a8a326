/// A way in for bytes of whatever kind, and what must hold of what comes of them.
///
/// Each case turns an input into what its part of the program takes, in the form that the comment on its `…Run` type
/// describes. Every input is a valid one; a trap, or a ``Disagreement``, is a bug.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// The readers of capture files of all formats.
    case captureFiles = "capture-files"
    /// The decoder of packets, with its fragments.
    case packets
    /// The reassembly of a TCP connection.
    case segments
    /// The follower of HTTP heads and proxies to the upgrade.
    case upgrade
    /// The reader of TLS connections, with key logs.
    case tls
    /// The reader of hellos, and that of key logs.
    case hellos
    /// The decoder of one direction's frames and messages.
    case frames
    /// The whole way from packets to the trace.
    case pipeline
    /// The analysis of a session whose packets are made of the input.
    case sessions
    /// An analysis with little memory.
    case memory

    /// Feeds an input to the target.
    ///
    /// - Parameter input: Bytes of any kind.
    /// - Throws: What did not hold.
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

    /// Feeds an input to the target and traps if something does not hold, for fuzzers.
    public func runOrTrap(_ input: [UInt8]) {
        do throws(Disagreement) {
            try run(input)
        } catch {
            fatalError("\(self): \(error.words)")
        }
    }
}

/// What did not hold of an input.
public struct Disagreement: Error, CustomStringConvertible {
    /// What was expected, and what came.
    public let words: String

    /// The words.
    public var description: String { words }
}
