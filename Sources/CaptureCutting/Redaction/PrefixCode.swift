/// An optimal prefix code for a few symbols (RFC 1951 3.2.2), by Huffman's algorithm.
struct PrefixCode {
    /// The length of each symbol's code, in bits.
    private(set) var lengths: [Int: Int]
    private var codes: [Int: Int] = [:]

    /// - Parameter counts: How often each symbol occurs: at least two symbols, and few enough that no code is too long.
    init(_ counts: [Int: Int]) {
        lengths = counts.mapValues { _ in 0 }
        // The two rarest are joined until one is left; ties are always broken the same way.
        var groups = counts.sorted { $0.key < $1.key }.map { (count: $0.value, symbols: [$0.key]) }
        while groups.count > 1 {
            groups.sort { ($0.count, $0.symbols.count, $0.symbols[0]) < ($1.count, $1.symbols.count, $1.symbols[0]) }
            let symbols = groups[0].symbols + groups[1].symbols
            for symbol in symbols { lengths[symbol, default: 0] += 1 }
            groups[1] = (groups[0].count + groups[1].count, symbols)
            groups.removeFirst()
        }
        var (code, length) = (0, 0)
        for (symbol, width) in lengths.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            code <<= width - length
            length = width
            codes[symbol] = code
            code += 1
        }
    }

    /// Appends the code of a symbol.
    func append(_ symbol: Int, to bits: inout BitWriter) {
        bits.append(code: codes[symbol] ?? 0, lengths[symbol] ?? 0)
    }
}
