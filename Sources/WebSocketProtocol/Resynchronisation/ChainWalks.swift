/// Where chains have taken headers among the bytes at hand, so that none is walked twice: the time of a search is linear
/// in the bytes, whatever they are.
///
/// A chain that comes to a header that another has taken ends there. What it proves beyond the other up to that place is
/// the other's gain, and its beginning the other's beginning.
struct ChainWalks {
    /// A header that was taken.
    private struct Mark {
        /// One more than the walk that took it; zero where none did.
        var walk: Int32 = 0
        /// What its chain proved before it.
        var bits: Int32 = 0
    }

    private let start: UInt64
    private let count: Int
    /// The places that a client's headers stand at, then those of a server's.
    private var marks: [Mark] = []
    private var gains: [(bits: Int, start: UInt64)] = []

    /// Begins with the bytes of the stream from one place to another, in which chains may begin.
    init(from start: UInt64, to end: UInt64) {
        self.start = start
        count = Int(clamping: end &- start)
    }

    /// Begins a chain's walk and returns what it is known by.
    mutating func begin() -> Int {
        gains.append((0, 0))
        return gains.count - 1
    }

    /// Whether the header that the chain is due to take was taken by another, which then has the better of the two
    /// beginnings.
    mutating func meets(_ chain: HeaderChain) -> Bool {
        guard !marks.isEmpty, let index = index(chain.next, chain.sender), marks[index].walk > 0 else { return false }
        let other = Int(marks[index].walk) - 1
        let bits = chain.bits - Int(marks[index].bits)
        if bits > gains[other].bits { gains[other] = (bits, chain.start) }
        return true
    }

    /// Notes that a chain, which proved so many bits before, has taken the header at a place.
    mutating func mark(_ place: UInt64, by chain: HeaderChain, bits: Int) {
        guard let index = index(place, chain.sender) else { return }
        if marks.isEmpty { marks = Array(repeating: Mark(), count: 2 &* count) }
        marks[index] = Mark(walk: Int32(truncatingIfNeeded: chain.walk + 1), bits: Int32(clamping: bits))
    }

    /// The better beginning that a walk was given by those that met it, and by how much it is better.
    func gain(of walk: Int) -> (bits: Int, start: UInt64)? {
        gains[walk].bits > 0 ? gains[walk] : nil
    }

    private func index(_ place: UInt64, _ sender: Role) -> Int? {
        guard place >= start, place &- start < UInt64(count) else { return nil }
        return Int(place &- start) &+ (sender == .client ? 0 : count)
    }
}
