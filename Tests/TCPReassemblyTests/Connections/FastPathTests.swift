import PacketDecoding
import TestSupport
import Testing
import WireFormat

@testable import TCPReassembly

@Suite("The fast path for plain segments")
struct PlainSegmentTests {
    @Test("has the same results as the slow path, segment by segment", arguments: 0..<15)
    func agreement(number: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var traffic = Traffic(seed: seed)
        let opening = traffic.opening
        var short = Reader(opening[0])
        var long = Reader(opening[0])
        var plain = 0
        for packet in opening + (0..<200).map({ _ in traffic.next() }) {
            if short.takePlain(packet) { plain += 1 } else { short.take(packet) }
            long.take(packet)
            let (one, other) = (short.state, long.state)
            try #require(one == other, "seed \(seed), packet \(short.packet)")
        }
        #expect(plain > 10, "the fast path is used")
    }
}

/// A connection, and what it has delivered.
private struct Reader: ~Copyable {
    var connection: TCPConnection
    var budget = 1 << 20
    var packet: UInt64 = 0
    var handedOn: [[UInt8]] = [[], []]

    init(_ first: TCPPacket) {
        connection = TCPConnection(first.found.segment, time: Timestamp(nanoseconds: 0))
    }

    var time: Timestamp { Timestamp(nanoseconds: Int64(packet) * 1_000_000) }

    mutating func takePlain(_ sent: TCPPacket) -> Bool {
        var (segment, bytes) = sent.found
        let next = Timestamp(nanoseconds: Int64(packet + 1) * 1_000_000)
        guard let direction = connection.receiveFastPath(&segment, in: bytes.span, time: next) else { return false }
        packet += 1
        handedOn[direction.index] += bytes[segment.payload]
        return true
    }

    mutating func take(_ sent: TCPPacket) {
        var (segment, bytes) = sent.found
        packet += 1
        let direction: Direction = segment.source == connection.initiator ? .fromInitiator : .fromResponder
        guard !connection.rejects(&segment, in: bytes.span, from: direction) else { return }
        let payload = bytes.span.extracting(segment.payload)
        let arrival = connection.receive(
            &segment, from: direction, at: Origin(packet: packet, time: time), payload: payload, budget: &budget,
            limits: ReassemblyLimits())
        handedOn[direction.index] += bytes[segment.payload][segment.payload.lowerBound...].dropFirst(
            arrival.inOrder.lowerBound
        ).prefix(arrival.inOrder.count)
        for direction in Direction.allCases {
            while let piece = connection.next(direction, budget: &budget) {
                if case .held(let held) = piece { handedOn[direction.index] += held.bytes }
            }
        }
    }

    /// Everything by which a later segment could be judged.
    var state: String {
        mutating get {
            var parts = [
                "\(handedOn) \(connection.slowPathReasons.rawValue) \(connection.packets) \(connection.lastTime)"
            ]
            parts.append("\(connection.states[0]) \(connection.states[1]) \(connection.rejectedSegments)")
            for direction in Direction.allCases {
                let stream = "\(connection[direction].nextOffset) \(connection[direction].seenOffset)"
                parts.append("\(stream) \(connection[direction].acknowledgedOffset)")
                parts.append(
                    "\(connection[direction].retransmittedSegments) \(connection[direction].outOfOrderSegments)")
                parts.append("\(connection[direction].window) \(connection[direction].finOffset as Any)")
                parts.append("\(connection.checksums[direction.index]) \(connection.hopLimits[direction.index])")
            }
            return parts.joined(separator: "\n")
        }
    }
}

/// Two ends that exchange data, most of it in order and whole.
private struct Traffic {
    private var random: SeededGenerator
    private var sequences: [UInt32] = [101, 301]
    private var late: [TCPPacket] = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    let opening = [
        TCPPacket(sequence: 100, acknowledgment: 0, flags: .syn, options: [.windowScale(7)]),
        TCPPacket(
            from: Wire.responder, to: Wire.initiator, sequence: 300, acknowledgment: 101, flags: [.syn, .ack],
            options: [.windowScale(7)]),
        TCPPacket(sequence: 101, acknowledgment: 301, flags: .ack),
    ]

    mutating func next() -> TCPPacket {
        if !late.isEmpty, Int.random(in: 0..<3, using: &random) == 0 { return late.removeFirst() }
        let sender = Int.random(in: 0...1, using: &random)
        let length = Bool.random(using: &random) ? Int.random(in: 1...60, using: &random) : 0
        var packet = TCPPacket(
            from: sender == 0 ? Wire.initiator : Wire.responder, to: sender == 0 ? Wire.responder : Wire.initiator,
            sequence: sequences[sender], acknowledgment: sequences[1 - sender],
            flags: length > 0 ? [.psh, .ack] : .ack,
            payload: (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) })
        sequences[sender] &+= UInt32(length)
        switch Int.random(in: 0..<40, using: &random) {
        case 0:
            late.append(packet)
            return self.next()
        case 1: packet.window = 0
        case 2:
            packet.sequence &-= UInt32.random(in: 1...30, using: &random)
            sequences[sender] &-= UInt32(length)
        case 3: packet.acknowledgment &-= 5
        case 4: packet.acknowledgment &+= 5
        case 5: late.append(packet)
        case 6: packet.flags.insert(.urg)
        default: break
        }
        return packet
    }
}

extension TCPPacket {
    /// The segment as the decoder finds it, and its bytes.
    fileprivate var found: (segment: TCPSegment, bytes: [UInt8]) {
        let bytes = ethernet()
        var decoder = PacketDecoder()
        var segment = TCPSegment()
        _ = bytes.withPacket { decoder.decode($0, into: &segment) }
        return (segment, bytes)
    }
}
