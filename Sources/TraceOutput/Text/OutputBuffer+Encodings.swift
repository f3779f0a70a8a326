import CVectors

private let hexDigits: StaticString = "0123456789abcdef"

extension OutputBuffer {
    /// Appends a number in decimal.
    @inline(__always)
    mutating func append(decimal value: UInt64) {
        guard value < 100_000_000 else { return appendLong(decimal: value) }
        unsafe append(atMost: 8) { target in
            let digits = DecimalDigits(value)
            unsafe target.write(digits.ascii &>> UInt64(8 &* digits.leadingZeros))
            return 8 &- digits.leadingZeros
        }
    }

    /// Appends a number of more than eight digits in decimal.
    @inline(never)
    private mutating func appendLong(decimal value: UInt64) {
        let (high, low) = value.quotientAndRemainder(dividingBy: 100_000_000)
        append(decimal: high)
        append(decimal: low, digits: 8)
    }

    /// Appends a number in decimal, with a sign if negative.
    mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
    }

    /// Appends a number below 10^9 as nine decimal digits, with leading zeros.
    @inline(__always)
    mutating func append(nineDigits value: UInt64) {
        let (high, low) = value.quotientAndRemainder(dividingBy: 100_000_000)
        append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: high))
        append(decimal: low, digits: 8)
    }

    /// Appends the low `digits` decimal digits (1 to 8) of a number below 10^8, with leading zeros.
    @inline(__always)
    mutating func append(decimal value: UInt64, digits: Int) {
        precondition(digits > 0 && digits <= 8)
        unsafe append(atMost: 8) { target in
            unsafe target.write(DecimalDigits(value).ascii &>> UInt64(8 &* (8 &- digits)))
            return digits
        }
    }

    /// Appends nanoseconds as seconds with nine decimals, for example "-0.000000001".
    mutating func append(seconds nanoseconds: Int64) {
        if nanoseconds < 0 { append(UInt8(ascii: "-")) }
        let (seconds, fraction) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        append(decimal: seconds)
        append(UInt8(ascii: "."))
        append(nineDigits: fraction)
    }

    /// Appends the low `digits` hexadecimal digits of a number in lower case, with leading zeros.
    mutating func append(hex value: UInt32, digits: Int) {
        unsafe append(atMost: digits) { target in
            for place in 0..<digits {
                let nibble = Int(value &>> UInt32(4 &* (digits &- 1 &- place)) & 0xf)
                unsafe target[place] = hexDigits.utf8Start[nibble]
            }
            return digits
        }
    }

    /// The number of decimal digits of `value`: 1 to 20.
    static func decimalDigits(of value: UInt64) -> Int {
        var digits = 0
        var rest = value
        while rest >= 100_000_000 {
            rest /= 100_000_000
            digits &+= 8
        }
        return digits &+ 8 &- DecimalDigits(rest).leadingZeros
    }
}

/// The eight decimal digits of a number below 10^8, computed in parallel.
private struct DecimalDigits {
    /// The digits' values, the first in the lowest byte.
    private let values: UInt64

    @inline(__always)
    init(_ value: UInt64) {
        // Split into two halves of four digits, then four pairs, then eight digits, each in its own lane.
        let (high, low) = value.quotientAndRemainder(dividingBy: 10_000)
        let halves = high | low &<< 32
        let hundreds = (halves &* 10_486) &>> 20 & 0x0000_007f_0000_007f
        let pairs = hundreds | (halves &- hundreds &* 100) &<< 16
        let tens = (pairs &* 103) &>> 10 & 0x000f_000f_000f_000f
        values = tens | (pairs &- tens &* 10) &<< 8
    }

    /// The digits as text, the first in the lowest byte.
    @inline(__always)
    var ascii: UInt64 { values | 0x3030_3030_3030_3030 }

    /// The number of leading zeros, not counting the last digit.
    @inline(__always)
    var leadingZeros: Int { min(values.trailingZeroBitCount &>> 3, 7) }
}

extension UnsafeMutablePointer<UInt8> {
    /// Writes eight bytes, the lowest first.
    @inline(__always)
    fileprivate func write(_ bytes: UInt64) {
        unsafe UnsafeMutableRawPointer(self).storeBytes(of: bytes.littleEndian, as: UInt64.self)
    }
}

private let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

/// The two characters of each 12-bit value, the first in the low byte.
private let characterPairs: [UInt16] = (0..<4096).map { value in
    let (first, second) = unsafe (alphabet.utf8Start[value >> 6], alphabet.utf8Start[value & 0x3f])
    return UInt16(first) | UInt16(second) << 8
}

extension OutputBuffer {
    /// Appends bytes in base64 with padding (RFC 4648 4).
    mutating func append(base64 bytes: Span<UInt8>) {
        let count = bytes.count
        unsafe append(atMost: (count &+ 2) / 3 &* 4) { target in
            unsafe bytes.withUnsafeBufferPointer { source in
                unsafe characterPairs.withUnsafeBufferPointer { pairs in
                    unsafe Self.encode(source, pairs: pairs, at: target)
                }
            }
        }
    }

    /// Encodes blocks, then six bytes to eight characters at a time, then the rest in threes.
    private static func encode(
        _ source: UnsafeBufferPointer<UInt8>, pairs: UnsafeBufferPointer<UInt16>, at target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let raw = UnsafeRawBufferPointer(source)
        let output = UnsafeMutableRawPointer(target)
        var (from, to) = (0, 0)
        if source.count >= 64, let start = source.baseAddress {
            from = unsafe base64_encode_blocks(start, source.count, target)
            to = from / 3 &* 4
        }
        while from &+ 8 <= source.count {
            let word = UInt64(bigEndian: unsafe raw.loadUnaligned(fromByteOffset: from, as: UInt64.self))
            let low = unsafe UInt32(pairs[Int(word &>> 52)]) | UInt32(pairs[Int(word &>> 40 & 0xfff)]) &<< 16
            let high = unsafe UInt32(pairs[Int(word &>> 28 & 0xfff)]) | UInt32(pairs[Int(word &>> 16 & 0xfff)]) &<< 16
            let eight = UInt64(low) | UInt64(high) &<< 32
            unsafe output.storeBytes(of: eight.littleEndian, toByteOffset: to, as: UInt64.self)
            from &+= 6
            to &+= 8
        }
        while from < source.count {
            let left = source.count &- from
            let first = unsafe UInt32(source[from])
            let second = left > 1 ? unsafe UInt32(source[from &+ 1]) : 0
            let third = left > 2 ? unsafe UInt32(source[from &+ 2]) : 0
            let bits = first &<< 16 | second &<< 8 | third
            for place in 0..<4 {
                let index = Int(bits &>> UInt32(18 &- 6 &* place) & 0x3f)
                unsafe target[to &+ place] = place > left ? UInt8(ascii: "=") : alphabet.utf8Start[index]
            }
            from &+= 3
            to &+= 4
        }
        return to
    }
}
