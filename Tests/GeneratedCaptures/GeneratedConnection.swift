/// A connection of a generated capture: TCP from the SYN to its end; its ``Speaker`` provides the content.
struct GeneratedConnection {
    private enum Phase {
        case synchronise
        case answer
        case speak
        case finish(Int)
        case over
    }

    let flow: Flow
    var speaker: Speaker
    private var phase = Phase.synchronise
    private var ends: [SendingEnd]
    /// The number of packets left before it ends.
    private var budget: Int
    /// The TLS of the connection; nil for none.
    private let records: RecordWriter?
    /// The number of TLS handshake flights sent.
    private var flights = 0

    init(
        _ flow: Flow, _ speaker: Speaker, budget: Int, _ random: inout SeededRandom, records: RecordWriter? = nil
    ) {
        self.records = records
        self.flow = flow
        self.speaker = speaker
        self.budget = budget
        ends = [SendingEnd(&random), SendingEnd(&random)]
    }

    var isOver: Bool { if case .over = phase { true } else { false } }

    /// Makes the connection end soon.
    mutating func hurry() { budget = 0 }

    /// Advances the connection by a few packets.
    mutating func step(_ world: inout GeneratedWorld) {
        switch phase {
        case .synchronise:
            send(PacketWriter.synchronise, from: .client, &world)
            phase = .answer
        case .answer:
            send(PacketWriter.synchronise | PacketWriter.acknowledge, from: .server, &world)
            acknowledge(from: .client, &world)
            phase = .speak
        case .speak: speak(&world)
        case .finish(let stage):
            switch stage {
            case 0: send(PacketWriter.finish | PacketWriter.acknowledge, from: .server, &world)
            case 1: send(PacketWriter.finish | PacketWriter.acknowledge, from: .client, &world)
            default: acknowledge(from: .server, &world)
            }
            phase = stage < 2 ? .finish(stage + 1) : .over
        case .over: break
        }
    }

    private mutating func speak(_ world: inout GeneratedWorld) {
        if ends[0].isIdle && ends[1].isIdle {
            if let records, flights < 3 {
                records.handshake(flights, &ends, &world.records)
                flights += 1
                return
            }
            speaker.speak(&ends, isLast: budget <= 0, &world)
            for end in [End.client, .server] { records?.seal(end, &ends[end.rawValue], &world.records) }
            switch speaker.ending {
            case .none: break
            case .finish: phase = .finish(0)
            case .reset:
                send(PacketWriter.reset | PacketWriter.acknowledge, from: .server, &world)
                phase = .over
            case .open: phase = .over
            }
            return
        }
        var left = world.random.number(in: 1...max(1, speaker.cutsNext ? 1 : world.profile.burst))
        while left > 0, !(ends[0].isIdle && ends[1].isIdle) {
            let sender: End =
                ends[0].isIdle ? .server : ends[1].isIdle ? .client : world.random.chance(0.5) ? .client : .server
            sendNext(from: sender, &world)
            left -= 1
        }
    }

    /// Sends the next segment with data; perhaps late, perhaps twice, perhaps with bytes of the previous one.
    private mutating func sendNext(from end: End, _ world: inout GeneratedWorld) {
        let index = end.rawValue
        guard ends[index].hasMore else { return sendLate(from: end, &world) }
        speaker.fill(&ends[index], &world)
        let largest = speaker.takeCut() ?? PacketWriter.largestPayload(flow)
        let payload = ends[index].take(largest)
        let sequence = ends[index].sequence
        ends[index].sequence &+= UInt32(payload.count)
        world.truth.streamBytes += UInt64(payload.count)
        let profile = world.profile
        if ends[index].late == nil, ends[index].hasMore, world.random.chance(profile.reordering) {
            ends[index].late = SendingEnd.Postponed(sequence: sequence, payload: Array(payload))
            world.truth.reordered += 1
        } else if ends[index].late == nil, !ends[index].previous.isEmpty, world.random.chance(profile.overlap) {
            let again = ends[index].previous.suffix(max(1, min(200, largest - payload.count)))
            world.truth.overlapping += 1
            write(Array(again) + payload, at: sequence &- UInt32(again.count), from: end, &world)
        } else {
            write(payload, at: sequence, from: end, &world)
            if world.random.chance(profile.repetition) {
                world.truth.repeated += 1
                write(payload, at: sequence, from: end, &world)
            }
            if ends[index].late != nil, world.random.chance(0.4) { sendLate(from: end, &world) }
        }
        if profile.overlap > 0 { ends[index].previous = Array(payload) }
        ends[index].clearIfSent()
    }

