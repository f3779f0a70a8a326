/// A sequence of bits, the lowest of each byte first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    init(capacity: Int) {
        bytes.reserveCapacity(min(capacity, 1 << 20))
    }

    /// Appends a number, its lowest bit first.
    mutating func append(_ value: Int, _ width: Int) {
        for bit in 0..<width {
            if count & 7 == 0 { bytes.append(0) }
            if value >> bit & 1 == 1 { bytes[count >> 3] |= 1 << UInt8(count & 7) }
            count += 1
        }
    }

    /// Appends empty blocks up to this length, the last of them stored, without its length (RFC 7692 7.2.1).
    ///
    /// - Returns: Whether that fits; if not, nothing is appended.
    mutating func fill(to wanted: Int) -> Bool {
        let room = wanted &- count &- 3
        // An empty block with the fixed codes has ten bits; padding has fewer than eight.
        guard room >= 0, room % 10 < 8 else { return false }
        for _ in 0..<(room / 10) { append(0b010, 10) }
        append(0, 3 &+ room % 10)
        return true
    }

    /// Appends a code, its highest bit first.
    mutating func append(code: Int, _ width: Int) {
        for bit in (0..<width).reversed() { append(code >> bit & 1, 1) }
    }
}
