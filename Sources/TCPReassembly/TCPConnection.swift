public import PacketDecoding
public import WireFormat

/// A TCP connection as the packets tell of it: its opening, two streams, and its end.
public struct TCPConnection: ~Copyable {
    /// A segment of the three-way handshake.
    public struct Mark: Sendable {
        /// The 1-based number of its packet.
        public var packet: UInt64
        /// Its packet's time.
        public var time: Timestamp
        /// Its sequence number.
        public var sequence: UInt32
        /// Its acknowledgment number; counts on all but the SYN.
        public var acknowledgment: UInt32

        init(_ segment: borrowing TCPSegment, packet: UInt64, time: Timestamp) {
            self.packet = packet
            self.time = time
            sequence = segment.sequence
            acknowledgment = segment.acknowledgment
        }
    }

    /// What a segment did.
    public struct Arrival: Sendable {
        /// The part of its payload that comes next in its stream.
        public var inOrder: Range<Int>
        /// Whether a stream may have more to hand on.
        public var hasMore: Bool
        /// Whether an end has moved to another state, or the segment is a SYN, FIN or RST.
        public var isControl: Bool
        /// Whether the segment ended the connection.
        public var closes: Bool
        /// Whether it was counted as conflicting or out of window, shows that another was inserted (``TCPStream``),
        /// ended a ``WindowStall``, or is the first of its direction whose acknowledgment lies too far ahead.
        public var isDoubtful = false
    }

    // What every segment touches stands first: a connection's lines are seldom in the nearest cache.

    /// The end that opened the connection; the one first seen to send where no SYN was seen.
    public let initiator: Endpoint
    /// The end that answered.
    public let responder: Endpoint
    /// Why its segments need a closer look.
    var attention = Attention.young
    var checksums = InlineArray<2, ChecksumTrust>(repeating: ChecksumTrust())
    var hopLimits = InlineArray<2, HopLimitVote>(repeating: HopLimitVote())
    /// The marks of the tunnels that each direction's segments came through, by ``Direction/index``; 0 where none bore a
    /// mark (``TCPSegment/tunnel``).
    var tunnels = InlineArray<2, UInt32>(repeating: 0)
    /// The windows that are closed; nil where none is.
    var closedWindows: ClosedWindows? {
        didSet { attention.set(.closedWindow, to: closedWindows != nil) }
    }
    /// The state of each end (RFC 9293 3.3.2), by the direction that it sends, as far as the packets up to now tell.
    public private(set) var states = InlineArray<2, TCPState>(repeating: .unknown)
    /// The packet that it was last seen in.
    public internal(set) var lastTime: Timestamp
    /// The packets seen.
    public internal(set) var packets: UInt64 = 0
    /// The two streams, by ``Direction/rawValue``.
    @usableFromInline
    var streams: InlineArray<2, TCPStream> = InlineArray { _ in TCPStream() }

    /// The packet that it was first seen in.
    public let firstTime: Timestamp
    /// The initiator's SYN; the first where it was sent again.
    public private(set) var syn: Mark?
    /// The responder's SYN ACK; the first where it was sent again.
    public private(set) var synAck: Mark?
    /// The first acknowledgment of the SYN ACK.
    public private(set) var handshakeAck: Mark?
    /// Whether both ends sent a SYN before they saw the other's (RFC 9293 3.5).
    public private(set) var isSimultaneousOpen = false
    /// The packet with each end's first FIN.
    public private(set) var finPackets = InlineArray<2, UInt64?>(repeating: nil)
    /// The packet with the first RST, and who sent it.
    public private(set) var reset: (packet: UInt64, from: Direction)?
    /// When the first FIN or RST was seen.
    public private(set) var firstEndTime: Timestamp?
    /// Segments left out since their checksum is wrong.
    public private(set) var rejectedSegments: UInt64 = 0
    /// A SYN with another initial sequence number that was not taken at its word, and who sent it.
    private var challenger: (syn: Mark, from: Direction)?
    /// What each end sent again, or probed with; nil as long as neither did.
    var unanswered: UnansweredRuns?
    /// Whether each end had received the other's FIN before it sent its own.
    private var hadReceivedFin = InlineArray<2, Bool>(repeating: false)

    /// The bytes of the value, about, that most segments touch: its head, and the beginnings of both streams.
    static var hotBytes: (Range<Int>, Range<Int>) {
        let second = headByteCount &+ MemoryLayout<TCPStream>.stride
        return (0..<(headByteCount &+ TCPStream.hotByteCount), second..<(second &+ TCPStream.hotByteCount))
    }

    /// How many bytes stand before the streams.
    private static var headByteCount: Int { 112 }

