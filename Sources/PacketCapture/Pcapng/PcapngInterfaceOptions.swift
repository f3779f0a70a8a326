/// The options of an interface description that matter here (draft-ietf-opsawg-pcapng 3.5, 4.2).
struct PcapngInterfaceOptions {
    /// if_name.
    private(set) var name: InterfaceName?
    /// if_description.
    private(set) var description: InterfaceName?
    /// if_tsresol.
    private(set) var resolution: UInt8?
    /// if_tsoffset, in seconds.
    private(set) var offset: Int64?

    /// Reads the options of a block, which must be here as a whole; of several of a kind the first counts, and a list
    /// that just ends is as good as one with an end.
    ///
    /// - Throws: `damaged` where an option runs past the block, or a time option has not its length: without them the
    ///   packets' times would be wrong.
    init(of block: PcapngBlock, in input: borrowing ReadBuffer, isBigEndian: Bool) throws(ReadingError) {
        var position = 16
        let end = block.length &- 4
        while end &- position >= 4 {
            let code = input.load(UInt16.self, at: position, isBigEndian: isBigEndian)
            let length = Int(input.load(UInt16.self, at: position &+ 2, isBigEndian: isBigEndian))
            guard code != 0 else { return }
            position &+= 4
            guard length <= end &- position else {
                throw .damaged(
                    .betweenPackets, at: input.offset, "an option of the \(block.type) runs past its end")
            }
            switch (code, length) {
            case (2, 1...): unsafe name = name ?? InterfaceName(input.bytes(at: position, count: length))
            case (3, 1...): unsafe description = description ?? InterfaceName(input.bytes(at: position, count: length))
            case (9, 1): resolution = resolution ?? input.load(UInt8.self, at: position, isBigEndian: isBigEndian)
            case (14, 8): offset = offset ?? input.load(Int64.self, at: position, isBigEndian: isBigEndian)
            case (9, _), (14, _):
                throw .damaged(
                    .betweenPackets, at: input.offset, "option \(code) of the \(block.type) has a length of \(length)")
            default: break
            }
            position &+= (length &+ 3) & ~3
        }
    }
}
