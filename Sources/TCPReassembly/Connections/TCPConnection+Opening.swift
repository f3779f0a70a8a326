package import PacketDecoding
package import WireFormat

/// A segment of the three-way handshake (RFC 9293 3.5).
package struct HandshakeSegment: Sendable {
    /// The 1-based number of its packet.
    package var packet: UInt64
    /// Its packet's time.
    package var time: Timestamp
    /// Its sequence number.
    package var sequence: UInt32
    /// Its acknowledgment number; valid in all but the SYN.
    package var acknowledgment: UInt32

    init(_ segment: borrowing TCPSegment, at origin: Origin) {
        packet = origin.packet
        time = origin.time
        sequence = segment.sequence
        acknowledgment = segment.acknowledgment
    }
}

/// How a connection opens, and how another replaces it.
extension TCPConnection {
    /// Whether the segment opens a new connection between the same ends (RFC 9293 3.6.1, RFC 6191).
    ///
    /// A SYN with another initial sequence number does not end a connection in use: the other end first challenges it
    /// (RFC 5961 4.2). The SYN counts if a SYN ACK answers it; if its sender has sent its FIN, or no data has passed;
    /// if only one end is captured; and after `silence` nanoseconds without a packet.
    mutating func isReplaced(
        by segment: borrowing TCPSegment, in bytes: Span<UInt8>, from direction: Direction, at origin: Origin,
        silence: Int64
    ) -> Bool {
        let flags = segment.flags
        // No system accepts a SYN with a FIN as one that opens a connection.
        guard flags.contains(.syn), flags.isDisjoint(with: [.rst, .fin]) else { return false }
        let isAnswer = flags.contains(.ack)
        guard !isClosed && !isFinished || isAnswer else { return true }
        if challenger != nil, opening(answeredBy: segment, from: direction) != nil {
            guard isInUse else { return true }
            return !isDoubtful(answer: segment, in: bytes, from: direction)
        }
        guard let first = streams[direction.index].knownStart else {
            if isOpeningKnown { return false }
            if isOwnAnswer(segment, from: direction) { return false }
            guard !isOver, origin.time.nanoseconds(since: lastTime) < silence, isStray(flags, from: direction) else {
                return true
            }
            challenger = (HandshakeSegment(segment, at: origin), direction)
            return false
        }
        guard first != segment.sequence &+ 1 else { return false }
        guard !isOver, isInUse, finPackets[direction.index] == nil, origin.time.nanoseconds(since: lastTime) < silence
        else { return true }
        if !isAnswer { challenger = (HandshakeSegment(segment, at: origin), direction) }
        return false
    }

    /// Whether a SYN ACK that was captured late answers the SYN of this connection, which the capture lacks.
    ///
    /// It then fits the initial sequence numbers of both ends, as far as they are known.
    private mutating func isOwnAnswer(_ segment: borrowing TCPSegment, from direction: Direction) -> Bool {
        guard segment.flags.isSuperset(of: [.syn, .ack]), direction == .fromResponder, !isOver else { return false }
        if let first = streams[0].firstSequence, first != segment.acknowledgment { return false }
        guard let first = streams[1].firstSequence else { return true }
        return first == segment.sequence &+ 1
    }

    /// Whether a segment is a SYN that answers none, from an end that so far has only received data.
    private mutating func isStray(_ flags: TCPFlags, from direction: Direction) -> Bool {
        !isOpeningKnown && !flags.contains(.ack) && finPackets[direction.index] == nil
            && streams[direction.opposite.index].seenOffset > 0
    }

    /// The SYN of another connection that a SYN ACK answers; nil if it answers none that is known.
    package func opening(answeredBy segment: borrowing TCPSegment, from direction: Direction) -> HandshakeSegment? {
        guard segment.flags.isSuperset(of: [.syn, .ack]) else { return nil }
        guard let challenger, challenger.from != direction else { return nil }
        return segment.acknowledgment == challenger.syn.sequence &+ 1 ? challenger.syn : nil
    }

    /// The unanswered SYN that another SYN from the same end replaces; nil if there is none.
    package mutating func unansweredOpening(from direction: Direction) -> HandshakeSegment? {
        direction == .fromInitiator && synAck == nil && !isHeard(.fromResponder) ? syn : nil
    }

    /// Whether the three-way handshake was seen, or data in a connection of which both ends were seen.
    var isInUse: Bool {
        mutating get {
            if syn != nil, synAck != nil { return true }
            let hasData = streams[0].seenOffset > 0 || streams[1].seenOffset > 0
            return hasData && isHeard(.fromInitiator) && isHeard(.fromResponder)
        }
    }

    /// Whether any packet of an end was seen.
    mutating func isHeard(_ direction: Direction) -> Bool {
        let hasOpened = direction == .fromInitiator ? syn != nil || handshakeAck != nil : synAck != nil
        return hasOpened || streams[direction.index].seenOffset > 0
            || streams[direction.opposite.index].acknowledgedOffset > 0
    }

