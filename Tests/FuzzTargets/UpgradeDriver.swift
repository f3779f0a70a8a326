import HTTPUpgrade
import WireFormat

/// The caller that `UpgradeFollower` asks for: keeps what waits, offers it again, and writes down what it is told.
struct UpgradeDriver {
    /// An outcome, and how many bytes of its stream stand before it.
    enum Entry: Equatable {
        case requested(UpgradeRequest, at: Int)
        case answered(UpgradeAnswer, at: Int)
        case finished(UpgradeFollower.Ending)
        case gapWaits
        case searched

        var hasSearched: Bool { self == .searched }
    }

    private(set) var log: [Entry] = []
    private var follower: UpgradeFollower
    private var held: [[UInt8]] = [[], []]
    private var offsets = [0, 0]
    private var isOver = false

    init(_ follower: UpgradeFollower) { self.follower = follower }

    /// Feeds a piece, and whatever can then be read of what waits.
    mutating func feed(_ bytes: [UInt8], _ direction: Direction) throws(Disagreement) {
        guard !isOver else { return }
        held[direction.index] += bytes
        var direction = direction
        while try offer(direction) { direction = direction.opposite }
    }

    /// Tells of lost bytes, unless bytes before them wait.
    mutating func lose(_ length: UInt64?, _ direction: Direction) throws(Disagreement) {
        guard !isOver, held[direction.index].isEmpty else { return }
        switch follower.skip(length, from: direction) {
        case .waits: log.append(.gapWaits)
        default:
            offsets[direction.index] += Int(length ?? 0)
            var direction = direction.opposite
            while try offer(direction) { direction = direction.opposite }
        }
    }

    /// Writes down whether the following ended in a search.
    mutating func end() {
        if follower.isSearching { log.append(.searched) }
    }

    /// Offers what a stream has; true when it moved.
    private mutating func offer(_ direction: Direction) throws(Disagreement) -> Bool {
        let index = direction.index
        var hasMoved = false
        while !isOver, !held[index].isEmpty {
            let wasSearching = follower.isSearching
            let bytes = held[index]
            let step = follower.receive(bytes.span, from: direction)
            if wasSearching || follower.isSearching { log.append(.searched) }
            guard (0...held[index].count).contains(step.consumed) else {
                throw Disagreement(words: "consumed \(step.consumed) of \(held[index].count) bytes")
            }
            held[index].removeFirst(step.consumed)
            offsets[index] += step.consumed
            hasMoved = hasMoved || step.consumed > 0
            switch step.outcome {
            case .consumed:
                guard held[index].isEmpty else { throw Disagreement(words: "\(held[index].count) bytes not consumed") }
            case .waits: return hasMoved
            case .requested:
                guard let request = follower.pendingRequest else { throw Disagreement(words: "no pending request") }
                log.append(.requested(request, at: offsets[index]))
            case .answered(let answer):
                log.append(.answered(answer, at: offsets[index]))
                isOver = answer.verdict == .accepted
            case .finished(let ending):
                log.append(.finished(ending))
                isOver = true
            }
        }
        return hasMoved
    }
}
