/// Where a chain begins, and whether its first frame is believed.
///
/// The 7-bit length of a false header leads to a true header in one of 130 gaps, since 126 places can. So a first frame
/// with such a length that proves little by itself is left out, however much the frames after it prove, unless one of
/// them has the same length and first byte. Two false headers in a row are rare enough.
struct ChainBeginning {
    /// The offset of the first header.
    let offset: UInt64
    /// Whether the first frame must prove something by itself.
    private var isDoubtful: Bool
    /// The first byte of the first header, and its payload length.
    private var shape: (firstByte: UInt8, length: UInt64) = (0, 0)
    /// The offset of the second header; nil until the first frame is taken.
    private var second: UInt64?

    /// Begins at a header; `isDoubtful` unless a header is likely at that offset.
    init(at offset: UInt64, isDoubtful: Bool) {
        self.offset = offset
        self.isDoubtful = isDoubtful
    }

    /// Records the first frame: its evidence in bits, wherever it ends, and where the next header is due.
    mutating func record(_ header: FrameHeader, bits: Int, next: UInt64) {
        guard isDoubtful else { return }
        isDoubtful = header.payloadLength < 126 && bits < Evidence.neededByFirstFrame
        shape = (header.firstByte, header.payloadLength)
        second = next
    }

    /// Compares a later frame with the first.
    mutating func compare(_ header: FrameHeader) {
        if isDoubtful, header.payloadLength == shape.length, header.firstByte == shape.firstByte { isDoubtful = false }
    }

    /// The offset of the first header that is believed.
    var place: UInt64 { isDoubtful ? second ?? offset : offset }
}
