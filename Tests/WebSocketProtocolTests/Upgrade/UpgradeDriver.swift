import Testing
import WebSocketProtocol

/// The caller that `UpgradeFollower` asks for: keeps what waits, offers it again, and writes down what it is told.
struct UpgradeDriver {
    var follower: UpgradeFollower
    /// One line an outcome: "requested TARGET at OFFSET", "VERDICT STATUS at OFFSET" (offsets are of the stream that
    /// told it), "finished ENDING".
    private(set) var log: [String] = []
    private(set) var answers: [UpgradeAnswer] = []
    private(set) var held: [StreamSide: [UInt8]] = [.initiator: [], .responder: []]
    private var offsets: [StreamSide: Int] = [.initiator: 0, .responder: 0]
    private(set) var isOver = false

    init(limits: UpgradeFollower.Limits = .init(), beganBeforeCapture: Bool = false) {
        follower = UpgradeFollower(limits: limits, beganBeforeCapture: beganBeforeCapture)
    }

    /// Feeds pieces one after the other.
    mutating func feed(_ pieces: [Conversation.Piece]) {
        for piece in pieces { feed(piece) }
    }

    /// Feeds a piece, and whatever can then be read of what waits.
    mutating func feed(_ piece: Conversation.Piece) {
        held[piece.side]?.append(contentsOf: piece.bytes)
        var side = piece.side
        while offer(side) { side = side.other }
    }

    /// Tells of lost bytes; nothing of the stream may wait.
    mutating func lose(_ length: UInt64?, _ side: StreamSide) {
        let outcome = follower.skip(length, from: side)
        offsets[side]! += Int(length ?? 0)
        if case .consumed = outcome { while offer(side.other) {} }
        if case .waits = outcome { log.append("gap waits") }
    }

    /// Offers what a stream has; true when it moved.
    private mutating func offer(_ side: StreamSide) -> Bool {
        var hasMoved = false
        while !isOver, let bytes = held[side], !bytes.isEmpty {
            let step = follower.receive(bytes.span, from: side)
            #expect((0...bytes.count).contains(step.consumed))
            held[side]!.removeFirst(step.consumed)
            offsets[side]! += step.consumed
            hasMoved = hasMoved || step.consumed > 0
            guard note(step.outcome, side) else { return hasMoved }
        }
        return hasMoved
    }

    /// Writes an outcome down; false when the stream cannot go on now.
    private mutating func note(_ outcome: UpgradeFollower.Outcome, _ side: StreamSide) -> Bool {
        switch outcome {
        case .consumed:
            #expect(held[side]!.isEmpty)
        case .waits:
            return false
        case .requested:
            log.append("requested \(follower.pendingRequest!.target) at \(offsets[side]!)")
        case .answered(let answer):
            answers.append(answer)
            log.append("\(answer.verdict) \(answer.response?.status ?? 0) at \(offsets[side]!)")
            isOver = answer.verdict == .accepted
        case .finished(let ending):
            log.append("finished \(ending)")
            isOver = true
        }
        return true
    }
}

extension Conversation {
    /// The log of feeding the conversation as it is.
    var log: [String] {
        var driver = UpgradeDriver()
        driver.feed(pieces)
        return driver.log
    }
}
