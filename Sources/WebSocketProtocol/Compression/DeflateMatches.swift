import WireFormat

/// Reads deflate data (RFC 1951) only for its matches: how many there are, and how far back they refer.
final class DeflateMatches {
    /// What comes next in the data.
    private enum Place {
        case blockHeader
        /// The length of a stored block.
        case storedLength
        case stored(remaining: Int)
        /// The numbers of code lengths in the header of a dynamic block.
        case tableSizes
        /// The lengths of the code for code lengths, from the one at this index on.
        case codeLengths(index: Int)
        /// The code lengths of both codes.
        case lengths
        case symbols
        /// The data is not deflate data.
        case broken
    }

    /// The largest distance in the message so far, in bytes.
    private(set) var farthest = 0
    /// The number of matches in all messages.
    private(set) var count = 0
    /// The number of those that refer further back than their message's limit.
    private(set) var farCount = 0
    /// The distance in bytes beyond which a match of the message is far.
    private var farLimit = Int.max

    private var place = Place.blockHeader
    private var bits = DeflateBits()
    private var isFinalBlock = false
    /// Whether both codes are the fixed ones, as in most short messages.
    private var isFixed = false
    private let literals = HuffmanCode()
    /// The code for distances; while a block's header is read, the code for code lengths.
    private let distances = HuffmanCode()
    private var lengths = InlineArray<320, UInt8>(repeating: 0)
    private var lengthCount = 0
    private var literalCount = 0
    private var distanceCount = 0
    private var codeLengthCount = 0

