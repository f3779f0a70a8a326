import WireFormat

/// Bits of deflate data that have come and are not read yet, the next one lowest (RFC 1951 3.1.1).
struct DeflateBits {
    private(set) var value: UInt64 = 0
    private(set) var count = 0

    /// Makes at least 49 bits of the bytes from `index` on, if there are as many: with them, every step can be taken.
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

    /// The number that the next bits are, which must be there; drops them.
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
