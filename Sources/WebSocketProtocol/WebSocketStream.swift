import BasicContainers
public import WireFormat

/// Decodes one direction of a session after the upgrade: bytes in, frames and messages out (RFC 6455 5).
///
/// Pass in pieces of any size, calling ``next(_:resources:)`` until it returns nil; how the bytes are cut makes no
/// difference. It keeps no payload that was not demanded, whatever length a frame claims.
public struct WebSocketStream: ~Copyable {
    /// What the stream reports, in order.
    public enum Output: Sendable {
        /// The frame at `streamOffset`, with 0-based number `index` in its direction, breaks a rule.
        case violation(Violation, streamOffset: UInt64, index: UInt64)
        /// A frame is complete; its payload, as far as kept, is in ``framePayload`` until the next call.
        case frame(Frame, payload: PayloadStatus)
        /// A message ended or was given up; its payload, as far as kept, is in ``messagePayload`` until the next call.
        case message(Message)
    }

    /// What the next byte of the stream belongs to.
    enum Place {
        /// A header; the reader has its bytes so far.
        case header(FrameHeaderReader)
        /// The payload of ``frame``.
        case payload(OpenPayload)
        /// Unknown: a gap hid where frames begin.
        case lost
        /// The start of the stream, while it is unclear whether it is a frame.
        case start(StreamStart)
    }

    // The fast path touches the properties down to `messages` and no others (`hotBytes`).

    /// Who sends it.
    public let sender: Role
    /// Whether there is anything to report, or to release, before the next byte is read.
    public internal(set) var hasPending = false
    var hasSentClose = false
    /// Whether it is clear what the stream begins with: frames, or something in their place.
    var hasBegun = false
    var payloadUse = PayloadUse.frame
    var doubtful = DoubtfulFrames()
    /// The reserved bits used by negotiated extensions that are not decoded.
    let undecodedBits: UInt8
    /// The reserved bits that negotiated extensions use.
    let usedBits: UInt8
    var violations = PendingViolations()
    var lastMaskingKey: UInt32?
    /// The number of messages that have begun since the last one that was not a text of at most 125 bytes in one frame;
    /// saturates at 255.
    package internal(set) var shortTextRun: UInt8 = 0
    var place = Place.header(FrameHeaderReader())
    /// The stream offset reached so far, including gaps: bytes from the first byte of the TCP stream.
    public internal(set) var streamOffset: UInt64
    /// The packet that brought the bytes passed in next.
    public var origin = Origin(packet: 0, time: Timestamp(nanoseconds: 0))
    /// The number of frames that have begun.
    public internal(set) var frameCount: UInt64 = 0
    let demand: PayloadDemand
    var messages: MessageDecoder
    /// The latest frame.
    var frame: Frame
    var endedMessage: Message?
    var kept = KeptPayload()

    /// The bytes of the value that the fast path touches, for prefetching.
    ///
    /// A test checks them against the fields' addresses.
    @inlinable package static var hotBytes: Range<Int> { 0..<120 }

    /// Creates a stream that begins after the upgrade.
    ///
    /// - Parameters:
    ///   - sender: Who sends it.
    ///   - streamOffset: Where its first frame begins, counted from the first byte of the TCP stream.
    ///   - compression: How the response says that its messages are compressed; nil if they are not.
    ///   - demand: How much of the payloads to keep.
    ///   - limits: Bounds on what is kept and inflated.
    ///   - undecodedBits: The reserved bits that other negotiated extensions may set: 0x40 is RSV1, 0x20 RSV2, 0x10
    ///     RSV3. Messages that set one of them are withheld.
    public init(
        sender: Role, streamOffset: UInt64 = 0, compression: DeflateParameters? = nil,
        demand: PayloadDemand = PayloadDemand(bytes: .max, includesFrames: true),
        limits: StreamLimits = StreamLimits(), undecodedBits: UInt8 = 0
    ) {
        self.sender = sender
        self.undecodedBits = undecodedBits
        usedBits = undecodedBits | (compression == nil ? 0 : 0x40)
        self.streamOffset = streamOffset
        self.demand = demand
        messages = MessageDecoder(compression: compression, limits: limits)
        frame = Frame(
            header: FrameHeader(
                firstByte: 0, maskingKey: nil, payloadLength: 0, hasMinimalLength: true, byteCount: 0),
            streamOffset: streamOffset, index: 0, missing: 0)
    }

    /// The payload of the frame returned last: for control frames always, for data frames as demanded.
    public var framePayload: Span<UInt8> {
        @_lifetime(borrow self) get {
            payloadUse == .wholeMessage && demand.includesFrames ? messages.kept.bytes.span : kept.bytes.span
        }
    }

    /// The decoded payload of the message returned last, as demanded; empty if it is withheld.
    public var messagePayload: Span<UInt8> {
        @_lifetime(borrow self) get { messages.kept.bytes.span }
    }

    /// Whether a data message has begun but not ended.
    public var isInMessage: Bool { messages.isInMessage }

    /// Whether a frame has begun but not ended.
    ///
    /// `mutating` so that the value is read in place, not copied.
    public var isInFrame: Bool {
        mutating get {
            switch place {
            case .header(let reader): !reader.isEmpty
            case .payload: true
            case .lost, .start: false
            }
        }
    }

    /// Whether RSV1 marks compressed messages.
    package var isCompressionNegotiated: Bool { messages.isCompressionNegotiated }

    /// Whether RSV1 may be set on the first frame of a message.
    package var mayUseRSV1: Bool { isCompressionNegotiated || undecodedBits & 0x40 != 0 }

    /// How often the decompression context was lost, and how often a message then proved that it was regained (RFC 7692
    /// 7.1.1); 0 without context takeover.
    package var contexts: (lost: UInt64, regained: UInt64) { messages.contexts }

    /// The origin of the first byte of the latest frame.
    package var frameOrigin: Origin { frame.origin }

    /// Whether the latest frame belongs to a message whose beginning was seen.
    ///
    /// `mutating` so that the value is read in place, not copied.
    package var isFrameOfMessage: Bool {
        mutating get { payloadUse != .frame }
    }

    /// What is in place of a header, if the stream was given up there; nil if that is unclear.
    package var foreignProtocol: ForeignProtocol? { ForeignProtocol(frame.header) }

    /// The opcode of the latest frame.
    package var currentOpcode: Opcode { mutating get { frame.header.opcode } }

    /// Whether a gap hid where frames begin: bytes are skipped until ``resume(at:)``.
    public var isLost: Bool {
        mutating get { if case .lost = place { true } else { false } }
    }

    /// The start of the stream, while it is unclear what that is; nil otherwise.
    ///
    /// Only ``begin(with:_:isChunked:framesOfPeer:keepable:)`` sets it.
    var start: StreamStart? {
        mutating get { if case .start(let start) = place { start } else { nil } }
        set { place = newValue.map { .start($0) } ?? .header(FrameHeaderReader()) }
    }

    /// Whether a frame begins with the next byte, and nothing is left to report before it.
    @inline(__always)
    package var isBetweenFrames: Bool {
        guard !hasPending, case .header(let reader) = place else { return false }
        return reader.isEmpty
    }
}
