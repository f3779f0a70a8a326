/// The formats that packets are written in.
public enum PacketFileFormat: Sendable {
    /// The classic one, with nanoseconds.
    case pcap
    /// The one that also tells of interfaces and what they dropped.
    case pcapng

    /// The format that a file's name asks for: pcap where it ends in ".pcap" or ".cap", else pcapng.
    public init(path: String) {
        let name = path.lowercased()
        self = name.hasSuffix(".pcap") || name.hasSuffix(".cap") ? .pcap : .pcapng
    }
}
