import WireFormat

/// Reads deflate data (RFC 1951) only for how far its matches reach back: the window that the sender used.
///
/// Neither zlib nor ISA-L tells. Needed only if a window smaller than deflate's largest was negotiated (RFC 7692 7.1.2).
/// The data may come in pieces of any size.
final class DistanceReader {
    /// What comes next in the data.
    private enum Place {
        case blockHeader
        /// The length of a stored block.
        case storedLength
        case stored(remaining: Int)
        /// How many lengths the header of a dynamic block has.
        case tableSizes
        /// The lengths of the code that codes lengths, from the one at this index on.
        case codeLengths(index: Int)
        /// The lengths of both codes.
        case lengths
        case symbols
        /// Nothing: this is no deflate data.
        case broken
    }

    /// The largest distance in the message so far, in bytes.
    private(set) var farthest = 0

    private var place = Place.blockHeader
    /// Bits that have come and are not read yet, the next one lowest.
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var isFinalBlock = false
    private var isFixed = false
    private var literals = HuffmanCode.empty
    /// The code of distances; while a block's header is read, the one that codes lengths.
    private var distances = HuffmanCode.empty
    private var lengths = InlineArray<320, UInt8>(repeating: 0)
    private var lengthCount = 0
    private var literalCount = 0
    private var distanceCount = 0
    private var codeLengthCount = 0

    /// The memory it takes, in bytes.
    static let byteCount = 2048

    /// The order in which the lengths of the code for lengths come (RFC 1951 3.2.7).
    private static let codeLengthOrder: InlineArray<19, Int> = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ]
    /// RFC 1951 3.2.6.
    private static let fixedLiterals = {
        let lengths = InlineArray<288, UInt8> { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
        return HuffmanCode(lengths.span)
    }()
    private static let fixedDistances = {
        let lengths = InlineArray<30, UInt8>(repeating: 5)
        return HuffmanCode(lengths.span)
    }()

    /// Begins a message.
    func begin() {
        farthest = 0
        bits = 0
        bitCount = 0
        place = .blockHeader
    }

    /// Reads the next bytes of the message.
    func receive(_ bytes: Span<UInt8>) {
        var index = 0
        repeat {
            if case .stored(let remaining) = place, bitCount == 0 {
                let count = min(remaining, bytes.count &- index)
                index &+= count
                place = .stored(remaining: remaining &- count)
                if count == remaining { endBlock() }
            }
            while bitCount <= 56, index < bytes.count {
                bits |= UInt64(bytes[index]) &<< UInt64(bitCount)
                bitCount &+= 8
                index &+= 1
            }
            // With 57 bits every step can be taken.
            while step() {}
        } while index < bytes.count && !isBroken
    }

    private var isBroken: Bool {
        if case .broken = place { true } else { false }
    }

    /// Takes one step; false if it needs more bits than have come.
    private func step() -> Bool {
        switch place {
        case .blockHeader: return readBlockHeader()
        case .storedLength: return readStoredLength()
        case .stored(let remaining):
            guard bitCount >= 8 else { return false }
            drop(8)
            place = .stored(remaining: remaining &- 1)
            if remaining == 1 { endBlock() }
            return true
        case .tableSizes:
            guard bitCount >= 14 else { return false }
            literalCount = take(5) &+ 257
            distanceCount = take(5) &+ 1
            codeLengthCount = take(4) &+ 4
            lengths = InlineArray(repeating: 0)
            place = literalCount > 286 ? .broken : .codeLengths(index: 0)
            return true
        case .codeLengths(let index): return readCodeLength(index)
        case .lengths: return readLength()
        case .symbols: return readSymbol()
        case .broken: return false
        }
    }

    private func readBlockHeader() -> Bool {
        guard bitCount >= 3 else { return false }
        isFinalBlock = take(1) == 1
        switch take(2) {
        case 0: place = .storedLength
        case 1:
            isFixed = true
            place = .symbols
        case 2:
            isFixed = false
            place = .tableSizes
        default: place = .broken
        }
        return true
    }

    private func readStoredLength() -> Bool {
        let padding = bitCount & 7
        guard bitCount &- padding >= 32 else { return false }
        drop(padding)
        let length = take(16)
        let complement = take(16)
        place = length ^ complement == 0xffff ? .stored(remaining: length) : .broken
        if length == 0, !isBroken { endBlock() }
        return true
    }

    private func readCodeLength(_ index: Int) -> Bool {
        guard index < codeLengthCount else {
            distances = HuffmanCode(lengths.span.extracting(0..<19))
            lengths = InlineArray(repeating: 0)
            lengthCount = 0
            place = distances.isOverfull ? .broken : .lengths
            return true
        }
        guard bitCount >= 3 else { return false }
        lengths[Self.codeLengthOrder[index]] = UInt8(take(3))
        place = .codeLengths(index: index &+ 1)
        return true
    }

    /// Reads one length or a run of them (RFC 1951 3.2.7).
    private func readLength() -> Bool {
        let all = literalCount &+ distanceCount
        guard lengthCount < all else {
            literals = HuffmanCode(lengths.span.extracting(0..<literalCount))
            distances = HuffmanCode(lengths.span.extracting(literalCount..<all))
            place = literals.isOverfull || distances.isOverfull ? .broken : .symbols
            return true
        }
        guard let (symbol, length) = distances.next(bits, bitCount) else { return breaksOff() }
        let (extra, base) =
            switch symbol {
            case 16: (2, 3)
            case 17: (3, 3)
            case 18: (7, 11)
            default: (0, 1)
            }
        guard length &+ extra <= bitCount else { return false }
        drop(length)
        let count = base &+ take(extra)
        guard count <= all &- lengthCount, symbol != 16 || lengthCount > 0 else {
            place = .broken
            return true
        }
        let value = symbol < 16 ? UInt8(symbol) : symbol == 16 ? lengths[lengthCount &- 1] : 0
        for _ in 0..<count {
            lengths[lengthCount] = value
            lengthCount &+= 1
        }
        return true
    }

    /// Reads a literal, a match or the end of a block (RFC 1951 3.2.5).
    private func readSymbol() -> Bool {
        guard let (symbol, length) = isFixed ? Self.fixedLiterals.next(bits, bitCount) : literals.next(bits, bitCount)
        else { return breaksOff() }
        if symbol < 256 {
            drop(length)
            return true
        }
        if symbol == 256 {
            drop(length)
            endBlock()
            return true
        }
        let kind = symbol &- 257
        let matchBits = length &+ (kind < 8 || kind == 28 ? 0 : kind / 4 &- 1)
        guard kind <= 28 else {
            place = .broken
            return true
        }
        guard matchBits <= bitCount else { return false }
        let rest = bits &>> UInt64(matchBits)
        let restCount = bitCount &- matchBits
        guard
            let (code, codeLength) = isFixed
                ? Self.fixedDistances.next(rest, restCount) : distances.next(rest, restCount)
        else {
            return breaksOff(restCount)
        }
        guard code < 30 else {
            place = .broken
            return true
        }
        let extra = max(0, code / 2 &- 1)
        guard codeLength &+ extra <= restCount else { return false }
        drop(matchBits &+ codeLength)
        let base = code < 4 ? code : (2 &+ code & 1) &<< extra
        farthest = max(farthest, base &+ take(extra) &+ 1)
        return true
    }

    /// Ends a block; what follows a final one begins with the next byte (RFC 7692 7.2.3.4).
    private func endBlock() {
        if isFinalBlock { drop(bitCount & 7) }
        place = .blockHeader
    }

    /// No symbol begins with the bits that have come: either more are needed, or there is none.
    private func breaksOff(_ count: Int? = nil) -> Bool {
        guard count ?? bitCount >= HuffmanCode.maximumLength else { return false }
        place = .broken
        return true
    }

    private func take(_ count: Int) -> Int {
        let value = bits & (1 &<< UInt64(count) &- 1)
        drop(count)
        return Int(value)
    }

    private func drop(_ count: Int) {
        bits &>>= UInt64(count)
        bitCount &-= count
    }
}

