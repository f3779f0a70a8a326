/// Compresses a message to an exact number of bytes (RFC 1951, RFC 7692 7.2.1): one block with the fixed codes, and empty ones
/// behind it.
struct DeflateEncoder {
    /// What earlier messages of the direction ended with, that this one may refer to.
    var history: [UInt8] = []
    /// How far back a reference may go.
    let window: Int

    /// The most bytes of history that are of use.
    static let longestHistory = 512

    /// The message's payload; nil if it cannot have that length.
    ///
    /// - Parameters:
    ///   - text: What it is to inflate to.
    ///   - count: Its length in bytes.
    /// - Returns: The payload.
    func encode(_ text: [UInt8], toExactly count: Int) -> [UInt8]? {
        let wanted = count &* 8
        // A few more literals in place of references change the length by a byte or so each.
        for literals in 0...12 {
            var bits = BitWriter(capacity: count)
            if !text.isEmpty {
                bits.append(0b010, 3)
                write(text, literals: literals, limit: wanted, to: &bits)
                bits.append(0, 7)
            }
            if bits.count &+ 3 > wanted, literals == 0 { return nil }
            if bits.fill(to: wanted) { return bits.bytes }
        }
        return nil
    }

    /// The character at a place of filler that repeats itself after four, since the distance 4 has a short code.
    static func repeated(_ place: Int) -> UInt8 {
        let letters: InlineArray<4, UInt8> = [0x78, 0x71, 0x7a, 0x37]
        return letters[place & 3]
    }

    /// The payload that inflates to filler (``repeated(_:)``): with codes made for that, since what repeats itself may be very short.
    static func encodeFiller(_ length: Int, toExactly count: Int) -> [UInt8]? {
        guard length >= 16 else { return nil }
        for literals in stride(from: 4, through: min(32, length), by: 4) {
            var bits = BitWriter(capacity: count)
            let (matches, rest) = (length - literals).quotientAndRemainder(dividingBy: 258)
            let last = rest < 3 ? nil : lengthCode(rest)
            // One code of one bit, for 258 bytes; eight of four.
            var symbols = Set((0..<4).map { Int(repeated($0)) } + [256])
            if let last { symbols.insert(last.symbol) }
            for spare in 257...265 where symbols.count < 8 { symbols.insert(spare) }
            guard last?.symbol != 285 else { continue }
            let codes = Dictionary(uniqueKeysWithValues: symbols.sorted().enumerated().map { ($0.1, 8 + $0.0) })
            writeCodes(symbols, to: &bits)
            for place in 0..<literals { bits.append(code: codes[Int(repeated(place))] ?? 0, 4) }
            // A length, then the distance 4, which has a code of one bit.
            for _ in 0..<matches { bits.append(code: 0, 2) }
            if let last {
                bits.append(code: codes[last.symbol] ?? 0, 4)
                bits.append(last.value, last.bits)
                bits.append(code: 0, 1)
            } else {
                for place in 0..<rest {
                    bits.append(code: codes[Int(repeated(literals + matches * 258 + place))] ?? 0, 4)
                }
            }
            bits.append(code: codes[256] ?? 0, 4)
            if bits.count &+ 3 > count &* 8, literals == 4 { return nil }
            if bits.fill(to: count &* 8) { return bits.bytes }
        }
        return nil
    }