    /// Whether a segment shows that an end goes on after the RST or FIN that ended the connection, which was forged.
    ///
    /// After a RST, bytes of its supposed sender show it; after both FINs, an acknowledgment of bytes behind one.
    package mutating func isRevived(by segment: borrowing TCPSegment, from direction: Direction) -> Bool {
        guard isClosed, segment.flags.isDisjoint(with: [.syn, .rst]),
            let offset = streams[direction.index].signedOffset(of: segment.sequence),
            offset >= Int64(streams[direction.index].nextOffset),
            offset <= Int64(streams[direction.index].windowEnd)
        else { return false }
        let hasBytes = segment.payloadLength > 0
        if let reset { return reset.from == direction && hasBytes }
        let other = direction.opposite.index
        guard segment.flags.contains(.ack), let fin = streams[other].finOffset,
            let received = streams[other].offset(of: segment.acknowledgment)
        else { return false }
        return received > fin &+ 1 && received <= streams[other].windowEnd
    }

    /// Whether the other end accepts a SYN or RST.
    ///
    /// `mutating` so that the connection is read in place, not moved.
    mutating func isAccepted(_ segment: borrowing TCPSegment, from direction: Direction) -> Bool {
        if segment.flags.contains(.rst) {
            // RFC 9293 3.10.7.3: a RST that refuses a SYN acknowledges it.
            if direction == .fromResponder, syn != nil, streams[1].knownStart == nil, streams[0].seenOffset == 0 {
                guard segment.flags.contains(.ack) else { return false }
                return streams[0].firstSequence == segment.acknowledgment
            }
            return streams[direction.index].fit(ofReset: segment.sequence) > .outside
        }
        guard segment.flags.contains(.syn) else { return true }
        guard let first = streams[direction.index].knownStart else { return !isStray(segment.flags, from: direction) }
        return first == segment.sequence &+ 1
    }

    /// Accepts the initiator's first bytes if they acknowledge the start of the responder's stream, which was captured
    /// after them.
    mutating func confirmStart(by sequence: UInt32) {
        guard streams[0].seenOffset == 0, streams[0].hasDoubtfulBytes, let first = streams[0].held.first,
            first.doubt == .atStart, first.acknowledgment == sequence
        else { return }
        streams[0].believe()
    }

    /// The most waiting segments for which an acknowledgment may move the assumed start of their stream.
    private static let maximumMoved = 64

    /// Learns where the responder's stream begins from the segment that ends the three-way handshake, if the
    /// responder's SYN is missing or captured later.
    mutating func assumeStart(_ segment: borrowing TCPSegment, from direction: Direction, budget: inout Int) {
        guard direction == .fromInitiator, let syn, segment.sequence == syn.sequence &+ 1,
            segment.flags.contains(.ack), !segment.flags.contains(.rst)
        else { return }
        // The segment may also acknowledge bytes that wait. A move visits all of those, and each segment may ask for
        // one.
        if streams[1].held.count <= Self.maximumMoved, !streams[1].mayHaveWaited(for: segment.acknowledgment) {
            streams[1].moveAssumedStart(to: segment.acknowledgment, budget: &budget)
        }
        streams[1].assumeStart(at: segment.acknowledgment)
    }

    /// Starts a stream of which nothing is captured yet where the other end expects the next byte.
    package mutating func assumeStart(of direction: Direction, at acknowledgment: UInt32) {
        streams[direction.index].assumeStart(at: acknowledgment)
    }

    /// Starts such a stream at the first waiting bytes, if they are at `sequence`, since more is known of them.
    ///
    /// A start that the three-way handshake shows stays.
    package mutating func beginStream(_ direction: Direction, at sequence: UInt32) {
        guard !isOpeningKnown else { return }
        streams[direction.index].beginLater(at: sequence)
    }

    /// Follows the three-way handshake (RFC 9293 3.5).
    mutating func open(
        _ segment: borrowing TCPSegment, _ direction: Direction, at origin: Origin, budget: inout Int
    ) {
        let opening = HandshakeSegment(segment, at: origin)
        if segment.flags.contains(.syn), !segment.flags.contains(.rst) {
            streams[direction.index].moveAssumedStart(to: segment.sequence &+ 1, budget: &budget)
            // The sender of a RST does not acknowledge anything again.
            let isLast = reset?.from == direction.opposite
            streams[direction.index].forgetAssumedStart(unless: isLast ? segment.sequence &+ 1 : nil)
            streams[direction.index].begin(at: segment.sequence &+ 1)
            streams[direction.opposite.index].window.scale(by: segment.windowScale)
            // RFC 7323 2.2: windows are scaled if both SYNs say so.
            if segment.windowScale == nil { streams[direction.index].window.scale(by: nil) }
            if segment.flags.contains(.ack) {
                streams[direction.opposite.index].window.recordOpening(segment.window)
                streams[direction.opposite.index].begin(at: segment.acknowledgment)
                if direction == .fromResponder, synAck == nil {
                    synAck = opening
                    slowPathReasons.set(.opening, to: handshakeAck == nil)
                }
                if direction == .fromInitiator, handshakeAck == nil {
                    handshakeAck = opening
                    slowPathReasons.remove(.opening)
                }
            } else if direction == .fromInitiator {
                if syn == nil { syn = opening }
            } else {
                isSimultaneousOpen = true
            }
        } else if direction == .fromInitiator, segment.flags.contains(.ack), !segment.flags.contains(.rst) {
            takeRival(acknowledgedBy: segment)
            guard let synAck, segment.acknowledgment == synAck.sequence &+ 1 else { return }
            // Everything sent before the responder's first data acknowledges the responder's SYN again.
            if handshakeAck?.acknowledgment != segment.acknowledgment { handshakeAck = opening }
            slowPathReasons.remove(.opening)
        }
    }
}
