/// The one's complement sum of 16-bit words (RFC 1071), in the byte order of this machine.
///
/// RFC 1071 2(B): the order of bytes does not matter until the sum is compared with something.
struct InternetChecksum {
    /// Congruent to the sum modulo 65,535.
    private var sum: UInt64 = 0

    /// Adds bytes; an odd one at the end counts as if a zero followed.
    mutating func add(_ bytes: Span<UInt8>) {
        let raw = unsafe bytes.bytes
        var offset = 0
        // 65,536 is 1 modulo 65,535, so that 32-bit words may be added as they are, each into 64 bits.
        var low = SIMD4<UInt64>()
        var high = SIMD4<UInt64>()
        while offset &+ 32 <= raw.byteCount {
            let words = unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
            low &+= words & 0xffff_ffff
            high &+= words &>> 32
            offset &+= 32
        }
        // A packet is far too short for these sums to reach 64 bits.
        sum &+= low.wrappedSum() &+ high.wrappedSum()
        while offset &+ 4 <= raw.byteCount {
            sum &+= UInt64(unsafe raw.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
            offset &+= 4
        }
        var word: UInt32 = 0
        for index in offset..<raw.byteCount { word |= UInt32(bytes[index]) &<< UInt32(8 &* (index &- offset)) }
        sum &+= UInt64(UInt32(littleEndian: word))
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

    /// Brings 64 bits to 17, and 17 to 16.
    private static func fold(_ sum: UInt64) -> UInt64 {
        let half = (sum & 0xffff_ffff) &+ sum &>> 32
        let quarter = (half & 0xffff) &+ half &>> 16 & 0xffff &+ half &>> 32
        return (quarter & 0xffff) &+ quarter &>> 16
    }
}
