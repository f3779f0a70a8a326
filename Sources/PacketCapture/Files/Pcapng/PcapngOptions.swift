/// Goes through the options of a block that is complete in the buffer (draft-ietf-opsawg-pcapng 3.5).
///
/// The list need not have an end-of-options option.
struct PcapngOptions {
    /// Where the next option begins in the buffer.
    private var position: Int
    /// Where the options end at the latest.
    private let end: Int
    private let isBigEndian: Bool
    /// Whether the last option runs past the end of the block; it is not returned.
    private(set) var isCut = false

    /// Begins at `start`, counted from the block's first byte.
    init(of block: PcapngBlock, from start: Int, isBigEndian: Bool) {
        position = start
        end = block.length &- 4
        self.isBigEndian = isBigEndian
    }

    /// The next option: its code, and where its value is in the buffer; nil if there is none.
    mutating func next(in input: borrowing ReadBuffer) -> (code: UInt16, position: Int, length: Int)? {
        guard end &- position >= 4 else { return nil }
        let code = input.load(UInt16.self, at: position, isBigEndian: isBigEndian)
        let length = Int(input.load(UInt16.self, at: position &+ 2, isBigEndian: isBigEndian))
        guard code != 0 else { return nil }
        let value = position &+ 4
        guard length <= end &- value else {
            isCut = true
            return nil
        }
        position = value &+ (length &+ 3) & ~3
        return (code, value, length)
    }
}
