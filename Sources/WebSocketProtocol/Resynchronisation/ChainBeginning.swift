/// Where a chain begins, and whether its first frame is believed.
///
/// A length in 7 bits of a header that is none leads to a true one once in 130 gaps, since 126 places can. So a first
/// frame with such a length that proves little by itself is left out, however much the frames after it prove, unless
/// one of them has the same length. Two that are none, in a row, are rare enough.
struct ChainBeginning {
    /// Where the first header stands.
    let offset: UInt64
    /// Whether the first frame must prove something by itself.
    private var isDoubtful: Bool
    /// The first header's first byte, and its length.
    private var shape: (firstByte: UInt8, length: UInt64) = (0, 0)
    /// The header after it; nil if the first frame has not been taken yet.
    private var second: UInt64?

    /// Begins at a header; `isDoubtful` unless it stands where one is likely.
    init(at offset: UInt64, isDoubtful: Bool) {
        self.offset = offset
        self.isDoubtful = isDoubtful
    }

    /// Notes the first frame: what it proves, in bits, wherever it ends, and where the next header is due.
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

    /// The first header that is believed to be one.
    var place: UInt64 { isDoubtful ? second ?? offset : offset }
}
