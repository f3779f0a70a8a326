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

    /// Six bytes become eight characters at a time, then the rest three by three.
    private static func encode(
        _ source: UnsafeBufferPointer<UInt8>, pairs: UnsafeBufferPointer<UInt16>, at target: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let raw = UnsafeRawBufferPointer(source)
        let output = UnsafeMutableRawPointer(target)
        var (from, to) = (0, 0)
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
