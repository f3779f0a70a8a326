import WebSocketProtocol
import WireFormat

/// One direction of a session: its decoder, and what is noted of it beside frames and messages.
struct SessionStream: ~Copyable {
    // What every frame touches stands first.

    /// The search for the place where frames begin, while it is not known.
    var search: FrameSearch?
    var decoder: WebSocketStream
    /// The packet that the message at hand began in.
    var messageFirstPacket: UInt64 = 0
    /// The fragments seen of the message at hand.
    var fragment: UInt64 = 0
    /// Whether its place was found by evidence, not proof.
    var isInferred = false
    var traffic = SessionEnd.Traffic()
    /// When its last message was complete.
    private var lastMessageTime: Timestamp?
    /// The time from each of its messages to the next.
    private var messageIntervals = IntervalHistogram()
    /// Its Pings that wait for the other end's Pong.
    var pings = PingLedger()
    /// Its first Close frame, and when it was sent; no body where the capture lacks bytes of it.
    var close: (body: CloseBody?, time: Timestamp)?
    /// The packet at which the gap was told that made the place unknown.
    var gapPacket: UInt64 = 0
    /// Captured bytes given up since then, those of the search at hand not counted.
    var skipped: UInt64 = 0

    /// Its messages that are not acknowledged yet.
    var deliveries = DeliveryLedger()
    /// Whether its segments are held back.
    var stalls = StallWatch()

    /// Whether it was told that copies of its bytes differ.
    var hasToldConflict = false
    /// Whether it was told that segments are left out, since they do not fit.
    var hasToldOutOfWindow = false

    /// Begins behind the upgrade.
    init(sender: Role, streamOffset: UInt64, extensions: [WebSocketExtension], options: AnalysisOptions) {
        self.init(
            sender: sender, streamOffset: streamOffset, compression: DeflateParameters(extensions, sender: sender),
            options: options)
    }

    /// Begins with known compression.
    init(sender: Role, streamOffset: UInt64, compression: DeflateParameters?, options: AnalysisOptions) {
        decoder = WebSocketStream(
            sender: sender, streamOffset: streamOffset, compression: compression, demand: options.payload,
            limits: options.limits.stream)
    }

    /// What was sent, all told.
    var total: SessionEnd.Traffic {
        var total = traffic
        total.messageInterval = messageIntervals.durations
        return total
    }

    /// Notes that a message was complete.
    mutating func noteMessage(at time: Timestamp) {
        if let lastMessageTime {
            messageIntervals.record(time.nanoseconds(since: lastMessageTime))
        }
        lastMessageTime = time
    }

    /// What the payload of the frame that was decoded last is known by.
    var payloadFingerprint: UInt64 { PingLedger.fingerprint(decoder.framePayload) }

    /// The body of the Close frame that was decoded last; nil where the capture, or what was kept, lacks its code.
    mutating func closeBody(_ payload: PayloadStatus) -> CloseBody? {
        switch payload {
        case .whole: CloseBody(decoder.framePayload)
        case .truncated: decoder.framePayload.count >= 2 ? CloseBody(decoder.framePayload) : nil
        case .withheld: nil
        }
    }

    /// Tells of the frame that was decoded last.
    mutating func tell(_ event: FrameEvent, at context: EventContext, into sink: inout some EventSink & ~Copyable) {
        sink.receive(.frame(event), at: context, payload: decoder.framePayload)
    }

    /// Tells of the message that was decoded last.
    mutating func tell(_ event: MessageEvent, at context: EventContext, into sink: inout some EventSink & ~Copyable) {
        if case .withheld = event.message.payload {
            sink.receive(.message(event), at: context, payload: Span())
        } else {
            sink.receive(.message(event), at: context, payload: decoder.messagePayload)
        }
    }
}
