import WireFormat

/// Reads frame headers from a stream that comes in pieces; a header in one piece is read where it stands.
struct FrameHeaderReader {
    private var gathered = InlineArray<14, UInt8>(repeating: 0)
    private var gatheredCount = 0

    /// Whether no byte of a header is waiting for the rest of it.
    var isEmpty: Bool { gatheredCount == 0 }

    /// Takes the next header from `input`; nil when it ends before the header does, and then all of it is taken.
    mutating func next(_ input: inout ByteCursor) -> FrameHeader? {
        if gatheredCount == 0, let header = FrameHeader(input.rest) {
            input.skip(header.byteCount)
            return header
        }
        while let byte = input.readUInt8() {
            gathered[gatheredCount] = byte
            gatheredCount &+= 1
            if let header = FrameHeader(gathered.span.extracting(0..<gatheredCount)) {
                gatheredCount = 0
                return header
            }
        }
        return nil
    }

    /// What has come of a header that ends too early; nil where nothing has.
    ///
    /// The length and the key are not known to their last byte, and a mask bit that has not come is taken to be right.
    func unfinished(from sender: Role) -> FrameHeader? {
        guard gatheredCount > 0 else { return nil }
        let second = gatheredCount > 1 ? gathered[1] : sender == .client ? 0x80 : 0
        return FrameHeader(
            firstByte: gathered[0], maskingKey: second & 0x80 != 0 ? 0 : nil, payloadLength: UInt64(second & 0x7f),
            hasMinimalLength: true, byteCount: gatheredCount)
    }

    /// Forgets the part of a header that is waiting.
    mutating func reset() {
        gatheredCount = 0
    }
}
