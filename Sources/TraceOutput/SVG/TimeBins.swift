/// Divides time into a fixed number of equal bins, which double in width as needed.
struct TimeBins {
    /// The number of bins.
    static let count = 1024

    /// Nanoseconds in each bin: 1.024 µs, doubled as often as needed.
    private(set) var width: Int64 = 1 << 10

    /// The bin of a time, in nanoseconds since the capture's first packet; nil if the bins are too narrow for it.
    func bin(of elapsed: Int64) -> Int? {
        let bin = max(elapsed, 0) / width
        return bin < Int64(Self.count) ? Int(bin) : nil
    }

    /// Doubles the width; the caller must then join the bins of every ``BinSet`` and count in pairs.
    mutating func widen() {
        width &*= 2
    }
}

/// A set of bins.
struct BinSet {
    private var words = InlineArray<16, UInt64>(repeating: 0)

    mutating func insert(_ bin: Int) {
        words[bin / 64] |= 1 << UInt64(bin % 64)
    }

    /// Joins the bins in pairs.
    mutating func halve() {
        var halved = BinSet()
        for bin in bins { halved.insert(bin / 2) }
        self = halved
    }

    /// The bins in the set, in order.
    var bins: [Int] {
        var bins: [Int] = []
        for index in words.indices {
            var word = words[index]
            while word != 0 {
                bins.append(index * 64 + word.trailingZeroBitCount)
                word &= word &- 1
            }
        }
        return bins
    }
}
