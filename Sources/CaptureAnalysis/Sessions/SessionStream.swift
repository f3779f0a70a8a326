import WebSocketProtocol
import WireFormat

/// One direction of a session: its decoder, and what is noted of it beside frames and messages.
struct SessionStream: ~Copyable {
    // What every frame touches stands first; what only traces need of it, at the very beginning.

    /// When its last message was complete.
    private var lastMessageTime: Timestamp?
    /// The time from each of its messages to the next.
    private var messageIntervals = IntervalHistogram()
    /// Its messages that are not acknowledged yet.
    var deliveries = DeliveryLedger()

    /// The search for the place where frames begin, while it is not known.
    var search: FrameSearch?
    /// The packet that brought its latest bytes, in order.
    var lastPacket: UInt64 = 0
    /// Whether its place was found by evidence, not proof.
    var isInferred = false
    /// Messages that began and were not complete.
    var incompleteMessages: UInt32 = 0
    /// The packet that the current message began in.
    var messageFirstPacket: UInt64 = 0
    /// The fragments seen of the current message.
    var fragment: UInt64 = 0
    var traffic = SessionEnd.Traffic()
    var decoder: WebSocketStream
    /// Its Pings that wait for the other end's Pong.
    var pings = PingLedger()
    private var closing: ClosingNotes?
    /// The packet at which the gap was reported that made the place unknown.
    var gapPacket: UInt64 = 0
    /// Captured bytes given up since then, those of the current search not counted.
    var skipped: UInt64 = 0

    /// Whether its segments are held back.
    var stalls = StallWatch()

    /// What was reported of it that is reported once.
    var reported = ReportedFindings()
    /// The longest time between bytes of it, in milliseconds; only of those longer than a second.
    var longestPause: UInt32 = 0
    /// Segments in a row that look like a whole frame whose length has another form.
    private var oddLengths: UInt8 = 0
    private var lengthForm = LengthForm.reversed
    /// Whether bytes of it are not in the capture, its beginning included.
    var isIncomplete = false
    /// Whether a Pong of it may answer a Ping that was not seen before it.
    var mayAnswerUnseen = false
    /// The bytes that packets cut short lacked so far.
    var cutBytes: UInt64 = 0
    /// Whether it was given up, since what it holds is no frames.
    var isStopped = false
    /// What its compression came to.
    var compression: SessionEnd.Compression

    /// The bytes of the value that frames touch, for prefetching: those that count frames, and the decoder's.
    ///
    /// A test holds them against the fields' addresses.
    static var hotBytes: (Range<Int>, Range<Int>) {
        let decoder = WebSocketStream.hotBytes
        return (176..<272, (432 &+ decoder.lowerBound)..<(432 &+ decoder.upperBound))
    }

    /// Begins a stream.
    ///
    /// - Parameters:
    ///   - sender: Who sends it.
    ///   - streamOffset: Where its first frame begins.
    ///   - negotiated: What was negotiated; nil if that is not known.
    ///   - demand: How much of the payloads to keep.
    ///   - limits: Bounds on that.
    init(
        sender: Role, streamOffset: UInt64, _ negotiated: NegotiatedExtensions?, demand: PayloadDemand,
        limits: StreamLimits
    ) {
        let parameters = negotiated?.compression[sender.index]
        compression = SessionEnd.Compression(parameters: parameters)
        decoder = WebSocketStream(
            sender: sender, streamOffset: streamOffset,
            compression: negotiated == nil ? .unknown : parameters, demand: demand, limits: limits,
            undecodedBits: negotiated?.undecodedBits ?? 0)
    }

    /// The 0-based number of the message that is not counted yet: the current one, or the next.
    ///
    /// `mutating` so that the stream is read in place, not moved.
    var nextMessageIndex: UInt64 {
        @inline(__always) mutating get { traffic.messages &+ UInt64(incompleteMessages) }
    }

