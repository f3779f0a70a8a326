/// A canonical Huffman code of deflate (RFC 1951 3.2.2), for reading symbols.
///
/// An object, since it takes 1.7 KB: a structure would be copied for each symbol.
final class HuffmanCode {
    /// By the next ``tableBits`` bits: the symbol whose code they begin with, times 16, plus the code's length; 0 if
    /// the code is longer or there is none.
    private var table = InlineArray<512, UInt16>(repeating: 0)
    /// The number of symbols with a code of each length.
    private var counts = InlineArray<16, UInt16>(repeating: 0)
    /// The symbols, in the order of their codes.
    private var symbols = InlineArray<320, UInt16>(repeating: 0)
    /// Whether the lengths leave no room for all codes.
    private(set) var isOverfull = false

    static let maximumLength = 15
    private static let tableBits = 9

    /// Assigns the code with these lengths, by symbol: at most 320, 0 for symbols without a code.
    func assign(_ lengths: Span<UInt8>) {
        counts = InlineArray(repeating: 0)
        table = InlineArray(repeating: 0)
        for index in lengths.indices where lengths[index] > 0 { counts[Int(lengths[index])] &+= 1 }
        var starts = InlineArray<17, Int>(repeating: 0)
        var codes = InlineArray<17, Int>(repeating: 0)
        var room = 1
        isOverfull = false
        for length in 1...Self.maximumLength {
            let count = Int(counts[length])
            room = 2 &* room &- count
            isOverfull = isOverfull || room < 0
            room = max(room, 0)
            starts[length &+ 1] = starts[length] &+ count
            codes[length &+ 1] = (codes[length] &+ count) &<< 1
        }
        guard !isOverfull else { return }
        for index in lengths.indices where lengths[index] > 0 {
            let length = Int(lengths[index])
            symbols[starts[length]] = UInt16(truncatingIfNeeded: index)
            starts[length] &+= 1
            if length <= Self.tableBits {
                fill(codes[length], length, UInt16(truncatingIfNeeded: index &<< 4 | length))
            }
            codes[length] &+= 1
        }
    }

    /// Sets the table's entries for a code, whatever bits follow it.
    private func fill(_ code: Int, _ length: Int, _ entry: UInt16) {
        // Codes come with their highest bit first; everything else in deflate comes with the lowest first.
        var index = 0
        for bit in 0..<length where code &>> bit & 1 == 1 { index |= 1 &<< (length &- 1 &- bit) }
        while index < table.count {
            table[index] = entry
            index &+= 1 &<< length
        }
    }

    /// The next symbol in `bits`, and the length of its code; nil if the bits do not begin with a symbol.
    @inline(__always)
    func next(_ bits: DeflateBits) -> (symbol: Int, length: Int)? {
        let entry = Int(table[Int(truncatingIfNeeded: bits.value & (1 &<< UInt64(Self.tableBits) &- 1))])
        guard entry == 0 else { return entry & 15 <= bits.count ? (entry &>> 4, entry & 15) : nil }
        return nextLong(bits)
    }

    /// Drops the literals at the start of `bits`, as long as the bits would hold any whole code and the table has
    /// theirs.
    @inline(__always)
    func skipLiterals(_ bits: inout DeflateBits) {
        while bits.count >= Self.maximumLength {
            let entry = table[Int(truncatingIfNeeded: bits.value & (1 &<< UInt64(Self.tableBits) &- 1))]
            // Neither 0 nor an end of block or length, which are 256 and above.
            guard entry &- 1 < 256 &<< 4 &- 1 else { return }
            bits.drop(Int(entry & 15))
        }
    }

    /// Finds the next symbol bit by bit, as ``next(_:)`` does.
    @inline(never)
    private func nextLong(_ bits: DeflateBits) -> (symbol: Int, length: Int)? {
        var code = 0
        var first = 0
        var index = 0
        var length = 1
        while length <= min(bits.count, Self.maximumLength) {
            code |= Int(truncatingIfNeeded: bits.value &>> UInt64(length &- 1)) & 1
            let codes = Int(counts[length])
            if code &- first < codes { return (Int(symbols[index &+ code &- first]), length) }
            index &+= codes
            first = (first &+ codes) &<< 1
            code &<<= 1
            length &+= 1
        }
        return nil
    }
}
