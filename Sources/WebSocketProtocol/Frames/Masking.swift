/// Masking of a frame's payload (RFC 6455 5.3): byte i is XORed with byte i modulo 4 of the key.
struct Masking: Sendable {
    /// The key, rotated to the current position, in memory order.
    private var key: UInt32

    /// Begins a payload.
    ///
    /// - Parameter maskingKey: The key, its first byte in the top bits.
    init(maskingKey: UInt32) {
        key = UInt32(bigEndian: maskingKey)
    }

    /// Skips `count` payload bytes.
    mutating func skip(_ count: UInt64) {
        let bits = UInt32(truncatingIfNeeded: count & 3) &* 8
        guard bits != 0 else { return }
        #if _endian(little)
            key = key &>> bits | key &<< (32 &- bits)
        #else
            key = key &<< bits | key &>> (32 &- bits)
        #endif
    }

    /// Appends the next `source.count` payload bytes, unmasked; `output` must have room for them.
    ///
    /// - Returns: Whether they are all ASCII.
    @discardableResult
    mutating func unmask(_ source: Span<UInt8>, into output: inout OutputSpan<UInt8>) -> Bool {
        let wide = SIMD8<UInt32>(repeating: key)
        var seen = SIMD8<UInt32>(repeating: 0)
        var rest: UInt32 = 0
        let count = source.count
        precondition(output.freeCapacity >= count)
        unsafe source.withUnsafeBytes { from in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initializedCount in
                let to = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[initializedCount...])
                var index = 0
                while index &+ 32 <= count {
                    let word = unsafe from.loadUnaligned(fromByteOffset: index, as: SIMD8<UInt32>.self) ^ wide
                    unsafe to.storeBytes(of: word, toByteOffset: index, as: SIMD8<UInt32>.self)
                    seen |= word
                    index &+= 32
                }
                while index &+ 4 <= count {
                    let word = unsafe from.loadUnaligned(fromByteOffset: index, as: UInt32.self) ^ key
                    unsafe to.storeBytes(of: word, toByteOffset: index, as: UInt32.self)
                    rest |= word
                    index &+= 4
                }
                unsafe withUnsafeBytes(of: key) { keyBytes in
                    while index < count {
                        unsafe to[index] = from[index] ^ keyBytes[index & 3]
                        unsafe rest |= UInt32(to[index])
                        index &+= 1
                    }
                }
                initializedCount &+= count
            }
        }
        skip(UInt64(count))
        let half = seen.lowHalf | seen.highHalf
        return (half[0] | half[1] | half[2] | half[3] | rest) & 0x8080_8080 == 0
    }
}
