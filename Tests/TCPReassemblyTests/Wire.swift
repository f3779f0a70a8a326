import PacketDecoding
import WireFormat

@testable import TCPReassembly

/// A segment as a test writes it.
struct Sent {
    var direction: Direction
    var flags: TCPFlags
    var sequence: UInt32
    var acknowledgment: UInt32?
    var bytes: [UInt8] = []
    /// The number of bytes after `bytes` that were on the wire but cut by a snap length.
    var cut = 0
    var window: UInt16 = 65_535
    var windowScale: UInt8?
    /// Its remaining hop limit; nil if the connection is not to check it.
    var hopLimit: UInt8?
    /// Nanoseconds since the previous segment.
    var delay: Int64 = 1_000_000

    /// A segment of the initiator; with `acknowledgment`, ACK is set.
    static func initiator(
        _ flags: TCPFlags, _ sequence: UInt32, ack acknowledgment: UInt32? = nil, _ text: String = ""
    ) -> Sent {
        Sent(
            direction: .fromInitiator, flags: flags, sequence: sequence, acknowledgment: acknowledgment,
            bytes: Array(text.utf8))
    }

    /// A segment of the responder; with `acknowledgment`, ACK is set.
    static func responder(
        _ flags: TCPFlags, _ sequence: UInt32, ack acknowledgment: UInt32? = nil, _ text: String = ""
    ) -> Sent {
        Sent(
            direction: .fromResponder, flags: flags, sequence: sequence, acknowledgment: acknowledgment,
            bytes: Array(text.utf8))
    }

    /// The same, this many nanoseconds after the previous segment.
    func after(_ delay: Int64) -> Sent {
        var sent = self
        sent.delay = delay
        return sent
    }

    /// The same with this window field.
    func window(_ window: UInt16, scale: UInt8? = nil) -> Sent {
        var sent = self
        sent.window = window
        sent.windowScale = scale
        return sent
    }

    /// The same with this many hops left.
    func hops(_ hopLimit: UInt8) -> Sent {
        var sent = self
        sent.hopLimit = hopLimit
        return sent
    }

    /// The same with the last `count` bytes cut by a snap length.
    func cut(_ count: Int) -> Sent {
        var sent = self
        sent.bytes.removeLast(count)
        sent.cut = count
        return sent
    }

    /// The segment as a packet decoder finds it in its bytes.
    func segment(
        from initiator: Endpoint = Wire.initiator, to responder: Endpoint = Wire.responder
    ) -> TCPSegment {
        TCPSegment(
            source: direction == .fromInitiator ? initiator : responder,
            destination: direction == .fromInitiator ? responder : initiator, sequence: sequence,
            acknowledgment: acknowledgment ?? 0, flags: acknowledgment == nil ? flags : flags.union(.ack),
            window: window, windowScale: windowScale, payload: 0..<bytes.count, payloadLength: bytes.count + cut)
    }
}

/// A piece that a stream delivers.
enum Piece: Equatable {
    case bytes([UInt8])
    case gap(UInt64)

    static func text(_ text: String) -> Piece { .bytes(Array(text.utf8)) }
}

extension [Piece] {
    /// Appends bytes, merging them with a piece of bytes right before.
    mutating func append(bytes: some Sequence<UInt8>) {
        let bytes = [UInt8](bytes)
        guard !bytes.isEmpty else { return }
        if case .bytes(let before) = last {
            self[count - 1] = .bytes(before + bytes)
        } else {
            append(.bytes(bytes))
        }
    }
}

/// A connection fed segment by segment, and what it delivers.
struct Wire: ~Copyable {
    static let initiator = Endpoint(address: IPAddress(ipv4: 0x0a00_0007), port: 53412)
    static let responder = Endpoint(address: IPAddress(ipv4: 0x0a00_0009), port: 8080)

    var connection: TCPConnection
    var budget: Int
    let limits: ReassemblyLimits
    private(set) var packet: UInt64 = 0
    private(set) var time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    /// What the initiator has sent.
    private(set) var forth: [Piece] = []
    /// What the responder has sent.
    private(set) var back: [Piece] = []

    /// Starts with the first segments.
    init(_ segments: Sent..., limits: ReassemblyLimits = ReassemblyLimits()) {
        self.init(segments, limits: limits)
    }

    init(_ segments: [Sent], limits: ReassemblyLimits = ReassemblyLimits()) {
        connection = TCPConnection(segments[0].segment(), time: time)
        budget = limits.heldBytes
        self.limits = limits
        for segment in segments { receive(segment) }
    }

    /// A connection whose ends have initial sequence numbers 100 and 300 and have completed the handshake.
    static func open(limits: ReassemblyLimits = ReassemblyLimits()) -> Wire {
        Wire(
            .initiator(.syn, 100), .responder(.syn, 300, ack: 101), .initiator([], 101, ack: 301), limits: limits)
    }

    /// The states of both ends, the initiator's first.
    var states: [TCPState] { [connection.states[0], connection.states[1]] }

    /// Takes a segment, and delivers what follows from it.
    @discardableResult
    mutating func receive(_ sent: Sent) -> TCPConnection.Arrival {
        packet += 1
        time.nanoseconds += sent.delay
        if let hopLimit = sent.hopLimit { connection.record(hopLimit: hopLimit, from: sent.direction) }
        let arrival = connection.receive(
            sent.segment(), from: sent.direction, payload: sent.bytes.span, packet: packet, time: time,
            budget: &budget, limits: limits)
        append(sent.bytes[arrival.inOrder], sent.direction)
        if arrival.closes { connection.flush(budget: &budget) }
        if arrival.hasMore || arrival.closes { drain() }
        return arrival
    }

    /// Takes segments.
    mutating func receive(_ segments: [Sent]) {
        for segment in segments { receive(segment) }
    }

    /// Declares every hole a gap, and delivers the rest.
    mutating func flush() {
        connection.flush(budget: &budget)
        drain()
    }

    /// Delivers what was waiting.
    mutating func drain() {
        for direction in Direction.allCases {
            while let piece = connection.next(direction, budget: &budget) {
                switch piece {
                case .held(let segment): append(segment.bytes, direction)
                case .gap(let length, _): append(.gap(length), direction)
                }
            }
        }
    }

    private mutating func append(_ bytes: some Sequence<UInt8>, _ direction: Direction) {
        if direction == .fromInitiator { forth.append(bytes: bytes) } else { back.append(bytes: bytes) }
    }

    private mutating func append(_ piece: Piece, _ direction: Direction) {
        if direction == .fromInitiator { forth.append(piece) } else { back.append(piece) }
    }
}
