/// How bytes are cut before they are fed: what comes of them must be the same.
enum Cutting: CaseIterable {
    case whole
    case byteByByte
    case random

    /// The bytes in pieces, none of them empty; the random cuts depend on the bytes alone.
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
