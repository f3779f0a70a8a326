package import PacketDecoding
package import WireFormat

/// A TCP connection as the packets show it: its opening, two streams, and its end.
package struct TCPConnection: ~Copyable {
    // Fields that every segment touches come first: a connection's cache lines are seldom cached.

    /// The end that opened the connection; without a SYN, the one first seen to send.
    package let initiator: Endpoint
    /// The other end.
    package let responder: Endpoint
    /// Why the next segment needs the slow path.
    var slowPathReasons = SlowPathReasons.young
    /// Whether there is a ``succession``, which is far away.
    private(set) var hasSuccession = false
    var checksums = InlineArray<2, ChecksumTrust>(repeating: ChecksumTrust())
    var hopLimits = InlineArray<2, HopLimitVote>(repeating: HopLimitVote())
    var headers = InlineArray<2, HeaderTrust>(repeating: HeaderTrust())
    /// The tunnels that each direction's segments came through, by ``Direction/index``; 0 if unnumbered
    /// (``TCPSegment/tunnel``).
    var tunnels = InlineArray<2, UInt32>(repeating: 0)
    /// The closed windows; nil if there are none.
    var closedWindows: ClosedWindows? {
        didSet { slowPathReasons.set(.closedWindow, to: closedWindows != nil) }
    }
    /// The state of each end (RFC 9293 3.3.2), by the direction that it sends, as far as the packets show.
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
    /// Whether all segments so far are SYNs of the initiator.
    package internal(set) var isOnlySYN = true
    /// The packet of each end's first FIN.
    package internal(set) var finPackets = InlineArray<2, UInt64?>(repeating: nil)
    /// The time of the latest of them.
    var latestFinTime = Timestamp(nanoseconds: 0)
    /// The acknowledgment number of each end's first FIN; 0 if there is none.
    var finAcknowledgments = InlineArray<2, UInt32>(repeating: 0)
    /// The packet of the first RST, and who sent it.
    package internal(set) var reset: (packet: UInt64, from: Direction)?
    /// A RST that its receiver does not accept as it stands, and its sender: the first since the sender last went on.
    var nearReset: (packet: UInt64, from: Direction, time: Timestamp)?
    /// Where that RST stands in its sender's stream.
    var nearResetOffset: UInt64?
    /// Whether its sender has since sent anything.
    var hasGoneOn = false
    /// Whether its packet gives no reason to doubt that ``reset`` came from the end that it names.
    var hasSureReset = false
    /// Why the other end may not have accepted ``reset``.
    var resetDoubt = SegmentDoubt()
    /// Whether another connection has replaced this one, which waits only for packets that are captured late.
    ///
    /// Declared here because at the end it would take a word of its own.
    package internal(set) var isReplaced = false
    /// What follows the first RST.
    var aftermath: ResetAftermath?
    /// The time of the first FIN or RST.
    package internal(set) var firstEndTime: Timestamp?
    /// Segments ignored for a wrong checksum.
    package internal(set) var rejectedSegments: UInt64 = 0
    /// A SYN with another initial sequence number that has not replaced the connection, and its sender.
    var challenger: (syn: HandshakeSegment, from: Direction)?
    /// Why the other end may not accept the next segment.
    var pendingDoubt = SegmentDoubt()
    /// The identification of its packet.
    var pendingIdentification: UInt16 = 0
    /// Its urgent pointer, if it has one.
    var pendingUrgentPointer: UInt16?
    /// Unanswered retransmissions and probes of each end; nil until there are any.
    var unanswered: UnansweredRuns?
    /// Whether each end had received the other's FIN before it sent its own.
    var hadReceivedFin = InlineArray<2, Bool>(repeating: false)
    /// The connection's neighbours among those between its ends; nil if none matters.
    var succession: Succession? {
        didSet { hasSuccession = succession != nil }
    }

    /// The bytes of the value that the fast path touches: everything up to the start of the first stream, and the start
    /// of the second.
    ///
    /// Swift offers no offsets of fields in noncopyable values; `HotBytesTests` checks these against the fields'
    /// addresses.
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
    ///   - opening: The initiator's SYN, if it came earlier and was taken for a stray.
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

    /// The end that sends in a direction; `mutating` so that the value is read in place, not moved.
    package mutating func endpoint(sending direction: Direction) -> Endpoint {
        direction == .fromInitiator ? initiator : responder
    }

    /// Whether a SYN was seen: then the initiator is known, and the streams are seen from their first byte.
    package var isOpeningKnown: Bool {
        mutating get {
            // Not compared with nil, which would copy the whole values.
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

    /// The packet of an end's RST that ended nothing (``TCPStream/survivedReset``).
    package mutating func survivedReset(of direction: Direction) -> UInt64? {
        streams[direction.index].survivedReset
    }

    /// The stream of a direction.
    ///
    /// Inlinable so that borrowing it allocates nothing.
    @inlinable
    package subscript(direction: Direction) -> TCPStream {
        _read { yield streams[direction.index] }
    }
}
