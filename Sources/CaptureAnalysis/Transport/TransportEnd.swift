import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// How a TCP connection ended, for the end of its reader: all that readers ever learn of TCP.
struct TransportEnd {
    /// Why it ends here.
    var cause: EndCause
    /// Nanoseconds from its first packet to its last.
    var duration: Int64
    /// When its last packet was captured.
    var lastTime: Timestamp
    /// When another connection between the same ends replaced it; nil if none did.
    var replacedTime: Timestamp?
    /// When the first FIN or RST was captured.
    var firstEndTime: Timestamp?
    /// The first FIN or RST, and who sent it.
    var firstEnd: (packet: UInt64, from: Direction, isReset: Bool)?
    /// Whether ``firstEnd`` may answer a FIN that the capture lacks.
    var mayBeAnswer = false
    /// How far the sender of ``firstEnd`` had received the other end's stream; nil if that is not known.
    var receivedAtEnd: UInt64?
    /// The first RST, and who sent it.
    var reset: (packet: UInt64, from: Direction)?
    /// ``reset``, or else a RST before which bytes of its sender had been lost.
    var refusal: (packet: UInt64, from: Direction)?
    /// The end whose last bytes before its RST were not captured.
    var cutByReset: Direction?
    /// The segments to which the other end never said a word.
    var unanswered: (run: UnansweredRun, from: Direction)?
    /// How far each stream, by its direction, was acknowledged.
    var acknowledged: InlineArray<2, UInt64>
    /// How far each stream, by its direction, is known to reach.
    var ends: InlineArray<2, UInt64>
    /// Where the bytes of each stream, by its direction, begin that followed the RST; nil if none did.
    var afterReset: InlineArray<2, UInt64?>
    /// Whether each stream, by its direction, was seen up to its FIN.
    var isWhole: InlineArray<2, Bool>
    /// The server's address.
    var server: IPAddress
    /// How it fared.
    var health: SessionEnd.TCPHealth

    /// Reads what a connection came to; `inout` so that it is read in place, not copied.
    init(_ connection: inout TCPConnection, client: Direction, cause: EndCause) {
        let totals = (connection.totals(of: .fromInitiator), connection.totals(of: .fromResponder))
        self.cause = cause
        server = connection.endpoint(sending: client.opposite).address
        duration = connection.lastTime.nanoseconds(since: connection.firstTime)
        lastTime = connection.lastTime
        replacedTime = connection.replacement?.time
        firstEndTime = connection.endTime
        let last = connection.finalReset
        reset = last
        refusal = connection.refusal
        let (forth, back) = (connection.finPackets[0], connection.finPackets[1])
        let fins: [UInt64] =
            switch (forth, back) {
            case (nil, nil): []
            case (let only?, nil), (nil, let only?): [only]
            case (let forth?, let back?): [min(forth, back), max(forth, back)]
            }
        if let reset = last, reset.packet < fins.first ?? .max, !connection.answersFin {
            firstEnd = (reset.packet, reset.from, true)
            receivedAtEnd = connection.receivedAtReset
        } else if let first = fins.first {
            let sender: Direction = connection.firstToFinish ?? (first == forth ? .fromInitiator : .fromResponder)
            firstEnd = (connection.finPackets[sender.index] ?? first, sender, false)
            mayBeAnswer = connection.mayAnswerUnseenFin(sender)
            receivedAtEnd = connection.received(atFinOf: sender)
        }
        acknowledged = [totals.0.acknowledgedOffset, totals.1.acknowledgedOffset]
        ends = [totals.0.endOffset, totals.1.endOffset]
        if let ahead = connection.resetAhead {
            cutByReset = ahead.from
            ends[ahead.from.index] = ahead.offset
        }
        afterReset = [
            connection.bytesAfterReset(.fromInitiator)?.offset, connection.bytesAfterReset(.fromResponder)?.offset,
        ]
        isWhole = [totals.0.isWhole, totals.1.isWhole]
        if let run = connection.unanswered(.fromInitiator) {
            unanswered = (run, .fromInitiator)
        } else if let run = connection.unanswered(.fromResponder) {
            unanswered = (run, .fromResponder)
        }
        health = SessionEnd.TCPHealth(
            retransmittedSegments: totals.0.retransmittedSegments &+ totals.1.retransmittedSegments,
            outOfOrderSegments: totals.0.outOfOrderSegments &+ totals.1.outOfOrderSegments,
            duplicateSegments: totals.0.duplicateSegments &+ totals.1.duplicateSegments,
            gapBytes: totals.0.gapBytes &+ totals.1.gapBytes,
            finPackets: fins, resetPacket: last?.packet,
            resetFrom: last.map { Role($0.from, client: client) },
            unanswered: unanswered.map { found in
                SessionEnd.Unanswered(
                    from: Role(found.from, client: client), segments: found.run.segments,
                    span: found.run.end.nanoseconds(since: found.run.start))
            })
    }

    /// The fewest segments without a word of the other end that count as a timeout.
    private static let timeoutSegments: UInt64 = 3
    /// How long they must have gone on, in nanoseconds: longer than a burst of fast retransmissions.
    private static let timeoutSpan: Int64 = 1_000_000_000

    /// Whether the other end counts as gone.
    var isTimeout: Bool {
        guard let run = unanswered?.run else { return false }
        return run.segments >= Self.timeoutSegments
            && run.end.nanoseconds(since: run.start) >= Self.timeoutSpan
    }

    /// Whether the last bytes of a direction, if they were not acknowledged, never arrived: the other end has reset the
    /// connection, or counts as gone.
    func isLost(from direction: Direction) -> Bool {
        reset?.from == direction.opposite || isTimeout && unanswered?.from == direction
    }
}

/// What makes a session end here.
enum EndCause {
    /// Its TCP connection is over.
    case closed
    /// The capture is over, or the connection is not tracked any more.
    case captureEnd
}
