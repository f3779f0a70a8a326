/// Produces what both ends of a connection send, and decides when they are done.
struct Speaker {
    /// How the connection ends.
    enum Ending {
        case finish
        case reset
        case open
    }

    private enum Stage {
        case request
        case response
        case talk
        case answerClose
        case closed
    }

    /// How the connection ends, once everything is sent.
    private(set) var ending: Ending?
    private let spoken: SpokenProtocol
    private let number: Int
    private var stage = Stage.request
    private var key: [UInt8] = []
    private var isCompressed = false
    /// How often an end has sent on a connection without WebSocket.
    private var exchanges = 0
    /// Where the next segment is to be cut.
    private var cut: Int?

    init(_ spoken: SpokenProtocol, _ number: Int) {
        self.spoken = spoken
        self.number = number
    }

    /// Whether the next segment has a special length.
    var cutsNext: Bool { cut != nil }

    mutating func takeCut() -> Int? {
        defer { cut = nil }
        return cut
    }

    /// Puts bytes of the body into an empty outbox.
    func fill(_ end: inout SendingEnd, _ world: inout GeneratedWorld) {
        guard end.outbox.isEmpty, end.bodyLeft > 0 else { return }
        let count = min(1 << 16, end.bodyLeft)
        world.pools.appendNoise(count, to: &end.outbox, &world.random)
        end.bodyLeft -= count
    }

    /// Produces the next content, once both ends have received everything.
    mutating func speak(_ ends: inout [SendingEnd], isLast: Bool, _ world: inout GeneratedWorld) {
        switch spoken {
        case .webSocket: speakWebSocket(&ends, isLast, &world)
        case .refusedUpgrade, .http, .tls, .unknown: speakOther(&ends, isLast, &world)
        }
    }

    private mutating func speakOther(_ ends: inout [SendingEnd], _ isLast: Bool, _ world: inout GeneratedWorld) {
        if isLast && stage == .request {
            ending = .finish
            return
        }
        let length = world.random.length(in: world.profile.messageLength)
        let end: End = stage == .request ? .client : .server
        let isFirst = exchanges < 2
        exchanges += 1
        switch (spoken, end) {
        case (.refusedUpgrade, .client) where isFirst:
            key = UpgradeWriter.key(&world.random)
            ends[0].outbox += UpgradeWriter.request(number, key: key, offersCompression: false)
        case (.refusedUpgrade, .server) where isFirst:
            ends[1].outbox += OtherProtocolWriter.refusal
            world.truth.refusals += 1
        case (.tls, _): OtherProtocolWriter.appendRecord(length, isFirst: isFirst, to: &ends[end.rawValue], &world)
        case (.unknown, _): OtherProtocolWriter.appendUnknown(length, to: &ends[end.rawValue], &world)
        case (_, .client): ends[0].outbox += OtherProtocolWriter.request(world.random.below(1 << 20))
        default:
            ends[1].outbox += OtherProtocolWriter.response(length)
            ends[1].bodyLeft = length
        }
        stage = stage == .request ? .response : .request
    }

    private mutating func speakWebSocket(_ ends: inout [SendingEnd], _ isLast: Bool, _ world: inout GeneratedWorld) {
        switch stage {
        case .request:
            key = UpgradeWriter.key(&world.random)
            isCompressed = world.random.chance(world.profile.compression)
            ends[0].outbox += UpgradeWriter.request(number, key: key, offersCompression: isCompressed)
            if world.random.chance(world.profile.splitHeads) {
                cut = world.random.number(in: 10...ends[0].outbox.count - 10)
            }
            stage = .response
        case .response:
            answerUpgrade(&ends, &world)
            stage = .talk
        case .talk:
            if answerPings(&ends, &world) { return }
            if isLast { close(&ends, &world) } else { talk(&ends, &world) }
        case .answerClose:
            FrameWriter.appendClose(from: .server, hasReason: false, to: &ends, &world)
            stage = .closed
        case .closed: ending = .finish
        }
    }