    /// Begins with the first segment seen.
    ///
    /// - Parameters:
    ///   - segment: The segment.
    ///   - time: Its packet's time.
    ///   - opening: The initiator's SYN, where it came before and was taken for a stray.
    init(_ segment: borrowing TCPSegment, time: Timestamp, opening: Mark? = nil) {
        // RFC 9293 3.5: a SYN ACK comes from the responder.
        let isAnswer = segment.flags.isSuperset(of: [.syn, .ack])
        initiator = isAnswer ? segment.destination : segment.source
        responder = isAnswer ? segment.source : segment.destination
        firstTime = opening?.time ?? time
        lastTime = time
        tunnels[isAnswer ? 1 : 0] = segment.tunnel
        if let opening {
            syn = opening
            streams[0].begin(at: opening.sequence &+ 1)
        }
    }

    /// Whether a segment has ended it: a RST, or the acknowledgment of the second FIN.
    public var isClosed: Bool { attention.contains(.closed) }

    /// Whether a SYN was seen: the initiator is known, and the streams are whole from their first byte.
    public var isOpeningKnown: Bool { syn != nil || synAck != nil }

    /// How far the bytes of a direction are acknowledged (``TCPStream/acknowledgedOffset``).
    ///
    /// Asking mutates, although nothing changes: else the compiler moves the whole stream first.
    public mutating func acknowledgedOffset(of direction: Direction) -> UInt64 {
        streams[direction.index].acknowledgedOffset
    }

    /// Where the next byte of a direction stands (``TCPStream/nextOffset``).
    public mutating func nextOffset(of direction: Direction) -> UInt64 {
        streams[direction.index].nextOffset
    }

    /// The stream of one direction.
    ///
    /// Inlinable, so that nothing is allocated to lend it.
    @inlinable
    public subscript(direction: Direction) -> TCPStream {
        _read { yield streams[direction.index] }
    }

    /// Whether the segment opens a new connection between the same ends (RFC 9293 3.6.1, RFC 6191).
    ///
    /// A SYN with another initial sequence number does not end a connection at work: the other end asks back whether it
    /// is meant (RFC 5961 4.2). It counts when it is answered by a SYN ACK; when its sender has sent its FIN, or the
    /// connection no data; where only one end is captured; and behind `silence` nanoseconds without a packet.
    mutating func isReplaced(
        by segment: borrowing TCPSegment, from direction: Direction, packet: UInt64, time: Timestamp, silence: Int64
    ) -> Bool {
        let flags = segment.flags
        guard flags.contains(.syn), !flags.contains(.rst) else { return false }
        let isAnswer = flags.contains(.ack)
        guard !isClosed || isAnswer else { return true }
        guard let first = streams[direction.index].firstSequence else { return !isOpeningKnown }
        guard first != segment.sequence &+ 1 else { return false }
        if challenger != nil, opening(answeredBy: segment, from: direction) != nil { return true }
        guard !isClosed, isAtWork, finPackets[direction.index] == nil,
            time.nanoseconds(since: lastTime) < silence
        else { return true }
        if !isAnswer { challenger = (Mark(segment, packet: packet, time: time), direction) }
        return false
    }

    /// The SYN of another connection that a SYN ACK answers; nil where it answers none that is known.
    public func opening(answeredBy segment: borrowing TCPSegment, from direction: Direction) -> Mark? {
        guard segment.flags.isSuperset(of: [.syn, .ack]) else { return nil }
        guard let challenger, challenger.from != direction else { return nil }
        return segment.acknowledgment == challenger.syn.sequence &+ 1 ? challenger.syn : nil
    }

    /// Whether data have passed, and both ends were heard.
    private var isAtWork: Bool {
        let hasData = streams[0].seenOffset > 0 || streams[1].seenOffset > 0
        return hasData && isHeard(.fromInitiator) && isHeard(.fromResponder)
    }

    /// Whether a packet of an end was seen.
    func isHeard(_ direction: Direction) -> Bool {
        let hasOpened = direction == .fromInitiator ? syn != nil || handshakeAck != nil : synAck != nil
        return hasOpened || streams[direction.index].seenOffset > 0
            || streams[direction.opposite.index].acknowledgedOffset > 0
    }

    /// Whether the end that sends this stream had received the other's FIN before it sent its own.
    func receivedFinFirst(_ direction: Direction) -> Bool {
        hadReceivedFin[direction.index]
    }

