import WireFormat

/// The bytes of an input, taken from the front; zeros follow the last one.
struct InputBytes {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The number of bytes left.
    var count: Int { bytes.count - position }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    /// A 16-bit number, high byte first.
    mutating func short() -> UInt16 {
        let high = byte()
        return UInt16(high) << 8 | UInt16(byte())
    }

    /// The next `length` bytes, or as many as are left.
    mutating func take(_ length: Int) -> [UInt8] {
        let taken = Array(bytes[position...].prefix(length))
        position += taken.count
        return taken
    }

    /// All bytes left.
    mutating func rest() -> [UInt8] { take(count) }
}

/// The packets of an input.
///
/// The link type in two bytes; then for each packet a byte of settings (bits 0 to 5: milliseconds since the previous
/// packet; 6: seconds instead; 7: a snap length cut 16 bytes), its length in two bytes, the packet.
struct InputPackets {
    struct Packet {
        let time: Timestamp
        let originalLength: Int
        let bytes: [UInt8]
    }

    let linkType: LinkType
    private(set) var packets: [Packet] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        linkType = LinkType(rawValue: UInt32(input.short()))
        var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
        while input.count > 0 {
            let settings = input.byte()
            time.nanoseconds += Int64(settings & 0x3f) * (settings & 0x40 == 0 ? 1_000_000 : 1_000_000_000)
            let bytes = input.take(Int(input.short()))
            packets.append(
                Packet(time: time, originalLength: bytes.count + (settings & 0x80 == 0 ? 0 : 16), bytes: bytes))
        }
    }
}

/// How bytes are cut before they are fed: the results must be the same.
enum Cutting: CaseIterable {
    case whole
    case byteByByte
    case random

    /// The bytes in non-empty pieces; random cuts depend on the bytes alone.
    func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        guard !bytes.isEmpty else { return [] }
        switch self {
        case .whole: return [bytes]
        case .byteByByte: return bytes.map { [$0] }
        case .random:
            var state = bytes.reduce(0x9e37_79b9_7f4a_7c15 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let longest = state >> 33 & 1 == 0 ? 4 : 64
                let piece = rest.prefix(1 + Int(state >> 40) % longest)
                pieces.append(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            return pieces
        }
    }
}
