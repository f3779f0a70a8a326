/// Where chains have taken headers in the current bytes, so that none is taken twice: a search takes time linear in the
/// bytes, whatever they are.
///
/// A chain that reaches a header that another has taken ends there. If it has more evidence up to that place, the other
/// gains the difference and its beginning.
struct ChainWalks {
    /// A header that was taken.
    private struct Mark {
        /// One more than the number of the walk that took it; 0 if none did.
        var walk: Int32 = 0
        /// The evidence of its chain before it, in two parts.
        var rows: Int16 = 0
        var others: Int16 = 0
    }

    private let start: UInt64
    /// How many places there are.
    private let placeCount: Int
    /// Marks for a client's headers at each place, then for a server's.
    private var marks: [Mark] = []
    private var gains: [(sum: ChainScore.Sum, beginning: ChainBeginning)] = []

    /// Begins with the part of the stream in which chains may begin.
    init(from start: UInt64, to end: UInt64) {
        self.start = start
        placeCount = Int(clamping: end &- start)
    }

    /// How many walks there were.
    var count: Int { gains.count }

    /// Begins a chain's walk and returns its number.
    mutating func begin() -> Int32 {
        gains.append((ChainScore.Sum(), ChainBeginning(at: 0, isDoubtful: false)))
        return Int32(truncatingIfNeeded: gains.count - 1)
    }

    /// Whether another chain has taken the header at a place, which one with this beginning is due to take.
    ///
    /// If so, that one gets the better of the two beginnings.
    mutating func meets(
        at place: UInt64, _ sender: Role, _ sum: ChainScore.Sum, _ beginning: ChainBeginning
    ) -> Bool {
        guard !marks.isEmpty, let index = index(place, sender), marks[index].walk > 0 else { return false }
        let other = Int(marks[index].walk) - 1
        let gain = ChainScore.Sum(
            rows: sum.rows - Int(marks[index].rows), others: sum.others - Int(marks[index].others))
        if gain.bits > gains[other].sum.bits { gains[other] = (gain, beginning) }
        return true
    }

    /// Marks the header at a place as taken by a walk, whose chain had this evidence before.
    mutating func mark(_ place: UInt64, _ sender: Role, by walk: Int32, _ sum: ChainScore.Sum) {
        guard let index = index(place, sender) else { return }
        if marks.isEmpty { marks = Array(repeating: Mark(), count: 2 &* placeCount) }
        marks[index] = Mark(
            walk: walk &+ 1, rows: Int16(clamping: sum.rows), others: Int16(clamping: sum.others))
    }

    /// The better beginning that a walk got from those that met it, and how much better it is.
    func gain(of walk: Int32?) -> (sum: ChainScore.Sum, beginning: ChainBeginning)? {
        guard let walk, gains[Int(walk)].sum.bits > 0 else { return nil }
        return gains[Int(walk)]
    }

    private func index(_ place: UInt64, _ sender: Role) -> Int? {
        guard place >= start, place &- start < UInt64(placeCount) else { return nil }
        return Int(place &- start) &+ (sender == .client ? 0 : placeCount)
    }
}