    /// The header of a block with codes of its own (RFC 1951 3.2.7).
    private static func writeCodes(_ symbols: Set<Int>, to bits: inout BitWriter) {
        bits.append(0b100, 3)
        bits.append(286 - 257, 5)
        bits.append(5 - 1, 5)
        bits.append(18 - 4, 4)
        // Eight codes of three bits, for the lengths that follow.
        let used = [0, 1, 2, 3, 4, 5, 17, 18]
        for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
            bits.append(used.contains(symbol) ? 3 : 0, 3)
        }
        let lengths = (0..<285).map { symbols.contains($0) ? 4 : 0 } + [1] + [0, 0, 0, 1, 1]
        var place = 0
        while place < lengths.count {
            let run = lengths[place...].prefix { $0 == 0 }.count
            switch run {
            case 11...:
                bits.append(code: 7, 3)
                bits.append(min(run, 138) - 11, 7)
                place += min(run, 138)
            case 3...10:
                bits.append(code: 6, 3)
                bits.append(run - 3, 3)
                place += run
            default:
                bits.append(code: lengths[place], 3)
                place += 1
            }
        }
    }

    private func write(_ text: [UInt8], literals: Int, limit: Int, to bits: inout BitWriter) {
        let data = history + text
        var latest: [UInt32: Int] = [:]
        // The place before, of those that begin alike.
        var earlier = [Int32](repeating: -1, count: data.count)
        func key(_ place: Int) -> UInt32 {
            UInt32(data[place]) << 16 | UInt32(data[place + 1]) << 8 | UInt32(data[place + 2])
        }
        var noted = 0
        func note(upTo end: Int) {
            while noted < end, noted + 2 < data.count {
                earlier[noted] = Int32(clamping: latest[key(noted)] ?? -1)
                latest[key(noted)] = noted
                noted += 1
            }
        }
        var place = history.count
        while place < data.count, bits.count <= limit {
            note(upTo: place)
            if place - history.count >= literals, place + 2 < data.count,
                let match = longestMatch(data, at: place, from: latest[key(place)], earlier)
            {
                Self.append(length: match.length, distance: match.distance, to: &bits)
                place += match.length
            } else {
                Self.append(symbol: Int(data[place]), to: &bits)
                place += 1
            }
        }
    }

    /// The longest of a few matches, the nearest of equals; nil if none is near enough.
    private func longestMatch(
        _ data: [UInt8], at place: Int, from latest: Int?, _ earlier: [Int32]
    ) -> (length: Int, distance: Int)? {
        var best: (length: Int, distance: Int)?
        var candidate = latest ?? -1
        for _ in 0..<16 where candidate >= 0 && place - candidate <= window {
            var length = 3
            while length < 258, place + length < data.count, data[candidate + length] == data[place + length] {
                length += 1
            }
            if length > best?.length ?? 0 { best = (length, place - candidate) }
            candidate = Int(earlier[candidate])
        }
        return best
    }

    /// A symbol in the fixed code (RFC 1951 3.2.6).
    private static func append(symbol: Int, to bits: inout BitWriter) {
        switch symbol {
        case 0...143: bits.append(code: 0x30 + symbol, 8)
        case 144...255: bits.append(code: 0x190 + symbol - 144, 9)
        case 256...279: bits.append(code: symbol - 256, 7)
        default: bits.append(code: 0xc0 + symbol - 280, 8)
        }
    }

    /// The symbol of a length, and its extra bits (RFC 1951 3.2.5).
    private static func lengthCode(_ length: Int) -> (symbol: Int, value: Int, bits: Int) {
        guard length < 258 else { return (285, 0, 0) }
        var base = 3
        for index in 0..<28 {
            let extra = index < 8 ? 0 : index / 4 - 1
            if length < base + (1 << extra) { return (257 + index, length - base, extra) }
            base += 1 << extra
        }
        return (285, 0, 0)
    }

    private static func append(length: Int, distance: Int, to bits: inout BitWriter) {
        let code = lengthCode(length)
        append(symbol: code.symbol, to: &bits)
        bits.append(code.value, code.bits)
        var (base, extra) = (1, 0)
        for index in 0..<30 {
            extra = index < 4 ? 0 : index / 2 - 1
            if distance < base + (1 << extra) {
                bits.append(code: index, 5)
                bits.append(distance - base, extra)
                return
            }
            base += 1 << extra
        }
    }
}

/// Bits, the lowest of a byte first.
private struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    init(capacity: Int) {
        bytes.reserveCapacity(min(capacity, 1 << 20))
    }

    /// Appends a number, its lowest bit first.
    mutating func append(_ value: Int, _ width: Int) {
        for bit in 0..<width {
            if count & 7 == 0 { bytes.append(0) }
            if value >> bit & 1 == 1 { bytes[count >> 3] |= 1 << UInt8(count & 7) }
            count += 1
        }
    }

    /// Appends empty blocks up to this length, the last of them stored, without its length (RFC 7692 7.2.1).
    ///
    /// - Returns: Whether there is room for that; if not, nothing is appended.
    mutating func fill(to wanted: Int) -> Bool {
        let room = wanted &- count &- 3
        // An empty block with the fixed codes has ten bits; padding has fewer than eight.
        guard room >= 0, room % 10 < 8 else { return false }
        for _ in 0..<(room / 10) { append(0b010, 10) }
        append(0, 3 &+ room % 10)
        return true
    }

    /// Appends a code, its highest bit first.
    mutating func append(code: Int, _ width: Int) {
        for bit in (0..<width).reversed() { append(code >> bit & 1, 1) }
    }
}
