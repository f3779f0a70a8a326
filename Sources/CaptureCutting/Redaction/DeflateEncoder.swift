/// Compresses a message to an exact number of bytes (RFC 1951, RFC 7692 7.2.1): one block with the fixed codes,
/// followed by empty ones.
struct DeflateEncoder {
    /// The end of earlier messages of the direction, which this one may refer to.
    var history: [UInt8] = []
    /// How far back a reference may go.
    let window: Int

    /// The most bytes of history that are useful.
    static let longestHistory = 512

    /// The message's payload; nil if it cannot have that length.
    ///
    /// - Parameters:
    ///   - text: What the payload inflates to.
    ///   - count: Its length in bytes.
    /// - Returns: The payload.
    func encode(_ text: [UInt8], toExactly count: Int) -> [UInt8]? {
        let wanted = count &* 8
        if let stored = encodeStored(text, toExactly: count) { return stored }
        // Each literal in place of a reference changes the length by about a byte.
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

    /// The payload in stored blocks (RFC 1951 3.2.4), as compressors write what they cannot compress; nil if that would
    /// be too long.
    ///
    /// Padding instead would make the stream look like headers of frames, and the search for frames weighs headers
    /// against what the stream looks like.
    private func encodeStored(_ text: [UInt8], toExactly count: Int) -> [UInt8]? {
        guard !text.isEmpty, text.count + (text.count - 1) / 65_535 * 5 + 6 <= count else { return nil }
        var bits = BitWriter(capacity: count)
        for start in stride(from: 0, to: text.count, by: 65_535) {
            let part = text[start..<min(start + 65_535, text.count)]
            bits.append(0, 8)
            bits.append(part.count, 16)
            bits.append(~part.count & 0xffff, 16)
            for byte in part { bits.append(Int(byte), 8) }
        }
        return bits.fill(to: count * 8) ? bits.bytes : nil
    }

    /// What ``encodeRun(_:toExactly:)`` inflates to: not a letter, with a value that makes for short codes.
    static let runCharacter = UInt8(ascii: "~")

    /// The payload that inflates to one character repeated, which may be very short.
    ///
    /// - Parameters:
    ///   - length: How often it is repeated.
    ///   - count: The payload's length in bytes.
    /// - Returns: The payload; nil if it cannot have that length.
    static func encodeRun(_ length: Int, toExactly count: Int) -> [UInt8]? {
        guard length > 0 else { return nil }
        for codes in [RunCodes.fixed, .own] {
            for literals in 1...min(16, length) {
                var bits = BitWriter(capacity: count)
                let (matches, rest) = (length - literals).quotientAndRemainder(dividingBy: 258)
                let last = rest < 3 ? nil : lengthCode(rest)
                if last?.symbol == 285 { continue }
                codes.write(literals: literals + (last == nil ? rest : 0), matches: matches, last, to: &bits)
                if bits.count &+ 3 > count &* 8, literals == 1 { break }
                if bits.fill(to: count &* 8) { return bits.bytes }
            }
        }
        return nil
    }

    /// A payload of this length that inflates to nothing; nil if there is none.
    static func encodeNothing(toExactly count: Int) -> [UInt8]? {
        var bits = BitWriter(capacity: count)
        return bits.fill(to: count &* 8) ? bits.bytes : nil
    }

    /// The payload of a text whose last bits, and the end of its block, are among the zeros that the receiver appends
    /// (RFC 7692 7.2.2); nil if it cannot have that length.
    static func encodeUnfinished(_ text: [UInt8], toExactly count: Int) -> [UInt8]? {
        guard count > 0, text.count <= count else { return nil }
        var bits = BitWriter(capacity: count &+ 1)
        bits.append(0b010, 3)
        for byte in text { append(symbol: Int(byte), to: &bits) }
        // The end of a block has seven bits, and sixteen bits are certain to be zeros.
        let spare = bits.count &- count &* 8
        guard -7...9 ~= spare, bits.bytes[count...].allSatisfy({ $0 == 0 }) else { return nil }
        return Array(bits.bytes.prefix(count))
    }

    /// The codes of a block of literals of ``runCharacter`` and references to the preceding byte.
    private enum RunCodes {
        /// Those of RFC 1951 3.2.6.
        case fixed
        /// Codes of the block's own, as short as possible (3.2.7).
        case own

        func write(
            literals: Int, matches: Int, _ last: (symbol: Int, value: Int, bits: Int)?, to bits: inout BitWriter
        ) {
            guard self == .own else {
                bits.append(0b010, 3)
                for _ in 0..<literals { append(symbol: Int(runCharacter), to: &bits) }
                for _ in 0..<matches { append(length: 258, distance: 1, to: &bits) }
                if let last {
                    append(symbol: last.symbol, to: &bits)
                    bits.append(last.value, last.bits)
                    bits.append(code: 0, 5)
                }
                bits.append(code: 0, 7)
                return
            }
            var counts = [Int(runCharacter): literals, 256: 1]
            if matches > 0 { counts[285] = matches }
            if let last { counts[last.symbol] = 1 }
            let codes = PrefixCode(counts)
            writeHeader(codes, hasDistance: matches > 0 || last != nil, to: &bits)
            for _ in 0..<literals { codes.append(Int(runCharacter), to: &bits) }
            for _ in 0..<matches {
                codes.append(285, to: &bits)
                bits.append(0, 1)
            }
            if let last {
                codes.append(last.symbol, to: &bits)
                bits.append(last.value, last.bits)
                bits.append(0, 1)
            }
            codes.append(256, to: &bits)
        }

        /// The header of the block: the lengths of its codes.
        private func writeHeader(_ codes: PrefixCode, hasDistance: Bool, to bits: inout BitWriter) {
            let count = (codes.lengths.keys.max() ?? 256) + 1
            let lengths = (0..<count).map { codes.lengths[$0] ?? 0 } + [hasDistance ? 1 : 0]
            // The symbol of each length, or run of zeros, and the extra bits of a run.
            var symbols: [(symbol: Int, value: Int, bits: Int)] = []
            var place = 0
            while place < lengths.count {
                let run = min(138, lengths[place...].prefix { $0 == 0 }.count)
                switch run {
                case 11...: symbols.append((18, run - 11, 7))
                case 3...10: symbols.append((17, run - 3, 3))
                default: symbols.append((lengths[place], 0, 0))
                }
                place += run < 3 ? 1 : run
            }
            let lengthCodes = PrefixCode(symbols.reduce(into: [:]) { $0[$1.symbol, default: 0] += 1 })
            let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
            let widths = order.map { lengthCodes.lengths[$0] ?? 0 }
            let shown = (widths.lastIndex { $0 > 0 } ?? 0) + 1
            bits.append(0b100, 3)
            bits.append(count - 257, 5)
            bits.append(1 - 1, 5)
            bits.append(max(4, shown) - 4, 4)
            for width in widths.prefix(max(4, shown)) { bits.append(width, 3) }
            for symbol in symbols {
                lengthCodes.append(symbol.symbol, to: &bits)
                bits.append(symbol.value, symbol.bits)
            }
        }
    }

    private func write(_ text: [UInt8], literals: Int, limit: Int, to bits: inout BitWriter) {
        let data = history + text
        var latest: [UInt32: Int] = [:]
        // The previous position of data that begins alike.
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

    /// The longest of a few matches, the nearest of equal ones; nil if none is near enough.
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