    /// Counts a segment that would be a whole frame if the length in its header had another form.
    ///
    /// - Returns: The form, if this makes five in a row for the first time.
    @inline(__always)
    mutating func suspectedLength(of bytes: Span<UInt8>) -> LengthForm? {
        guard oddLengths < Self.neededOddLengths else { return nil }
        guard let form = LengthForm(of: bytes) else {
            oddLengths = 0
            return nil
        }
        oddLengths = form == lengthForm ? oddLengths &+ 1 : 1
        lengthForm = form
        return oddLengths == Self.neededOddLengths ? form : nil
    }

    /// The bytes that it takes beside its value and what the workspace counts otherwise; `mutating` so that nothing is
    /// copied.
    var cost: Int {
        mutating get {
            pings.cost &+ deliveries.cost &+ messageIntervals.cost
                &+ (closing.map { 112 &+ ($0.close?.cost ?? 0) } ?? 0)
        }
    }

    private static var neededOddLengths: UInt8 { 5 }

    /// Its first Close frame.
    var close: SentClose? { closing?.close }

    /// The packet that brought the last byte of that; `mutating` so that nothing is copied.
    var closeOrigin: Origin? { mutating get { closing?.close?.origin } }

    /// Whether a packet brought that, and it is not known what its sender had received; `mutating` likewise.
    mutating func lacksReceipt(ofCloseIn packet: UInt64) -> Bool {
        guard let closing else { return false }
        return closing.close?.origin.packet == packet && closing.close?.received == nil
    }

    /// The first rule it broke, up to its Close frame and before that of the other end.
    var brokenRule: BrokenRule? { closing?.brokenRule }

    /// Records its first Close frame.
    mutating func record(_ close: SentClose) {
        let notes = closing ?? ClosingNotes()
        closing = notes
        notes.close = close
    }

    /// Records the first rule it broke.
    mutating func record(_ rule: BrokenRule) {
        let notes = closing ?? ClosingNotes()
        closing = notes
        notes.brokenRule = rule
    }

    /// What was sent in all.
    var total: SessionEnd.Traffic {
        mutating get {
            var total = traffic
            total.messageInterval = messageIntervals.durations
            return total
        }
    }

    /// Counts the time between messages: one is complete.
    ///
    /// - Returns: Whether that took memory.
    mutating func countMessage(at time: Timestamp) -> Bool {
        defer { lastMessageTime = time }
        guard let lastMessageTime else { return false }
        return messageIntervals.record(time.nanoseconds(since: lastMessageTime))
    }

    /// What the payload of the frame that was decoded last is known by.
    var payloadFingerprint: UInt64 { PingLedger.fingerprint(decoder.framePayload) }

    /// The body of the Close frame that was decoded last; nil if the capture, or what was kept of it, lacks its code.
    mutating func closeBody(_ payload: PayloadStatus) -> CloseBody? {
        switch payload {
        case .whole: CloseBody(decoder.framePayload)
        case .truncated: decoder.framePayload.count >= 2 ? CloseBody(decoder.framePayload) : nil
        case .withheld: nil
        }
    }

    /// Reports the frame that was decoded last.
    mutating func report(_ event: FrameEvent, at context: EventContext, into sink: inout some EventSink & ~Copyable) {
        sink.receive(.frame(event), at: context, payload: decoder.framePayload)
    }

    /// Reports the message that was decoded last.
    mutating func report(_ event: MessageEvent, at context: EventContext, into sink: inout some EventSink & ~Copyable) {
        if case .withheld = event.message.payload {
            sink.receive(.message(event), at: context, payload: Span())
        } else {
            sink.receive(.message(event), at: context, payload: decoder.messagePayload)
        }
    }
}

/// What a session's streams need of the extensions that an upgrade agreed on.
struct NegotiatedExtensions {
    /// How the client's and the server's messages are compressed, by ``Role/index``; nil for not at all.
    let compression: InlineArray<2, DeflateParameters?>
    /// The reserved bits of other extensions (``UndecodedExtensions/reservedBits``).
    let undecodedBits: UInt8

    init(_ extensions: [WebSocketExtension]) {
        compression = [
            DeflateParameters(extensions, sender: .client), DeflateParameters(extensions, sender: .server),
        ]
        undecodedBits = UndecodedExtensions(extensions).reservedBits
    }
}
