import PacketDecoding
import TCPReassembly
import WireFormat

/// Reassembles a connection.
///
/// Input: a byte of settings (bit 0: small bounds; 1: no SYN), the initial sequence number of both ends (its two high
/// bytes); then for each segment a byte of flags (bit 0: from the responder; 1: ACK; 2: FIN; 3: RST; 4: a snap length
/// cut as many bytes again; 5: SYN; 6: two seconds have passed; 7: a low hop limit), its stream offset (two bytes), the
/// number of its bytes (one byte) and, with ACK, its acknowledgment number (two bytes). All bytes of a segment have its
/// number as value.
struct SegmentsRun {
    private struct Sent {
        let flags: UInt8
        let place: UInt16
        let length: Int
        let acknowledged: UInt16

        var direction: Direction { flags & 1 == 0 ? .fromInitiator : .fromResponder }
        var cut: Int { flags & 16 == 0 ? 0 : length }

        func segment(_ base: UInt32) -> TCPSegment {
            var bits: TCPFlags = []
            if flags & 2 != 0 { bits.insert(.ack) }
            if flags & 4 != 0 { bits.insert(.fin) }
            if flags & 8 != 0 { bits.insert(.rst) }
            if flags & 32 != 0 { bits.insert(.syn) }
            let isForth = direction == .fromInitiator
            return TCPSegment(
                source: isForth ? initiator : responder, destination: isForth ? responder : initiator,
                sequence: base &+ UInt32(place), acknowledgment: base &+ UInt32(acknowledged), flags: bits,
                window: 65_535, windowScale: nil, payload: 0..<length, payloadLength: length + cut)
        }
    }

    private static let initiator = Endpoint(address: IPAddress(ipv4: 0x0a00_0007), port: 53412)
    private static let responder = Endpoint(address: IPAddress(ipv4: 0x0a00_0009), port: 8080)

    private let settings: UInt8
    private let base: UInt32
    private var sent: [Sent] = []

    init(_ input: [UInt8]) {
        var input = InputBytes(input)
        settings = input.byte()
        base = UInt32(input.short()) << 16 | 0xff00
        if settings & 2 == 0 { sent = [32, 33].map { Sent(flags: $0, place: 0, length: 0, acknowledged: 0) } }
        while input.count > 0 {
            let flags = input.byte()
            let place = input.short()
            let length = Int(input.byte())
            sent.append(
                Sent(flags: flags, place: place, length: length, acknowledged: flags & 2 == 0 ? 0 : input.short()))
        }
    }

    /// Reassembles the connection: every byte is delivered or reported as a gap, and if only data was sent, it is a
    /// copy of a sent one.
    func check() throws(Disagreement) {
        guard let first = sent.first else { return }
        var limits = ReassemblyLimits()
        if settings & 1 != 0 {
            limits.heldBytesPerStream = 1000
            limits.heldBytes = 1200
            limits.heldSegmentsPerStream = 6
        }
        var table = ConnectionTable(limits: limits, secret: 7)
        var time = Timestamp(nanoseconds: 0)
        let slot = table.insert(first.segment(base), time: time).slot
        var streams: [HandedOn] = [HandedOn(), HandedOn()]
        for (number, sent) in sent.enumerated() {
            var segment = sent.segment(base)
            let hash = table.hash(&segment)
            _ = table.prepare(hash)
            guard let place = table.find(&segment, hash: hash) else {
                throw Disagreement(words: "connection not found")
            }
            time.nanoseconds += sent.flags & 64 == 0 ? 1_000_000 : 2_000_000_000
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: sent.length)
            table.connections[slot].record(hopLimit: sent.flags & 128 == 0 ? 64 : 5, from: place.direction)
            let arrival = table.connections[slot].receive(
                &segment, from: place.direction, at: Origin(packet: UInt64(number), time: time), payload: bytes.span,
                budget: &table.budget, limits: limits)
            try streams[place.direction.index].take(bytes, in: arrival.inOrder)
            if arrival.closes { table.connections[slot].flush(budget: &table.budget) }
            if arrival.hasMore || arrival.closes { try drain(&table, slot, &streams) }
        }
        table.connections[slot].flush(budget: &table.budget)
        try drain(&table, slot, &streams)
        for direction in Direction.allCases {
            let handed = streams[direction.index].bytes.count
            let offset = table.connections[slot][direction].nextOffset
            guard UInt64(handed) == offset else {
                throw Disagreement(words: "\(handed) bytes handed on of a stream that stands at \(offset)")
            }
        }
        table.remove(slot)
        guard table.budget == limits.heldBytes else {
            throw Disagreement(words: "the budget is \(table.budget) at the end, \(limits.heldBytes) at the start")
        }
        if settings & 3 == 0, sent.dropFirst(2).allSatisfy({ $0.flags & 0b1010_1110 == 0 }) { try compare(streams) }
    }

    private func drain(
        _ table: inout ConnectionTable, _ slot: Slot<TCPConnection>, _ streams: inout [HandedOn]
    ) throws(Disagreement) {
        for direction in Direction.allCases {
            while let piece = table.connections[slot].next(direction, budget: &table.budget) {
                try streams[direction.index].take(piece)
            }
        }
    }

    /// Compares streams with a simple reassembler that places every byte by its offset.
    ///
    /// Of several copies any may be delivered, since bytes that wait after a hole follow a receiver's rules; a gap may
    /// be only where there is no copy, or where one was cut.
    private func compare(_ streams: [HandedOn]) throws(Disagreement) {
        for direction in Direction.allCases {
            let found = streams[direction.index].bytes
            var copies: [Set<UInt8?>] = []
            for (number, sent) in sent.enumerated() where sent.length > 0 && sent.direction == direction {
                let start = Int(sent.place) - 1
                let end = start + sent.length + sent.cut
                copies += Array(repeating: [], count: Swift.max(0, end - copies.count))
                for place in max(0, start)..<max(0, end) {
                    copies[place].insert(place < start + sent.length ? UInt8(truncatingIfNeeded: number) : nil)
                }
            }
            guard found.count == copies.count else {
                throw Disagreement(words: "\(direction): \(found.count) bytes of \(copies.count)")
            }
            for place in found.indices {
                guard copies[place].contains(found[place]) || copies[place].isEmpty && found[place] == nil else {
                    throw Disagreement(
                        words: "\(direction) at \(place): found \(found[place...].prefix(4)), "
                            + "expected one of \(copies[place].map { $0.map(Int.init) ?? -1 }.sorted())")
                }
            }
        }
    }
}

/// What a stream has delivered.
private struct HandedOn {
    /// The bytes; nil for those in a gap.
    var bytes: [UInt8?] = []

    /// The longest gap possible here, since offsets have 16 bits.
    private static let longestGap: UInt64 = 1 << 18

    mutating func take(_ payload: [UInt8], in range: Range<Int>) throws(Disagreement) {
        guard range.lowerBound >= 0, range.upperBound <= payload.count else {
            throw Disagreement(words: "\(range) of \(payload.count) bytes is in order")
        }
        bytes += payload[range].map { $0 }
    }

    mutating func take(_ piece: StreamPiece) throws(Disagreement) {
        switch piece {
        case .held(let segment): bytes += segment.bytes.map { $0 }
        case .gap(let length, _):
            guard length > 0, length <= Self.longestGap else { throw Disagreement(words: "a gap of \(length) bytes") }
            bytes += Array(repeating: nil, count: Int(length))
        }
    }
}