    /// Judges a segment by its checksum and its hop limit before anything else is done with it.
    ///
    /// - Parameters:
    ///   - segment: The segment.
    ///   - bytes: What it was found in.
    ///   - direction: Who sent it.
    /// - Returns: Whether it is to be left out, since its checksum is wrong where others are right.
    public mutating func rejects(
        _ segment: inout TCPSegment, in bytes: Span<UInt8>, from direction: Direction
    ) -> Bool {
        // A forged acknowledgment alone does no harm to the bytes: it is not worth the sum, once others are known.
        let isPlain = segment.flags == .ack && segment.payloadLength == 0
        guard !isPlain || !checksums[direction.index].isSettled else { return false }
        switch segment.checksumStatus(in: bytes) {
        case .right, .offloaded: checksums[direction.index].countGood()
        case .unknown: break
        case .wrong:
            guard checksums[direction.index].countBad() else { break }
            rejectedSegments &+= 1
            return true
        }
        if let hopLimit = segment.hopLimit(in: bytes), !hopLimits[direction.index].isSure(of: hopLimit) {
            note(hopLimit: hopLimit, from: direction)
        }
        return false
    }

    /// Judges the segment that is to be received next by its hop limit.
    ///
    /// One that falls short of the others of its direction may have died on its way, behind the place of the capture. Its
    /// payload then waits for its acknowledgment, and its RST ends nothing while its sender goes on. Where the other end
    /// is not heard, everything is believed.
    public mutating func note(hopLimit: UInt8, from direction: Direction) {
        let wasSettled = hopLimits[direction.index].isSettled
        let isShort = hopLimits[direction.index].isShort(hopLimit) && isHeard(direction.opposite)
        attention.set(.doubtfulSegment, to: isShort)
        if !wasSettled, !hopLimits[direction.index].isSettled { streams[direction.index].believe() }
    }

    /// Takes a segment.
    ///
    /// - Parameters:
    ///   - segment: The segment, of this connection; not changed, see ``ConnectionTable``.
    ///   - direction: Who sent it.
    ///   - payload: The captured bytes of its payload.
    ///   - packet: The 1-based number of its packet.
    ///   - time: The packet's time.
    ///   - budget: Bytes that all connections together may still hold.
    ///   - limits: The bounds.
    /// - Returns: What it did.
    public mutating func receive(
        _ segment: inout TCPSegment, from direction: Direction, payload: Span<UInt8>, packet: UInt64,
        time: Timestamp, budget: inout Int, limits: ReassemblyLimits
    ) -> Arrival {
        let other = direction.opposite
        let flags = segment.flags
        lastTime = time
        packets &+= 1
        if attention.contains(.unanswered) { endUnanswered(of: other) }
        let isDoubtful = attention.remove(.doubtfulSegment) != nil
        var arrival = Arrival(inOrder: 0..<0, hasMore: false, isControl: false, closes: false)
        guard !isClosed else { return arrival }
        var sequence = segment.sequence
        arrival.isControl = flags.rawValue & TCPFlags([.syn, .fin, .rst]).rawValue != 0
        let isOpening = attention.contains(.opening)
        if arrival.isControl || isOpening {
            guard isTaken(segment, from: direction) else {
                streams[direction.index].countOutOfWindow()
                arrival.isDoubtful = streams[direction.index].takeDoubt()
                return arrival
            }
            open(segment, direction, packet: packet, time: time)
        }
        if attention.contains(.doubtfulReset), !isDoubtful { withdrawReset(segment, direction, &arrival) }
        if flags.contains(.syn) { sequence &+= 1 }
        if flags.contains(.ack),
            streams[other.index].acknowledge(segment.acknowledgment, window: arrival.isControl ? 0 : segment.window)
        {
            arrival.isControl = true
            noteFin(of: other)
        }
        if streams[other.index].hasDoubt { arrival.isDoubtful = streams[other.index].takeDoubt() }
        // RFC 9293 3.10.7: the text of a reset is a diagnostic, not data.
        if segment.payloadLength > 0, !flags.contains(.rst) {
            arrival.inOrder = streams[direction.index].receive(
                payload, sequence: sequence, length: segment.payloadLength,
                origin: Origin(packet: packet, time: time), isDoubtful: isDoubtful,
                budget: &budget, limits: limits)
        } else if !arrival.isControl, streams[direction.index].isProbe(sequence) {
            countUnanswered(direction, time)
        }
        if flags.contains(.fin),
            streams[direction.index].finish(at: sequence &+ UInt32(truncatingIfNeeded: segment.payloadLength)),
            finPackets[direction.index] == nil
        {
            finPackets[direction.index] = packet
            if firstEndTime == nil { firstEndTime = time }
        }
        if arrival.inOrder.count != segment.payloadLength || arrival.isControl {
            arrival.isDoubtful = streams[direction.index].takeDoubt() || arrival.isDoubtful
            if streams[direction.index].takeRepeat() { countUnanswered(direction, time) }
        }
        if flags.contains(.rst) {
            if reset == nil { reset = (packet, direction) }
            if firstEndTime == nil { firstEndTime = time }
            attention.set(.doubtfulReset, to: isDoubtful)
            attention.set(.closed, to: !isDoubtful)
        } else if arrival.isControl {
            let isOver = streams[direction.index].isFinAcknowledged && streams[other.index].isFinAcknowledged
            attention.set(.closed, to: isOver)
        }
        if arrival.isControl || isOpening || packets <= 4 {
            states = [currentState(of: .fromInitiator), currentState(of: .fromResponder)]
            attention.set(.young, to: packets < 4)
        }
        arrival.closes = isClosed
        if !streams[direction.index].isIdle {
            streams[direction.index].age(packets: packets, time: time, limits: limits)
            arrival.hasMore = true
        }
        if !streams[other.index].isIdle {
            streams[other.index].age(packets: packets, time: time, limits: limits)
            arrival.hasMore = true
        }
        if segment.window == 0 || closedWindows != nil {
            noteWindow(segment, direction, packet: packet, time: time, &arrival)
        }
        return arrival
    }

