/// The formats that packets are written in.
package enum PacketFileFormat: Sendable {
    /// The classic format, with nanoseconds.
    case pcap
    /// The newer format, with interfaces and their statistics.
    case pcapng

    /// The format for a file name: pcap if it ends in ".pcap" or ".cap" in any case, otherwise pcapng.
    package init(path: String) {
        let name = path.lowercased()
        self = name.hasSuffix(".pcap") || name.hasSuffix(".cap") ? .pcap : .pcapng
    }
}

/// Why packets cannot be written, or no longer.
package enum PacketFileError: Error, Hashable, Sendable {
    /// The pipe's reader has closed it.
    case closedPipe
    /// Writing failed; with the system's message.
    case cannotWrite(String)
}
