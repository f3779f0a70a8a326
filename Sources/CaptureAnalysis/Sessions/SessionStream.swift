import WebSocketProtocol
import WireFormat

/// One direction of a session: its decoder, and what is recorded of it besides frames and messages.
struct SessionStream: ~Copyable {
    // Fields that every frame touches come first; those that only traces need, at the very start.

    /// The time at which its last message was complete.
    private var lastMessageTime: Timestamp?
    /// The intervals between its messages.
    private var messageIntervals = IntervalHistogram()
    /// Its messages that are not yet acknowledged.
    var deliveries = DeliveryLedger()

    /// The search for the place where frames begin, while that is unknown.
    var search: FrameSearch?
    /// The packet that brought its latest bytes in order.
    var lastPacket: UInt64 = 0
    /// Whether its position was inferred, not proven.
    var isInferred = false
    /// Messages that began but never became complete.
    var incompleteMessages: UInt32 = 0
    /// The packet in which the current message began.
    var messageFirstPacket: UInt64 = 0
    /// The fragments seen of the current message.
    var fragment: UInt64 = 0
    var traffic = SessionEnd.Traffic()
    var decoder: WebSocketStream
    /// Its Pings that wait for the other end's Pong.
    var pings = PingLedger()
    private var closing: ClosingNotes?
    /// The packet at which the gap that made the position unknown was reported.
    var gapPacket: UInt64 = 0
    /// Captured bytes given up since then, without those of the current search.
    var skipped: UInt64 = 0

    /// Detects whether its segments are held back.
    var stalls = StallWatch()

    /// The findings already reported of it, among those reported only once.
    var reported = ReportedFindings()
    /// The longest pause between its bytes, in milliseconds; only pauses longer than a second count.
    var longestPause: UInt32 = 0
    /// Consecutive segments that look like a whole frame whose length has another form.
    private var oddLengths: UInt8 = 0
    private var lengthForm = LengthForm.reversed
    /// Whether the capture lacks bytes of it, including its beginning.
    var isIncomplete = false
    /// Whether one of its Pongs may answer a Ping that was not seen before it.
    var mayAnswerUnseen = false
    /// The bytes lacking so far from packets that were cut short.
    var cutBytes: UInt64 = 0
    /// Whether it was given up, since its bytes are not frames.
    var isStopped = false
    /// Its compression counts.
    var compression: SessionEnd.Compression

    /// The bytes of the value that frames touch, for prefetching: those that count frames, and the decoder's.
    ///
    /// A test checks them against the fields' addresses.
    static var hotBytes: (Range<Int>, Range<Int>) {
        let decoder = WebSocketStream.hotBytes
        return (176..<272, (432 &+ decoder.lowerBound)..<(432 &+ decoder.upperBound))
    }

    /// Begins a stream.
    ///
    /// - Parameters:
    ///   - sender: Who sends it.
    ///   - streamOffset: Where its first frame begins.
    ///   - negotiated: The negotiated extensions; nil if unknown.
    ///   - demand: How much of the payloads to keep.
    ///   - limits: Bounds on what is kept and inflated.
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

    /// The 0-based number of the next message to be counted: the current or the next one.
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

    /// The memory that it takes besides its value, as far as the workspace does not count it; `mutating` so that
    /// nothing is copied.
    var cost: Int {
        mutating get {
            pings.cost &+ deliveries.cost &+ messageIntervals.cost
                &+ (closing.map { 112 &+ ($0.close?.cost ?? 0) } ?? 0)
        }
    }

    private static var neededOddLengths: UInt8 { 5 }

    /// Its first Close frame.
    var close: SentClose? { closing?.close }

    /// The packet that brought the last byte of its first Close frame; `mutating` so that nothing is copied.
    var closeOrigin: Origin? { mutating get { closing?.close?.origin } }

    /// Whether a packet brought its first Close frame and it is unknown how far its sender had received; `mutating` so
    /// that nothing is copied.
    mutating func lacksReceipt(ofCloseIn packet: UInt64) -> Bool {
        guard let closing else { return false }
        return closing.close?.origin.packet == packet && closing.close?.received == nil
    }

    /// The first rule that it broke, before its Close frame and before the other end's.
    var brokenRule: BrokenRule? { closing?.brokenRule }

    /// Records its first Close frame.
    mutating func record(_ close: SentClose) {
        let notes = closing ?? ClosingNotes()
        closing = notes
        notes.close = close
    }

    /// Records the first rule that it broke.
    mutating func record(_ rule: BrokenRule) {
        let notes = closing ?? ClosingNotes()
        closing = notes
        notes.brokenRule = rule
    }

    /// Its total traffic.
    var total: SessionEnd.Traffic {
        mutating get {
            var total = traffic
            total.messageInterval = messageIntervals.durations
            return total
        }
    }

    /// Counts the interval between messages, since one is complete.
    ///
    /// - Returns: Whether that took memory.
    mutating func countMessage(at time: Timestamp) -> Bool {
        defer { lastMessageTime = time }
        guard let lastMessageTime else { return false }
        return messageIntervals.record(time.nanoseconds(since: lastMessageTime))
    }

    /// The fingerprint of the payload of the frame decoded last.
    var payloadFingerprint: UInt64 { PingLedger.fingerprint(decoder.framePayload) }

    /// The body of the Close frame decoded last; nil if its code was not captured or not kept.
    mutating func closeBody(_ payload: PayloadStatus) -> CloseBody? {
        switch payload {
        case .whole: CloseBody(decoder.framePayload)
        case .truncated: decoder.framePayload.count >= 2 ? CloseBody(decoder.framePayload) : nil
        case .withheld: nil
        }
    }

    /// Reports the frame decoded last.
    mutating func report(_ event: FrameEvent, at context: EventContext, into sink: inout some EventSink & ~Copyable) {
        sink.receive(.frame(event), at: context, payload: decoder.framePayload)
    }

    /// Reports the message decoded last.
    mutating func report(_ event: MessageEvent, at context: EventContext, into sink: inout some EventSink & ~Copyable) {
        if case .withheld = event.message.payload {
            sink.receive(.message(event), at: context, payload: Span())
        } else {
            sink.receive(.message(event), at: context, payload: decoder.messagePayload)
        }
    }
}

/// What a session's streams need to know of the extensions that an upgrade negotiated.
struct NegotiatedExtensions {
    /// The compression of the client's and the server's messages, by ``Role/index``; nil for none.
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
