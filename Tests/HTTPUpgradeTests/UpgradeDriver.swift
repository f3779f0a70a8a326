import HTTPUpgrade
import Testing
import WireFormat

/// The caller that `UpgradeFollower` expects: keeps what waits, offers it again, and logs the outcomes.
struct UpgradeDriver {
    var follower: UpgradeFollower
    /// A line for each outcome: "requested TARGET at OFFSET", "VERDICT STATUS at OFFSET" (offsets are in the stream
    /// that showed it), "finished ENDING".
    private(set) var log: [String] = []
    private(set) var answers: [UpgradeAnswer] = []
    private(set) var held: [Direction: [UInt8]] = [.fromInitiator: [], .fromResponder: []]
    private var offsets: [Direction: Int] = [.fromInitiator: 0, .fromResponder: 0]
    private(set) var isOver = false

    init(
        limits: UpgradeFollower.Limits = .init(), beganBeforeCapture: Bool = false, reportsExchanges: Bool = false
    ) {
        follower = UpgradeFollower(
            limits: limits, beganBeforeCapture: beganBeforeCapture, reportsExchanges: reportsExchanges)
    }

    /// Feeds pieces one after another.
    mutating func feed(_ pieces: [Conversation.Piece]) {
        for piece in pieces { feed(piece) }
    }

    /// Feeds a piece, and then all waiting bytes that can be read.
    mutating func feed(_ piece: Conversation.Piece) {
        held[piece.direction]?.append(contentsOf: piece.bytes)
        var direction = piece.direction
        while offer(direction) { direction = direction.opposite }
    }

    /// Reports lost bytes; nothing of the stream may be waiting.
    mutating func lose(_ length: UInt64?, _ direction: Direction, comesLate: Bool = false) {
        let outcome = follower.skip(length, from: direction, comesLate: comesLate)
        offsets[direction]! += Int(length ?? 0)
        if case .consumed = outcome { while offer(direction.opposite) {} }
        if case .waits = outcome { log.append("gap waits") }
    }

    /// Offers a stream's bytes; true if the stream moved.
    private mutating func offer(_ direction: Direction) -> Bool {
        var hasMoved = false
        while !isOver, let bytes = held[direction], !bytes.isEmpty {
            let step = follower.receive(bytes.span, from: direction)
            #expect((0...bytes.count).contains(step.consumed))
            held[direction]!.removeFirst(step.consumed)
            offsets[direction]! += step.consumed
            hasMoved = hasMoved || step.consumed > 0
            guard record(step.outcome, direction) else { return hasMoved }
        }
        return hasMoved
    }

    /// Logs an outcome; false if the stream cannot go on now.
    private mutating func record(_ outcome: UpgradeFollower.Outcome, _ direction: Direction) -> Bool {
        switch outcome {
        case .consumed:
            #expect(held[direction]!.isEmpty)
        case .waits:
            return false
        case .requested:
            log.append("requested \(follower.pendingRequest!.target) at \(offsets[direction]!)")
        case .answered(let answer):
            answers.append(answer)
            log.append("\(answer.verdict) \(answer.response?.status ?? 0) at \(offsets[direction]!)")
            isOver = answer.verdict == .accepted
        case .watched: break
        case .exchanged(let exchange):
            log.append("exchanged \(exchange.request.target) \(exchange.response.status) at \(offsets[direction]!)")
        case .finished(let ending):
            log.append("finished \(ending)")
            isOver = true
        }
        return true
    }
}

extension Conversation {
    /// The log of feeding the conversation unchanged.
    var log: [String] {
        var driver = UpgradeDriver()
        driver.feed(pieces)
        return driver.log
    }
}
