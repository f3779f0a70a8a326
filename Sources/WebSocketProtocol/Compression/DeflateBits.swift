import WireFormat

/// Bits of deflate data that have arrived but are not read yet, the next one lowest (RFC 1951 3.1.1).
struct DeflateBits {
    private(set) var value: UInt64 = 0
    private(set) var count = 0

    /// Refills to at least 49 bits from the bytes at `index`, if there are enough: every step can be taken with them.
    @inline(__always)
    mutating func refill(from bytes: Span<UInt8>, at index: inout Int) {
        guard count <= 48 else { return }
        if bytes.count &- index >= 8 {
            let byteCount = (56 &- count) &>> 3
            let word = bytes.littleEndianUInt64(at: index) & (1 &<< UInt64(byteCount &* 8) &- 1)
            value |= word &<< UInt64(count)
            count &+= byteCount &* 8
            index &+= byteCount
            return
        }
        while count <= 48, index < bytes.count {
            value |= UInt64(bytes[index]) &<< UInt64(count)
            count &+= 8
            index &+= 1
        }
    }

    /// Removes the next bits, which must be there, and returns the number that they form.
    @inline(__always)
    mutating func take(_ length: Int) -> Int {
        let number = value & (1 &<< UInt64(length) &- 1)
        drop(length)
        return Int(truncatingIfNeeded: number)
    }

    @inline(__always)
    mutating func drop(_ length: Int) {
        value &>>= UInt64(length)
        count &-= length
    }
}
