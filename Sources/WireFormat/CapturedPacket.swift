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

/// A packet as its reader holds it, until that reads on: what of it can be kept beyond a borrow.
@unsafe
@frozen
public struct CapturedRecord {
    /// When the packet was captured.
    public var time = Timestamp(nanoseconds: 0)
    /// What the first of `bytes` is.
    public var linkType = LinkType.ethernet
    /// Whether the reader's filter matches it.
    public var isWanted = true
    /// How many bytes the packet had on the wire.
    public var originalLength = 0
    /// The captured bytes, where the reader has put them.
    public var bytes = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// How many bytes of the file it takes, what stands around the packet's own included.
    public var length = 0
    /// The name of its interface; empty where the capture tells none.
    public var interfaceName = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The 1-based number of the packet; 0 while it has none.
    public var number: UInt64 = 0

    /// Makes a record.
    @inlinable @inline(__always)
    public init(
        time: Timestamp = Timestamp(nanoseconds: 0), linkType: LinkType = .ethernet, originalLength: Int = 0,
        bytes: UnsafeBufferPointer<UInt8> = unsafe UnsafeBufferPointer(start: nil, count: 0), length: Int = 0,
        interfaceName: UnsafeBufferPointer<UInt8> = unsafe UnsafeBufferPointer(start: nil, count: 0), number: UInt64 = 0
    ) {
        unsafe self.time = time
        unsafe self.linkType = linkType
        unsafe self.originalLength = originalLength
        unsafe self.bytes = unsafe bytes
        unsafe self.length = length
        unsafe self.interfaceName = unsafe interfaceName
        unsafe self.number = number
    }

    /// Makes the record of a packet, whose bytes must stay where they are.
    @inlinable
    public init(_ packet: borrowing CapturedPacket) {
        unsafe self.init(
            time: packet.time, linkType: packet.linkType, originalLength: packet.originalLength,
            bytes: packet.bytes.withUnsafeBufferPointer { unsafe $0 }, length: packet.bytes.count,
            interfaceName: packet.interfaceName.withUnsafeBufferPointer { unsafe $0 }, number: packet.number)
    }

    /// The packet, which the caller ties to the time until its reader reads on.
    @inlinable
    public var packet: CapturedPacket {
        @_lifetime(immortal) @inline(__always) get {
            unsafe CapturedPacket(
                number: number, time: time, linkType: linkType, originalLength: originalLength,
                bytes: _overrideLifetime(Span(_unsafeElements: bytes), copying: ()),
                interfaceName: _overrideLifetime(Span(_unsafeElements: interfaceName), copying: ()))
        }
    }
}