    /// The order of the code lengths of the code for code lengths (RFC 1951 3.2.7).
    private static let codeLengthOrder: InlineArray<19, Int> = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ]
    /// RFC 1951 3.2.6.
    private static let fixedLiterals = InlineArray<288, UInt8> { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
    private static let fixedDistances = InlineArray<30, UInt8>(repeating: 5)

    /// Begins a message whose matches are far beyond `farLimit` bytes.
    func begin(farLimit: Int) {
        self.farLimit = farLimit
        farthest = 0
        bits = DeflateBits()
        place = .blockHeader
    }

    /// Resets the counts of matches to 0.
    func resetCounts() {
        count = 0
        farCount = 0
    }

    /// Reads the next bytes of the message.
    func read(_ bytes: Span<UInt8>) {
        var index = 0
        repeat {
            if case .stored(let remaining) = place, bits.count == 0 {
                let count = min(remaining, bytes.count &- index)
                index &+= count
                place = .stored(remaining: remaining &- count)
                if count == remaining { place = .blockHeader }
            }
            bits.refill(from: bytes, at: &index)
            while step(bytes, &index) {}
        } while index < bytes.count && !isBroken
    }

    private var isBroken: Bool {
        if case .broken = place { true } else { false }
    }

    /// Takes one step; false if that needs more bits than have arrived.
    private func step(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        switch place {
        case .blockHeader: return readBlockHeader()
        case .storedLength: return readStoredLength()
        case .stored(let remaining):
            guard bits.count >= 8 else { return false }
            bits.drop(8)
            place = .stored(remaining: remaining &- 1)
            if remaining == 1 { place = .blockHeader }
            return true
        case .tableSizes:
            guard bits.count >= 14 else { return false }
            literalCount = bits.take(5) &+ 257
            distanceCount = bits.take(5) &+ 1
            codeLengthCount = bits.take(4) &+ 4
            lengths = InlineArray(repeating: 0)
            place = literalCount > 286 ? .broken : .codeLengths(index: 0)
            return true
        case .codeLengths(let index): return readCodeLength(index)
        case .lengths: return readLength()
        case .symbols: return readSymbols(bytes, &index)
        case .broken: return false
        }
    }

    private func readBlockHeader() -> Bool {
        guard bits.count >= 3 else { return false }
        isFinalBlock = bits.take(1) == 1
        switch bits.take(2) {
        case 0: place = .storedLength
        case 1:
            if !isFixed {
                literals.assign(Self.fixedLiterals.span)
                distances.assign(Self.fixedDistances.span)
                isFixed = true
            }
            place = .symbols
        case 2:
            isFixed = false
            place = .tableSizes
        default: place = .broken
        }
        return true
    }

    private func readStoredLength() -> Bool {
        let padding = bits.count & 7
        guard bits.count &- padding >= 32 else { return false }
        bits.drop(padding)
        let length = bits.take(16)
        let complement = bits.take(16)
        place = length ^ complement == 0xffff ? .stored(remaining: length) : .broken
        if length == 0, !isBroken { place = .blockHeader }
        return true
    }

    private func readCodeLength(_ index: Int) -> Bool {
        guard index < codeLengthCount else {
            distances.assign(lengths.span.extracting(0..<19))
            lengths = InlineArray(repeating: 0)
            lengthCount = 0
            place = distances.isOverfull ? .broken : .lengths
            return true
        }
        guard bits.count >= 3 else { return false }
        lengths[Self.codeLengthOrder[index]] = UInt8(bits.take(3))
        place = .codeLengths(index: index &+ 1)
        return true
    }

    /// Reads one code length, or a run of them (RFC 1951 3.2.7).
    private func readLength() -> Bool {
        let all = literalCount &+ distanceCount
        guard lengthCount < all else {
            literals.assign(lengths.span.extracting(0..<literalCount))
            distances.assign(lengths.span.extracting(literalCount..<all))
            place = literals.isOverfull || distances.isOverfull ? .broken : .symbols
            return true
        }
        guard let (symbol, length) = distances.next(bits) else { return breaksOff(bits.count) }
        let (extra, base) =
            switch symbol {
            case 16: (2, 3)
            case 17: (3, 3)
            case 18: (7, 11)
            default: (0, 1)
            }
        guard length &+ extra <= bits.count else { return false }
        bits.drop(length)
        let count = base &+ bits.take(extra)
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

    /// Reads literals and matches up to the end of the block (RFC 1951 3.2.5); false if that needs more bits than have
    /// arrived.
    private func readSymbols(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        // In local variables, since the loop takes a step for each inflated byte.
        var bits = bits
        var farthest = farthest
        var count = count
        var farCount = farCount
        let farLimit = farLimit
        defer {
            self.count = count
            self.farCount = farCount
            self.bits = bits
            self.farthest = farthest
        }
        while true {
            bits.refill(from: bytes, at: &index)
            literals.skipLiterals(&bits)
            bits.refill(from: bytes, at: &index)
            guard let (symbol, length) = literals.next(bits) else { return breaksOff(bits.count) }
            guard symbol > 256 else {
                bits.drop(length)
                guard symbol == 256 else { continue }
                if isFinalBlock { bits.drop(bits.count & 7) }
                place = .blockHeader
                return true
            }
            let kind = symbol &- 257
            guard kind <= 28 else { return breaksOff() }
            let lengthBits = length &+ (kind < 8 || kind == 28 ? 0 : kind / 4 &- 1)
            guard lengthBits <= bits.count else { return false }
            // The match counts only once its distance has arrived too.
            var rest = bits
            rest.drop(lengthBits)
            guard let (code, codeLength) = distances.next(rest) else { return breaksOff(rest.count) }
            guard code < 30 else { return breaksOff() }
            let extra = max(0, code / 2 &- 1)
            guard codeLength &+ extra <= rest.count else { return false }
            rest.drop(codeLength)
            let base = code < 4 ? code : (2 &+ code & 1) &<< extra
            let distance = base &+ rest.take(extra) &+ 1
            farthest = max(farthest, distance)
            count &+= 1
            if distance > farLimit { farCount &+= 1 }
            bits = rest
        }
    }

    /// Handles `count` bits that begin no symbol: either more bits are needed, or the data is broken.
    private func breaksOff(_ count: Int = .max) -> Bool {
        if count >= HuffmanCode.maximumLength { place = .broken }
        return false
    }
}
