import WireFormat

/// A packet as its file's reader holds it, until that reads on: what of it can be kept beyond a borrow.
@unsafe
struct CapturedRecord {
    let time: Timestamp
    let linkType: LinkType
    let originalLength: Int
    let bytes: UnsafeBufferPointer<UInt8>
    /// The name of its interface; empty where the file tells none.
    var interfaceName = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Whether the filter matches it.
    var isWanted = true

    /// The packet under a number of the caller's, who also ties it to the time until its reader reads on.
    @_lifetime(immortal)
    func packet(number: UInt64) -> CapturedPacket {
        unsafe CapturedPacket(
            number: number, time: time, linkType: linkType, originalLength: originalLength,
            bytes: _overrideLifetime(Span(_unsafeElements: bytes), copying: ()),
            interfaceName: _overrideLifetime(Span(_unsafeElements: interfaceName), copying: ()))
    }
}
