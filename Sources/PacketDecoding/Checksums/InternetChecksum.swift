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
            var word: UInt64 = 0
            for index in offset..<count { unsafe word |= UInt64(bytes[index]) &<< UInt64(8 &* (index &- offset)) }
            Self.add(UInt64(littleEndian: word), to: &other, &carries)
        }
        Self.add(other, to: &one, &carries)
        sum = Self.half(one) &+ carries
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
