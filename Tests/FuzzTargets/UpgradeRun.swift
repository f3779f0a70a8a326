import HTTPUpgrade
import WireFormat

/// Follows the two streams of a connection to its upgrade.
///
/// Input: a byte of settings (bit 0: the connection began before the capture; 1: small limits; 2: the initiator loses
/// some bytes; 3: it is unknown how many), a byte that counts pieces (its four low bits), the pieces' lengths (two
/// bytes each), the pieces; streams take turns, starting with the initiator's, and what is left is the last piece.
struct UpgradeRun {
    private let settings: UInt8
    private var pieces: [(direction: Direction, bytes: [UInt8])] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        settings = input.byte()
        let lengths = (0..<input.byte() & 15).map { _ in Int(input.short()) }
        var direction = Direction.fromInitiator
        for length in lengths + [.max] {
            pieces.append((direction, input.take(length)))
            direction = direction.opposite
        }
    }

    /// Follows the streams, cut in every way.
    func check() throws(Disagreement) {
        let whole = try log(.whole)
        // A search depends on where pieces begin.
        guard !whole.contains(where: \.hasSearched) else { return }
        for cutting in [Cutting.byteByByte, .random] {
            let log = try log(cutting)
            // If both streams end the reading, the cuts decide which of them is read that far first.
            let length = min(log.lengthFollowed ?? .max, whole.lengthFollowed ?? .max)
            if log.prefix(length) != whole.prefix(length) {
                throw Disagreement(words: "cut \(cutting): \(log), whole: \(whole)")
            }
        }
    }

    private func log(_ cutting: Cutting) throws(Disagreement) -> [UpgradeDriver.Entry] {
        var limits = UpgradeFollower.Limits()
        if settings & 2 != 0 {
            limits.head = 300
            limits.outstandingRequests = 2
        }
        var driver = UpgradeDriver(
            UpgradeFollower(limits: limits, beganBeforeCapture: settings & 1 != 0))
        for (index, piece) in pieces.enumerated() {
            for bytes in cutting.pieces(of: piece.bytes) { try driver.feed(bytes, piece.direction) }
            if index == 1, settings & 4 != 0 { try driver.lose(settings & 8 != 0 ? nil : 20, .fromInitiator) }
        }
        driver.end()
        return driver.log
    }
}

extension [UpgradeDriver.Entry] {
    /// The number of entries before the one that ended the reading; nil if none did.
    fileprivate var lengthFollowed: Int? {
        firstIndex { if case .finished = $0 { true } else { false } }
    }
}

/// The caller that `UpgradeFollower` expects: it keeps what waits, offers it again, and logs the outcomes.
struct UpgradeDriver {
    /// An outcome, and the number of bytes of its stream before it.
    enum Entry: Equatable {
        case requested(HTTPRequest, at: Int)
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

    /// Feeds a piece, and then all waiting bytes that can be read.
    mutating func feed(_ bytes: [UInt8], _ direction: Direction) throws(Disagreement) {
        guard !isOver else { return }
        held[direction.index] += bytes
        var direction = direction
        while try offer(direction) { direction = direction.opposite }
    }

    /// Reports lost bytes, unless bytes before them wait.
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

    /// Records whether the reading ended in a search.
    mutating func end() {
        if follower.isSearching { log.append(.searched) }
    }

    /// Offers a stream's bytes; true if the stream moved.
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
            case .watched, .exchanged: break
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
