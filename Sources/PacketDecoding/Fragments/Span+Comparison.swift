extension Span<UInt8> {
    /// The indices of those of `length` bytes from `start` on that are there.
    func indices(from start: Int, length: Int) -> Range<Int> {
        let lower = Swift.min(start, count)
        return lower..<Swift.min(lower &+ length, count)
    }

    /// Whether both are alike as far as both go.
    func startsLike(_ other: Span<UInt8>) -> Bool {
        for index in 0..<Swift.min(count, other.count) where self[index] != other[index] { return false }
        return true
    }
}
