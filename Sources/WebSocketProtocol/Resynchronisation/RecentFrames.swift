import WireFormat

/// What the latest frames of a chain looked like, so that repeated records prove little: those of a table have few
/// shapes.
struct RecentFrames {
    /// The first bytes and lengths of the latest distinct frames.
    private var shapes = InlineArray<8, UInt64>(repeating: .max)
    /// Digests of the latest distinct unmasked texts.
    private var texts: InlineArray<4, UInt32> = [0, 0, 0, 0]
    private var nextShape: UInt8 = 0
    private var nextText: UInt8 = 0

    /// Remembers a frame's first byte and length; false if one of the latest frames had both.
    mutating func insert(_ header: FrameHeader) -> Bool {
        let shape = UInt64(header.firstByte) &<< 56 | header.payloadLength
        for index in shapes.indices where shapes[index] == shape { return false }
        shapes[Int(nextShape)] = shape
        nextShape = (nextShape &+ 1) & 7
        return true
    }

    /// Remembers the start of a text; false if one of the latest texts began alike.
    mutating func insert(text: Span<UInt8>) -> Bool {
        // FNV-1a; a collision costs a few bits of evidence.
        var digest: UInt32 = 0x811c_9dc5
        for index in text.indices.prefix(128) { digest = (digest ^ UInt32(text[index])) &* 0x0100_0193 }
        for index in texts.indices where texts[index] == digest { return false }
        texts[Int(nextText)] = digest
        nextText = (nextText &+ 1) & 3
        return true
    }
}
