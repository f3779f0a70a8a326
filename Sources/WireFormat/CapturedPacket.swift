/// A captured packet, whose bytes are borrowed from its reader's buffer.
@frozen
public struct CapturedPacket: ~Escapable, BitwiseCopyable {
    /// The 1-based number of the packet in the capture, as Wireshark counts.
    public let number: UInt64
    /// When the packet was captured.
    public let time: Timestamp
    /// The kind of header that `bytes` start with.
    public let linkType: LinkType
    /// The packet's length on the wire in bytes; more than `bytes.count` if a snap length cut it.
    public let originalLength: Int
    /// The captured bytes.
    public let bytes: Span<UInt8>
    /// The name of the interface that captured it, as stored in the capture (UTF-8, unless damaged); empty if unknown.
    public let interfaceName: Span<UInt8>

    /// Creates a packet that borrows `bytes` and `interfaceName`.
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

/// A packet as pointers into its reader's memory, valid until the reader reads on.
@unsafe
@frozen
public struct CapturedRecord {
    /// When the packet was captured.
    public var time = Timestamp(nanoseconds: 0)
    /// The kind of header that `bytes` start with.
    public var linkType = LinkType.ethernet
    /// Whether it matches the reader's filter.
    public var isWanted = true
    /// Whether options follow its bytes in the file.
    public var options = RecordOptions.none
    /// The packet's length on the wire in bytes.
    public var originalLength = 0
    /// The captured bytes in the reader's memory.
    public var bytes = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The length of the whole record in the file, in bytes.
    public var length = 0
    /// The name of its interface; empty if unknown.
    public var interfaceName = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The 1-based number of the packet; 0 before it is assigned.
    public var number: UInt64 = 0

    /// Creates a record.
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

    /// Creates a record that points to a packet's bytes, which must stay in place.
    @inlinable
    public init(_ packet: borrowing CapturedPacket) {
        unsafe self.init(
            time: packet.time, linkType: packet.linkType, originalLength: packet.originalLength,
            bytes: packet.bytes.withUnsafeBufferPointer { unsafe $0 }, length: packet.bytes.count,
            interfaceName: packet.interfaceName.withUnsafeBufferPointer { unsafe $0 }, number: packet.number)
    }

    /// The packet; the caller ties its lifetime to the reader.
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
