import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// How a TCP connection ended, for the end of its reader: all that readers ever learn of TCP.
struct TransportEnd {
    /// Why the session ends.
    var cause: EndCause
    /// Nanoseconds from its first packet to its last.
    var duration: Int64
    /// The time of its last packet.
    var lastTime: Timestamp
    /// The time at which another connection between the same ends replaced it; nil if none did.
    var replacedTime: Timestamp?
    /// The time of the first FIN or RST.
    var firstEndTime: Timestamp?
    /// The first FIN or RST, and its sender.
    var firstEnd: (packet: UInt64, from: Direction, isReset: Bool)?
    /// Whether ``firstEnd`` may answer a FIN that the capture lacks.
    var mayBeAnswer = false
    /// How far the sender of ``firstEnd`` had received the other end's stream; nil if unknown.
    var receivedAtEnd: UInt64?
    /// The first RST, and its sender.
    var reset: (packet: UInt64, from: Direction)?
    /// ``reset``, or else a RST whose sender's last bytes before it had been lost.
    var refusal: (packet: UInt64, from: Direction)?
    /// The end whose last bytes before its RST were not captured.
    var cutByReset: Direction?
    /// The segments that the other end never answered.
    var unanswered: (run: UnansweredRun, from: Direction)?
    /// How far each stream was acknowledged, by direction.
    var acknowledged: InlineArray<2, UInt64>
    /// How far each stream is known to extend, by direction.
    var ends: InlineArray<2, UInt64>
    /// The offset of the bytes of each stream that followed the RST, by direction; nil if there are none.
    var afterReset: InlineArray<2, UInt64?>
    /// Whether each stream was seen up to its FIN, by direction.
    var isWhole: InlineArray<2, Bool>
    /// The server's address.
    var server: IPAddress
    /// The connection's health.
    var health: SessionEnd.TCPHealth

    /// Reads how a connection ended; `inout` so that it is read in place, not copied.
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

    /// The fewest unanswered segments that count as a timeout.
    private static let timeoutSegments: UInt64 = 3
    /// The shortest time that they must span, in nanoseconds: longer than a burst of fast retransmissions.
    private static let timeoutSpan: Int64 = 1_000_000_000

    /// Whether the other end counts as unreachable.
    var isTimeout: Bool {
        guard let run = unanswered?.run else { return false }
        return run.segments >= Self.timeoutSegments
            && run.end.nanoseconds(since: run.start) >= Self.timeoutSpan
    }

    /// Whether the last bytes of a direction, if unacknowledged, never arrived: the other end has reset the connection,
    /// or counts as unreachable.
    func isLost(from direction: Direction) -> Bool {
        reset?.from == direction.opposite || isTimeout && unanswered?.from == direction
    }
}

/// Why a session ends.
enum EndCause {
    /// Its TCP connection is over.
    case closed
    /// The capture is over, or the connection is no longer tracked.
    case captureEnd
}
