public import WireFormat

/// A packet as its file's reader holds it, until that reads on: what of it can be kept beyond a borrow.
@unsafe
@usableFromInline
struct CapturedRecord {
    @usableFromInline
    var time = Timestamp(nanoseconds: 0)
    @usableFromInline
    var linkType = LinkType.ethernet
    /// Whether the filter matches it.
    var isWanted = true
    @usableFromInline
    var originalLength = 0
    @usableFromInline
    var bytes = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// How many bytes of the file it takes, what stands around the packet's own included.
    var length = 0
    /// The name of its interface; empty where the file tells none.
    @usableFromInline
    var interfaceName = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The 1-based number of the packet; 0 while it has none.
    @usableFromInline
    var number: UInt64 = 0

    /// The packet, which the caller ties to the time until its reader reads on.
    @inlinable
    var packet: CapturedPacket {
        @_lifetime(immortal) @inline(__always) get {
            unsafe CapturedPacket(
                number: number, time: time, linkType: linkType, originalLength: originalLength,
                bytes: _overrideLifetime(Span(_unsafeElements: bytes), copying: ()),
                interfaceName: _overrideLifetime(Span(_unsafeElements: interfaceName), copying: ()))
        }
    }
}
