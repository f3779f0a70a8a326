import WireFormat

/// An interface as a pcapng file describes it.
@safe
struct PcapngInterface {
    let linkType: LinkType
    /// How many bytes of a packet were captured at most; 0 is no limit.
    let snapLength: UInt32
    let clock: TickClock
    /// Its name, or what describes it where it has none; empty where the file tells neither.
    ///
    /// The bytes are an `InterfaceName`'s.
    let name: UnsafeBufferPointer<UInt8>
}

/// The bytes of an interface's name, in a place that packets can point to; freed with their owner.
@safe
final class InterfaceName {
    /// The first bytes of the name.
    let bytes: UnsafeBufferPointer<UInt8>

    /// Copies at most 256 bytes of `name`.
    init(_ name: UnsafeBufferPointer<UInt8>) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: min(name.count, 256))
        _ = unsafe copy.initialize(fromContentsOf: name.prefix(copy.count))
        unsafe bytes = UnsafeBufferPointer(copy)
    }

    deinit {
        unsafe bytes.deallocate()
    }
}
