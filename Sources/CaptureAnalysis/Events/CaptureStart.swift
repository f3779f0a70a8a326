/// The beginning of a trace.
public struct CaptureStart: Sendable {
    /// The names of the files or interfaces that are read, as the user gave them.
    public var sources: [String]
}
