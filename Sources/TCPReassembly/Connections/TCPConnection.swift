public import PacketDecoding
public import WireFormat

/// A TCP connection as the packets tell of it: its opening, two streams, and its end.
public struct TCPConnection: ~Copyable {
    // What every segment touches stands first: a connection's lines are seldom in the nearest cache.

    /// The end that opened the connection; the one first seen to send where no SYN was seen.
    public let initiator: Endpoint
    /// The end that answered.
    public let responder: Endpoint
    /// Why its segments need a closer look.
    var slowPathReasons = SlowPathReasons.young
    var checksums = InlineArray<2, ChecksumTrust>(repeating: ChecksumTrust())
    var hopLimits = InlineArray<2, HopLimitVote>(repeating: HopLimitVote())
    /// The marks of the tunnels that each direction's segments came through, by ``Direction/index``; 0 where none bore a
    /// mark (``TCPSegment/tunnel``).
    var tunnels = InlineArray<2, UInt32>(repeating: 0)
    /// The windows that are closed; nil where none is.
    var closedWindows: ClosedWindows? {
        didSet { slowPathReasons.set(.closedWindow, to: closedWindows != nil) }
    }
    /// The state of each end (RFC 9293 3.3.2), by the direction that it sends, as far as the packets up to now tell.
    public internal(set) var states = InlineArray<2, TCPState>(repeating: .unknown)
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
    public internal(set) var syn: HandshakeSegment?
    /// The responder's SYN ACK; the first where it was sent again.
    public internal(set) var synAck: HandshakeSegment?
    /// The first acknowledgment of the SYN ACK.
    public internal(set) var handshakeAck: HandshakeSegment?
    /// Whether both ends sent a SYN before they saw the other's (RFC 9293 3.5).
    public internal(set) var isSimultaneousOpen = false
    /// The packet with each end's first FIN.
    public internal(set) var finPackets = InlineArray<2, UInt64?>(repeating: nil)
    /// The packet with the first RST, and who sent it.
    public internal(set) var reset: (packet: UInt64, from: Direction)?
    /// When the first FIN or RST was seen.
    public internal(set) var firstEndTime: Timestamp?
    /// Segments left out since their checksum is wrong.
    public internal(set) var rejectedSegments: UInt64 = 0
    /// A SYN with another initial sequence number that was not taken at its word, and who sent it.
    var challenger: (syn: HandshakeSegment, from: Direction)?
    /// What each end sent again, or probed with; nil as long as neither did.
    var unanswered: UnansweredRuns?
    /// Whether each end had received the other's FIN before it sent its own.
    var hadReceivedFin = InlineArray<2, Bool>(repeating: false)

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

    /// Whether a segment has ended it: a RST, or the acknowledgment of the second FIN.
    public var isClosed: Bool { slowPathReasons.contains(.closed) }

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
}
