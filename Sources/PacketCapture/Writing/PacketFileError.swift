/// Why packets cannot be written, or not any longer.
public enum PacketFileError: Error, Hashable, Sendable {
    /// The file cannot be opened; in the system's words.
    case cannotOpen(String)
    /// Nobody reads the pipe any more.
    case closedPipe
    /// Nothing more can be written; in the system's words.
    case cannotWrite(String)
}
