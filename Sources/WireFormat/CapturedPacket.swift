/// One packet as a capture holds it; its bytes are borrowed from whoever read them and valid only during the call
/// that hands it on.
@frozen
public struct CapturedPacket: ~Escapable, BitwiseCopyable {
    /// The 1-based number of the packet in the capture, as Wireshark counts.
    public let number: UInt64
    /// When the packet was captured.
    public let time: Timestamp
    /// What the first of `bytes` is.
    public let linkType: LinkType
    /// How many bytes the packet had on the wire; more than `bytes.count` when a snap length cut it.
    public let originalLength: Int
    /// The captured bytes.
    public let bytes: Span<UInt8>
    /// The name of the interface that captured it, as the capture holds it (UTF-8, unless it is damaged); empty where the
    /// capture tells none.
    public let interfaceName: Span<UInt8>

    /// Makes a packet that borrows `bytes` and `interfaceName`.
    @inlinable
    @_lifetime(copy bytes, copy interfaceName)
    public init(
        number: UInt64, time: Timestamp, linkType: LinkType, originalLength: Int, bytes: Span<UInt8>,
        interfaceName: Span<UInt8> = Span()
    ) {
        self.number = number
        self.time = time
        self.linkType = linkType
        self.originalLength = originalLength
        self.bytes = bytes
        self.interfaceName = interfaceName
    }
}
