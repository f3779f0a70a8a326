import WireFormat

/// An interface described in a pcapng file.
@safe
struct PcapngInterface {
    let linkType: LinkType
    /// Captured bytes per packet at most; 0 means no limit.
    let snapLength: UInt32
    let clock: TickClock
    /// Its name, or else its description; empty if the file has neither.
    ///
    /// The bytes belong to an `InterfaceName`.
    let name: UnsafeBufferPointer<UInt8>
}

/// The bytes of an interface's name, at an address that packets can point to.
@safe
final class InterfaceName {
    let bytes: UnsafeBufferPointer<UInt8>

    /// Copies up to 256 bytes of `name`.
    init(_ name: UnsafeBufferPointer<UInt8>) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: min(name.count, 256))
        _ = unsafe copy.initialize(fromContentsOf: name.prefix(copy.count))
        unsafe bytes = UnsafeBufferPointer(copy)
    }

    deinit {
        unsafe bytes.deallocate()
    }
}

/// The options of an Interface Description Block that are used (draft-ietf-opsawg-pcapng 3.5, 4.2).
struct PcapngInterfaceOptions {
    /// if_name.
    private(set) var name: InterfaceName?
    /// if_description.
    private(set) var description: InterfaceName?
    /// if_tsresol.
    private(set) var resolution: UInt8?
    /// if_tsoffset, in seconds.
    private(set) var offset: Int64?

    /// Reads the options of a block, which must be complete in the buffer.
    ///
    /// The first of several options of a kind counts. The list need not have an end-of-options option.
    ///
    /// - Throws: `damaged` if an option runs past the end of the block, or a time option has the wrong length: ignoring
    ///   it would give wrong times.
    init(of block: PcapngBlock, in input: borrowing ReadBuffer, isBigEndian: Bool) throws(ReadingError) {
        var options = PcapngOptions(of: block, from: 16, isBigEndian: isBigEndian)
        while let (code, position, length) = options.next(in: input) {
            switch (code, length) {
            case (2, 1...): unsafe name = name ?? InterfaceName(input.bytes(at: position, count: length))
            case (3, 1...): unsafe description = description ?? InterfaceName(input.bytes(at: position, count: length))
            case (9, 1): resolution = resolution ?? input.load(UInt8.self, at: position, isBigEndian: isBigEndian)
            case (14, 8): offset = offset ?? input.load(Int64.self, at: position, isBigEndian: isBigEndian)
            case (9, _), (14, _):
                throw .damaged(
                    .betweenPackets, at: input.offset, "option \(code) of the \(block.type) has length \(length)")
            default: break
            }
        }
        guard !options.isCut else {
            throw .damaged(
                .betweenPackets, at: input.offset, "an option of the \(block.type) runs past the block's end")
        }
    }
}