    private mutating func answerUpgrade(_ ends: inout [SendingEnd], _ world: inout GeneratedWorld) {
        world.truth.sessions += 1
        var parameters: [CompressionParameters] = []
        if isCompressed {
            world.truth.compressedSessions += 1
            parameters = [CompressionParameters(&world.random), CompressionParameters(&world.random)]
            for (index, parameters) in parameters.enumerated() { ends[index].deflater = parameters.deflater }
        }
        ends[1].outbox += UpgradeWriter.acceptance(key: key, compression: parameters)
        if world.random.chance(world.profile.coalescing) { FrameWriter.appendMessage(from: .server, to: &ends, &world) }
    }

    private func answerPings(_ ends: inout [SendingEnd], _ world: inout GeneratedWorld) -> Bool {
        let owing = [End.client, .server].filter { !ends[$0.rawValue].pongs.isEmpty }
        for end in owing { FrameWriter.appendPongs(from: end, to: &ends, &world) }
        return !owing.isEmpty
    }

    private func talk(_ ends: inout [SendingEnd], _ world: inout GeneratedWorld) {
        let first: End = world.random.chance(0.6) ? .client : .server
        let speaking = world.profile.pace == .both && world.random.chance(0.5) ? [first, first.peer] : [first]
        for end in speaking {
            let count = world.random.chance(world.profile.coalescing) ? world.random.number(in: 2...4) : 1
            for _ in 0..<count { FrameWriter.appendMessage(from: end, to: &ends, &world) }
        }
    }

    private mutating func close(_ ends: inout [SendingEnd], _ world: inout GeneratedWorld) {
        if world.random.chance(world.profile.abruptEnds) {
            ending = .reset
            world.truth.resets += 1
        } else if world.random.chance(world.profile.abruptEnds) {
            ending = .open
            world.truth.open += 1
        } else {
            FrameWriter.appendClose(from: .client, hasReason: number.isMultiple(of: 2), to: &ends, &world)
            stage = .answerClose
        }
    }
}

/// One direction of a connection: what is still to be sent, and how far it has got.
struct SendingEnd {
    /// A segment that comes late, or once more.
    struct Postponed {
        var sequence: UInt32
        var payload: [UInt8]
    }

    /// The sequence number of the next byte.
    var sequence: UInt32
    /// The next sequence number that it expects from the other end.
    var received: UInt32
    /// Bytes to send; those before `sent` have been sent.
    var outbox: [UInt8] = []
    private(set) var sent = 0
    /// Random bytes to send after the outbox.
    var bodyLeft = 0
    /// A segment that others overtake.
    var late: Postponed?
    /// The bytes of the previous segment, if some are to be sent again.
    var previous: [UInt8] = []
    /// Segments that the other end has not acknowledged.
    var unacknowledged = 0
    var identification: UInt16
    var clock: UInt32
    /// The payloads of Pings not yet answered.
    var pongs: [[UInt8]] = []
    var lastKey: UInt32 = 0
    var deflater: Deflater?

    init(_ random: inout SeededRandom) {
        // A few begin shortly before the sequence numbers wrap.
        sequence = random.chance(0.02) ? .max - UInt32(random.below(4000)) : UInt32(truncatingIfNeeded: random.next())
        received = sequence
        identification = UInt16(truncatingIfNeeded: random.next())
        clock = UInt32(truncatingIfNeeded: random.next())
    }

    /// Whether nothing is left to send.
    var isIdle: Bool { sent == outbox.count && bodyLeft == 0 && late == nil }

    /// Whether any bytes were never sent.
    var hasMore: Bool { sent < outbox.count || bodyLeft > 0 }

    /// Takes at most `count` bytes out of the outbox.
    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        let taken = outbox[sent..<min(outbox.count, sent + count)]
        sent = taken.endIndex
        return taken
    }

    /// Clears the outbox once everything is sent.
    mutating func clearIfSent() {
        guard sent == outbox.count else { return }
        outbox.removeAll(keepingCapacity: outbox.capacity <= 1 << 16)
        sent = 0
    }
}
