/// The headers that chains have taken in the current bytes, so that none is taken twice: a search takes linear time,
/// whatever the bytes are.
///
/// A chain that reaches a header taken by another ends there. If it has more evidence up to that place, the other chain
/// gains the difference and adopts its beginning.
struct ChainWalks {
    /// A taken header.
    private struct Mark {
        /// The number of the walk that took it plus one; 0 if none did.
        var walk: Int32 = 0
        /// The evidence of the walk's chain before the header, in two parts.
        var rows: Int16 = 0
        var others: Int16 = 0
    }

    private let start: UInt64
    /// The number of places.
    private let placeCount: Int
    /// Marks for a client's header at each place, then for a server's.
    private var marks: [Mark] = []
    private var gains: [(sum: ChainScore.Sum, beginning: ChainBeginning)] = []

    /// Starts with the part of the stream in which chains may begin.
    init(from start: UInt64, to end: UInt64) {
        self.start = start
        placeCount = Int(clamping: end &- start)
    }

    /// The number of walks so far.
    var count: Int { gains.count }

    /// Begins a chain's walk and returns its number.
    mutating func begin() -> Int32 {
        gains.append((ChainScore.Sum(), ChainBeginning(at: 0, isDoubtful: false)))
        return Int32(truncatingIfNeeded: gains.count - 1)
    }

    /// Whether another chain has taken the header at a place that a chain with this beginning is about to take.
    ///
    /// If so, the other chain gets the better of the two beginnings.
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

    /// Marks the header at a place as taken by a walk, with its chain's evidence before that.
    mutating func mark(_ place: UInt64, _ sender: Role, by walk: Int32, _ sum: ChainScore.Sum) {
        guard let index = index(place, sender) else { return }
        if marks.isEmpty { marks = Array(repeating: Mark(), count: 2 &* placeCount) }
        marks[index] = Mark(
            walk: walk &+ 1, rows: Int16(clamping: sum.rows), others: Int16(clamping: sum.others))
    }

    /// The better beginning that a walk got from chains that met it, and how much better it is.
    func gain(of walk: Int32?) -> (sum: ChainScore.Sum, beginning: ChainBeginning)? {
        guard let walk, gains[Int(walk)].sum.bits > 0 else { return nil }
        return gains[Int(walk)]
    }

    private func index(_ place: UInt64, _ sender: Role) -> Int? {
        guard place >= start, place &- start < UInt64(placeCount) else { return nil }
        return Int(place &- start) &+ (sender == .client ? 0 : placeCount)
    }
}