/// A canonical Huffman code (RFC 1951 3.2.2), read bit by bit.
///
/// An object, since it takes 720 bytes: a structure would be copied for each symbol.
private final class HuffmanCode: Sendable {
    /// How many symbols have a code of each length.
    private let counts: InlineArray<16, Int>
    /// The symbols in the order of their codes.
    private let symbols: InlineArray<288, UInt16>
    /// Whether the lengths leave no room for all codes.
    let isOverfull: Bool

    static let maximumLength = 15

    /// A code without symbols.
    static let empty = HuffmanCode(Span())

    /// The code with these lengths, by symbol; 0 for symbols without a code.
    init(_ lengths: Span<UInt8>) {
        var counts = InlineArray<16, Int>(repeating: 0)
        var symbols = InlineArray<288, UInt16>(repeating: 0)
        var isOverfull = false
        for index in lengths.indices where lengths[index] > 0 { counts[Int(lengths[index])] &+= 1 }
        var starts = InlineArray<17, Int>(repeating: 0)
        var room = 1
        for length in 1...Self.maximumLength {
            room = 2 &* room &- counts[length]
            isOverfull = isOverfull || room < 0
            room = max(room, 0)
            starts[length &+ 1] = starts[length] &+ counts[length]
        }
        for index in lengths.indices where lengths[index] > 0 {
            let length = Int(lengths[index])
            symbols[starts[length]] = UInt16(index)
            starts[length] &+= 1
        }
        self.counts = counts
        self.symbols = symbols
        self.isOverfull = isOverfull
    }

    /// The symbol that comes next in `bits`, and the length of its code; nil if no symbol begins with the `count` bits.
    func next(_ bits: UInt64, _ count: Int) -> (symbol: Int, length: Int)? {
        var code = 0
        var first = 0
        var index = 0
        var length = 1
        while length <= min(count, Self.maximumLength) {
            code |= Int(truncatingIfNeeded: bits &>> UInt64(length &- 1)) & 1
            let codes = counts[length]
            if code &- first < codes { return (Int(symbols[index &+ code &- first]), length) }
            index &+= codes
            first = (first &+ codes) &<< 1
            code &<<= 1
            length &+= 1
        }
        return nil
    }
}
