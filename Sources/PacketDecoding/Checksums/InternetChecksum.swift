import CVectors

/// The one's complement sum of 16-bit words (RFC 1071), in host byte order.
///
/// Byte order does not matter until the sum is compared with something (RFC 1071 2(B)).
@frozen
@usableFromInline
struct InternetChecksum {
    /// Congruent to the sum modulo 65,535.
    @usableFromInline
    var sum: UInt64 = 0

    @inlinable @inline(__always)
    init() {}

    /// Adds bytes; an odd last byte counts as if a zero followed.
    @inlinable @inline(__always)
    mutating func add(_ bytes: Span<UInt8>) {
        // 2^64 is 1 modulo 65,535, so 64-bit words may be added, and their carries.
        var (one, other) = (sum, UInt64(0))
        unsafe bytes.withUnsafeBytes { bytes in
            let count = bytes.count
            var offset = 0
            if count >= Self.shortestWithBlocks {
                offset = count & ~63
                one = unsafe Self.add(one, Self.sum(ofBlocks: UnsafeRawBufferPointer(rebasing: bytes[..<offset])))
            }
            while offset &+ 32 <= count {
                one = unsafe Self.add(one, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                other = unsafe Self.add(other, bytes.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self))
                one = unsafe Self.add(one, bytes.loadUnaligned(fromByteOffset: offset &+ 16, as: UInt64.self))
                other = unsafe Self.add(other, bytes.loadUnaligned(fromByteOffset: offset &+ 24, as: UInt64.self))
                offset &+= 32
            }
            while offset &+ 8 <= count {
                one = unsafe Self.add(one, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset &+= 8
            }
            other = Self.add(other, unsafe Self.tail(of: bytes, from: offset))
        }
        sum = Self.add(one, other)
    }

    /// From this many bytes on, a call pays.
    @inlinable
    static var shortestWithBlocks: Int { 256 }

    /// The sum of blocks of 64 bytes.
    @usableFromInline
    static func sum(ofBlocks bytes: UnsafeRawBufferPointer) -> UInt64 {
        unsafe word_sum(bytes.baseAddress, bytes.count)
    }

    /// The last bytes, fewer than eight, as if zeros followed.
    @inlinable @inline(__always)
    static func tail(of bytes: UnsafeRawBufferPointer, from offset: Int) -> UInt64 {
        let rest = bytes.count &- offset
        guard rest > 0 else { return 0 }
        if bytes.count >= 8 {
            // Shifts out the bytes before them.
            let word = unsafe bytes.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self)
            return UInt64(littleEndian: UInt64(littleEndian: word) &>> UInt64(64 &- 8 &* rest))
        }
        var word: UInt64 = 0
        for index in 0..<rest { unsafe word |= UInt64(bytes[offset &+ index]) &<< UInt64(8 &* index) }
        return UInt64(littleEndian: word)
    }

    /// The sum with its carry added again.
    @inlinable @inline(__always)
    static func add(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let (sum, isCarried) = one.addingReportingOverflow(other)
        // A sum of two words that carries is below 2^64 - 1, so this addition does not.
        return sum &+ (isCarried ? 1 : 0)
    }

    /// Adds an address.
    @inlinable @inline(__always)
    mutating func add(_ address: IPAddress) {
        let bits = address.bits.bigEndian
        sum = Self.add(sum, UInt64(truncatingIfNeeded: bits))
        sum = Self.add(sum, UInt64(truncatingIfNeeded: bits &>> 64))
    }

    /// Adds a number, as it is in network byte order on the wire.
    @inlinable @inline(__always)
    mutating func add(_ number: UInt32) {
        sum = Self.add(sum, UInt64(number.bigEndian))
    }

    /// Whether a sum over bytes and their checksum is right: 65,535 or a multiple of it.
    @inlinable @inline(__always)
    var isRight: Bool { sum != 0 && sum % 65_535 == 0 }

    /// The sum in network byte order, from 1 to 65,535; 0, which is equivalent to 65,535, only for zeros alone.
    @inlinable @inline(__always)
    var value: UInt16 {
        UInt16(bigEndian: UInt16(truncatingIfNeeded: Self.fold(Self.fold(sum))))
    }

    /// Folds 64 bits to 33.
    @inlinable @inline(__always)
    static func half(_ sum: UInt64) -> UInt64 {
        (sum & 0xffff_ffff) &+ sum &>> 32
    }

    /// Folds 64 bits to 17, and 17 to 16.
    @inlinable @inline(__always)
    static func fold(_ sum: UInt64) -> UInt64 {
        let half = half(sum)
        let quarter = (half & 0xffff) &+ half &>> 16 & 0xffff &+ half &>> 32
        return (quarter & 0xffff) &+ quarter &>> 16
    }
}
