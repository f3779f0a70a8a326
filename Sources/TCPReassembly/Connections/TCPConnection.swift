package import PacketDecoding
package import WireFormat

/// A TCP connection as the packets show it: its opening, two streams, and its end.
package struct TCPConnection: ~Copyable {
    // What every segment touches comes first: a connection's cache lines are seldom near.

    /// The end that opened the connection; without a SYN, the one first seen to send.
    package let initiator: Endpoint
    /// The other end.
    package let responder: Endpoint
    /// Why its segments need the slow path.
    var slowPathReasons = SlowPathReasons.young
    var checksums = InlineArray<2, ChecksumTrust>(repeating: ChecksumTrust())
    var hopLimits = InlineArray<2, HopLimitVote>(repeating: HopLimitVote())
    var headers = InlineArray<2, HeaderTrust>(repeating: HeaderTrust())
    /// The tunnels that each direction's segments came through, by ``Direction/index``; 0 if unnumbered
    /// (``TCPSegment/tunnel``).
    var tunnels = InlineArray<2, UInt32>(repeating: 0)
    /// The windows that are closed; nil if none is.
    var closedWindows: ClosedWindows? {
        didSet { slowPathReasons.set(.closedWindow, to: closedWindows != nil) }
    }
    /// The state of each end (RFC 9293 3.3.2), by the direction that it sends, as far as the packets so far tell.
    package internal(set) var states = InlineArray<2, TCPState>(repeating: .unknown)
    /// The time of its last packet.
    package internal(set) var lastTime: Timestamp
    /// The number of packets seen.
    package internal(set) var packets: UInt64 = 0
    /// The two streams, by ``Direction/rawValue``.
    @usableFromInline
    var streams: InlineArray<2, TCPStream> = InlineArray { _ in TCPStream() }

    /// The time of its first packet.
    package let firstTime: Timestamp
    /// The initiator's SYN; the first if it was retransmitted.
    package internal(set) var syn: HandshakeSegment?
    /// The responder's SYN ACK; the first if it was retransmitted.
    package internal(set) var synAck: HandshakeSegment?
    /// The first acknowledgment of the SYN ACK.
    package internal(set) var handshakeAck: HandshakeSegment?
    /// Whether both ends sent a SYN before they received the other's (RFC 9293 3.5).
    package internal(set) var isSimultaneousOpen = false
    /// Whether all of its segments so far are SYNs of the initiator.
    package internal(set) var isOnlySYN = true
    /// The packet of each end's first FIN.
    package internal(set) var finPackets = InlineArray<2, UInt64?>(repeating: nil)
    /// When the latest of them was captured.
    var latestFinTime = Timestamp(nanoseconds: 0)
    /// What each end's first FIN acknowledges; 0 if there is none.
    var finAcknowledgments = InlineArray<2, UInt32>(repeating: 0)
    /// The packet of the first RST, and who sent it.
    package internal(set) var reset: (packet: UInt64, from: Direction)?
    /// A RST that its receiver does not accept as it stands, and who sent it: the first since its sender went on.
    var nearReset: (packet: UInt64, from: Direction, time: Timestamp)?
    /// Where that RST stands in its sender's stream.
    var nearResetOffset: UInt64?
    /// Whether its sender has sent something since.
    var hasGoneOn = false
    /// Whether ``reset`` came from the end that it names, for all that its packet shows.
    var hasSureReset = false
    /// Why the other end may not have accepted ``reset``.
    var resetDoubt = SegmentDoubt()
    /// Whether another has replaced it, and it waits only for packets that are captured late; here, since at the end it
    /// would take a word of its own.
    package internal(set) var isReplaced = false
    /// What follows the first RST.
    var aftermath: ResetAftermath?
    /// The time of the first FIN or RST.
    package internal(set) var firstEndTime: Timestamp?
    /// Segments ignored for a wrong checksum.
    package internal(set) var rejectedSegments: UInt64 = 0
    /// A SYN with another initial sequence number that did not replace the connection yet, and who sent it.
    var challenger: (syn: HandshakeSegment, from: Direction)?
    /// Why the other end may not accept the segment that is received next.
    var pendingDoubt = SegmentDoubt()
    /// The identification of its packet.
    var pendingIdentification: UInt16 = 0
    /// Its urgent pointer, if it has one.
    var pendingUrgentPointer: UInt16?
    /// What each end retransmitted or probed with; nil until one does.
    var unanswered: UnansweredRuns?
    /// Whether each end had received the other's FIN before it sent its own.
    var hadReceivedFin = InlineArray<2, Bool>(repeating: false)
    /// Its neighbours among the connections between its ends; nil if none matters.
    var succession: Succession?

    /// The bytes of the value that the fast path touches: everything up to the start of the first stream, and the start
    /// of the second.
    ///
    /// Swift has no offsets of the fields of values that cannot be copied: `HotBytesTests` holds them against the
    /// fields' addresses.
    static var hotBytes: (Range<Int>, Range<Int>) {
        let first = 144
        let second = first &+ MemoryLayout<TCPStream>.stride
        return (0..<(first &+ TCPStream.hotByteCount), second..<(second &+ TCPStream.hotByteCount))
    }

    /// Starts with the first segment seen.
    ///
    /// - Parameters:
    ///   - segment: The segment.
    ///   - time: Its packet's time.
    ///   - opening: The initiator's SYN, if it came before and was taken for a stray.
    init(_ segment: borrowing TCPSegment, time: Timestamp, opening: HandshakeSegment? = nil) {
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

    /// The end that sends a direction; `mutating` so that the value is read in place, not moved.
    package mutating func endpoint(sending direction: Direction) -> Endpoint {
        direction == .fromInitiator ? initiator : responder
    }

    /// Whether a SYN was seen: the initiator is known, and the streams are seen from their first byte.
    package var isOpeningKnown: Bool {
        mutating get {
            // Not compared with nil, which copies the whole of them.
            if case .some = syn { return true }
            if case .some = synAck { return true }
            return false
        }
    }

    /// How far the bytes of a direction are acknowledged (``TCPStream/acknowledgedOffset``).
    ///
    /// `mutating` so that the stream is read in place, not moved.
    package mutating func acknowledgedOffset(of direction: Direction) -> UInt64 {
        streams[direction.index].acknowledgedOffset
    }

    /// The offset of the next byte of a direction (``TCPStream/nextOffset``).
    package mutating func nextOffset(of direction: Direction) -> UInt64 {
        streams[direction.index].nextOffset
    }

    /// The offset of a sequence number in the stream of a direction (``TCPStream/offset(of:)``).
    package mutating func offset(of sequence: UInt32, in direction: Direction) -> UInt64? {
        streams[direction.index].offset(of: sequence)
    }

    /// The packet of a RST of an end that ended nothing (``TCPStream/survivedReset``).
    package mutating func survivedReset(of direction: Direction) -> UInt64? {
        streams[direction.index].survivedReset
    }

    /// The stream of one direction.
    ///
    /// Inlinable so that lending it allocates nothing.
    @inlinable
    package subscript(direction: Direction) -> TCPStream {
        _read { yield streams[direction.index] }
    }
}
