/// The one's complement sum of 16-bit words (RFC 1071), in the byte order of this machine.
///
/// RFC 1071 2(B): the order of bytes does not matter until the sum is compared with something.
struct InternetChecksum {
    /// Congruent to the sum modulo 65,535.
    private var sum: UInt64 = 0

    /// Adds bytes; an odd one at the end counts as if a zero followed.
    mutating func add(_ bytes: Span<UInt8>) {
        // 2^64 is 1 modulo 65,535, so that words of 64 bits may be added, and what is carried out of them.
        var (one, other, carries) = (sum, UInt64(0), UInt64(0))
        unsafe bytes.withUnsafeBytes { bytes in
            let count = bytes.count
            var offset = 0
            while offset &+ 16 <= count {
                unsafe Self.add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self), to: &one, &carries)
                unsafe Self.add(bytes.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self), to: &other, &carries)
                offset &+= 16
            }
            if offset &+ 8 <= count {
                unsafe Self.add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self), to: &one, &carries)
                offset &+= 8
            }
            Self.add(unsafe Self.tail(of: bytes, from: offset), to: &other, &carries)
        }
        Self.add(other, to: &one, &carries)
        sum = Self.half(one) &+ carries
    }

    /// The last bytes, fewer than eight, as if zeros followed.
    @inline(__always)
    private static func tail(of bytes: UnsafeRawBufferPointer, from offset: Int) -> UInt64 {
        let rest = bytes.count &- offset
        guard rest > 0 else { return 0 }
        if bytes.count >= 8 {
            // The bytes before them are moved out.
            let word = unsafe bytes.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self)
            return UInt64(littleEndian: UInt64(littleEndian: word) &>> UInt64(64 &- 8 &* rest))
        }
        var word: UInt64 = 0
        for index in 0..<rest { unsafe word |= UInt64(bytes[offset &+ index]) &<< UInt64(8 &* index) }
        return UInt64(littleEndian: word)
    }

    @inline(__always)
    private static func add(_ word: UInt64, to sum: inout UInt64, _ carries: inout UInt64) {
        let (result, overflow) = sum.addingReportingOverflow(word)
        sum = result
        carries &+= overflow ? 1 : 0
    }

    /// Adds an address.
    mutating func add(_ address: IPAddress) {
        let bits = address.bits.bigEndian
        let (low, high) = (UInt64(truncatingIfNeeded: bits), UInt64(truncatingIfNeeded: bits &>> 64))
        sum &+= (low & 0xffff_ffff) &+ low &>> 32 &+ (high & 0xffff_ffff) &+ high &>> 32
    }

    /// Adds a number that stands in network byte order.
    mutating func add(_ number: UInt32) {
        sum &+= UInt64(number.bigEndian)
    }

    /// The sum in network byte order, from 1 to 65,535; 0, which is the same as 65,535, only of nothing but zeros.
    var value: UInt16 {
        UInt16(bigEndian: UInt16(truncatingIfNeeded: Self.fold(Self.fold(sum))))
    }

    /// Brings 64 bits to 33.
    @inline(__always)
    private static func half(_ sum: UInt64) -> UInt64 {
        (sum & 0xffff_ffff) &+ sum &>> 32
    }

    /// Brings 64 bits to 17, and 17 to 16.
    private static func fold(_ sum: UInt64) -> UInt64 {
        let half = half(sum)
        let quarter = (half & 0xffff) &+ half &>> 16 & 0xffff &+ half &>> 32
        return (quarter & 0xffff) &+ quarter &>> 16
    }
}