    private mutating func sendLate(from end: End, _ world: inout GeneratedWorld) {
        guard let late = ends[end.rawValue].late else { return }
        ends[end.rawValue].late = nil
        write(late.payload[...], at: late.sequence, from: end, &world)
    }

    private mutating func write(
        _ payload: ArraySlice<UInt8>, at sequence: UInt32, from end: End, _ world: inout GeneratedWorld
    ) {
        let isLast = !ends[end.rawValue].hasMore
        write(payload, PacketWriter.acknowledge | (isLast ? PacketWriter.push : 0), at: sequence, from: end, &world)
        ends[end.rawValue].unacknowledged += 1
        if ends[end.rawValue].unacknowledged >= 2 { acknowledge(from: end.peer, &world) }
    }

    private mutating func write(
        _ payload: [UInt8], at sequence: UInt32, from end: End, _ world: inout GeneratedWorld
    ) {
        write(payload[...], at: sequence, from: end, &world)
    }

    private mutating func acknowledge(from end: End, _ world: inout GeneratedWorld) {
        write([], PacketWriter.acknowledge, at: ends[end.rawValue].sequence, from: end, &world)
    }

    /// Sends a segment without data that takes a sequence number.
    private mutating func send(_ flags: UInt8, from end: End, _ world: inout GeneratedWorld) {
        write([], flags, at: ends[end.rawValue].sequence, from: end, &world)
        ends[end.rawValue].sequence &+= 1
        ends[end.rawValue].received = ends[end.rawValue].sequence
    }

    private mutating func write(
        _ payload: ArraySlice<UInt8>, _ flags: UInt8, at sequence: UInt32, from end: End,
        _ world: inout GeneratedWorld
    ) {
        let own = end.rawValue
        let other = end.peer.rawValue
        ends[own].identification &+= 1
        ends[own].clock &+= 1
        ends[own].received = ends[own].late?.sequence ?? ends[own].sequence
        ends[other].unacknowledged = 0
        let isFirst = flags == PacketWriter.synchronise
        world.writer.write(
            PacketWriter.Segment(
                sequence: sequence, acknowledgment: isFirst ? 0 : ends[other].received, flags: flags,
                identification: ends[own].identification, clocks: (ends[own].clock, isFirst ? 0 : ends[other].clock)),
            of: flow, from: end, payload: payload)
        world.writer.pass(microseconds: Int64(world.random.below(100)))
        budget -= 1
    }
}

/// What one end of a session sends after the upgrade, generated from a profile and a seed, without TCP.
public struct GeneratedStream: Sendable {
    /// The frames.
    public let bytes: [UInt8]
    /// The ranges in `bytes` of the payload of each message's last frame.
    public let payloads: [Range<Int>]
    /// The counts of the frames.
    public let truth: CaptureTruth.Sent

    /// Makes messages until there are `byteCount` bytes of frames.
    ///
    /// - Parameters:
    ///   - profile: The properties of the messages; its numbers of packets and connections do not count.
    ///   - isFromClient: Whether the frames are masked.
    ///   - isCompressed: Whether messages are compressed, with context takeover and the largest window.
    ///   - byteCount: The fewest bytes to make.
    ///   - seed: Selects a stream of the profile.
    package init(_ profile: CaptureProfile, isFromClient: Bool, isCompressed: Bool, byteCount: Int, seed: UInt64) {
        var world = GeneratedWorld(profile, seed: seed)
        let end: End = isFromClient ? .client : .server
        var ends = [SendingEnd(&world.random), SendingEnd(&world.random)]
        if isCompressed { ends[end.rawValue].deflater = Deflater(windowBits: 15, takesContextOver: true) }
        var payloads: [Range<Int>] = []
        while ends[end.rawValue].outbox.count < byteCount {
            let length = FrameWriter.appendMessage(from: end, to: &ends, &world)
            payloads.append(ends[end.rawValue].outbox.count - length..<ends[end.rawValue].outbox.count)
        }
        bytes = ends[end.rawValue].outbox
        truth = world.truth[end]
        self.payloads = payloads
    }
}