    /// Takes a segment of a connection whose bytes nobody reads: only its end matters.
    public mutating func pass(_ flags: TCPFlags, from direction: Direction, packet: UInt64, time: Timestamp) {
        lastTime = time
        if flags.contains(.fin), finPackets[direction.index] == nil {
            finPackets[direction.index] = packet
        }
        if flags.contains(.rst) || finPackets[0] != nil && finPackets[1] != nil { attention.insert(.closed) }
    }

    /// Takes a RST back that may not have reached the other end, when its sender goes on behind it.
    private mutating func withdrawReset(
        _ segment: borrowing TCPSegment, _ direction: Direction, _ arrival: inout Arrival
    ) {
        guard reset?.from == direction, !segment.flags.contains(.rst) else { return }
        attention.remove(.doubtfulReset)
        reset = nil
        if finPackets[0] == nil, finPackets[1] == nil { firstEndTime = nil }
        states = [currentState(of: .fromInitiator), currentState(of: .fromResponder)]
        streams[direction.index].noteInsertion()
        arrival.isDoubtful = streams[direction.index].takeDoubt()
    }

    /// Learns what an acknowledgment has told of the FIN of a stream.
    private mutating func noteFin(of direction: Direction) {
        if streams[direction.index].finOffset == nil {
            finPackets[direction.index] = nil
            if finPackets[direction.opposite.index] == nil { firstEndTime = nil }
        } else if streams[direction.opposite.index].finOffset == nil {
            hadReceivedFin[direction.opposite.index] = true
        }
    }

    /// Whether the other end takes a SYN or RST.
    ///
    /// Asking mutates, although nothing changes: else the compiler moves the whole connection first.
    private mutating func isTaken(_ segment: borrowing TCPSegment, from direction: Direction) -> Bool {
        if segment.flags.contains(.rst) {
            // RFC 9293 3.10.7.3: what refuses a SYN acknowledges it.
            if direction == .fromResponder, syn != nil, streams[1].firstSequence == nil, streams[0].seenOffset == 0 {
                guard segment.flags.contains(.ack) else { return false }
                return streams[0].firstSequence == segment.acknowledgment
            }
            return streams[direction.index].takesReset(at: segment.sequence)
        }
        guard segment.flags.contains(.syn), let first = streams[direction.index].firstSequence else { return true }
        return first == segment.sequence &+ 1
    }

    /// The three-way handshake (RFC 9293 3.5).
    private mutating func open(
        _ segment: borrowing TCPSegment, _ direction: Direction, packet: UInt64, time: Timestamp
    ) {
        let mark = Mark(segment, packet: packet, time: time)
        if segment.flags.contains(.syn) {
            streams[direction.index].begin(at: segment.sequence &+ 1)
            streams[direction.opposite.index].window.scale(by: segment.windowScale)
            // RFC 7323 2.2: windows are scaled where both SYNs say so.
            if segment.windowScale == nil { streams[direction.index].window.scale(by: nil) }
            if segment.flags.contains(.ack) {
                streams[direction.opposite.index].begin(at: segment.acknowledgment)
                if direction == .fromResponder, synAck == nil {
                    synAck = mark
                    attention.set(.opening, to: handshakeAck == nil)
                }
                if direction == .fromInitiator, handshakeAck == nil {
                    handshakeAck = mark
                    attention.remove(.opening)
                }
            } else if direction == .fromInitiator {
                if syn == nil { syn = mark }
            } else {
                isSimultaneousOpen = true
            }
        } else if direction == .fromInitiator, segment.flags.contains(.ack), !segment.flags.contains(.rst),
            let synAck, segment.acknowledgment == synAck.sequence &+ 1
        {
            handshakeAck = mark
            attention.remove(.opening)
        }
    }
}
