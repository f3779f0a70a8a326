/// What to capture from an interface, and how.
public struct LiveOptions: Hashable, Sendable {
    /// The interface's name; "any" is all of them, where the system has that.
    public var interface: String
    /// Whether packets that are not for this machine are wanted as well.
    public var isPromiscuous = true
    /// Bytes captured of each packet at most: 1 to ``maximumSnapLength``.
    public var snapLength = LiveOptions.maximumSnapLength
    /// Bytes of the kernel's buffer between the interface and its reader.
    public var bufferSize = LiveOptions.defaultBufferSize
    /// Milliseconds that the kernel may hold packets back to hand on several at once.
    public var delay = 20

    /// More than any packet of a network has.
    public static let maximumSnapLength = PcapHeader.maximumPacketLength
    /// 32 MiB: seconds of a busy network, should the reader be held up.
    public static let defaultBufferSize = 32 << 20

    /// Makes options with the defaults.
    public init(interface: String) {
        self.interface = interface
    }
}
