import BasicContainers
public import WireFormat

/// Decodes one direction of a session after the upgrade: bytes in, frames and messages out (RFC 6455 5).
///
/// Feed it pieces of any size and call ``next(_:resources:)`` until it returns nil; how the bytes are cut makes no
/// difference. It keeps no payload that nobody asked for, whatever length a frame claims.
public struct WebSocketStream: ~Copyable {
    /// What the stream reports, in order.
    public enum Output: Sendable {
        /// The frame at `streamOffset`, the 0-based `index` in its direction, breaks a rule.
        case violation(Violation, streamOffset: UInt64, index: UInt64)
        /// A frame is complete. What is kept of its payload is in ``framePayload`` until the next call.
        case frame(Frame, payload: PayloadStatus)
        /// A message ended or was given up. What is kept of it is in ``messagePayload`` until the next call.
        case message(Message)
    }

    /// What the next byte of the stream belongs to.
    private enum Place {
        /// A header. The reader has the bytes of it that came so far.
        case header(FrameHeaderReader)
        /// The payload of ``frame``.
        case payload(OpenPayload)
        /// Not known: a gap hid where frames begin.
        case lost
        /// What the stream begins with, of which it is not clear yet whether it is a frame.
        case start(StreamStart)
    }

    // The fast path touches the properties down to `messages` and no others: see `hotBytes`.

    /// Who sends it.
    public let sender: Role
    /// Whether there is something to report, or to release, before the next byte is read.
    public private(set) var hasPending = false
    var hasSentClose = false
    /// Whether it is clear that frames begin the stream, or what does in their place.
    var hasBegun = false
    private var payloadUse = PayloadUse.frame
    private var doubtful = DoubtfulFrames()
    /// The reserved bits used by extensions that were negotiated and are not decoded.
    let undecodedBits: UInt8
    /// The reserved bits that negotiated extensions use.
    let usedBits: UInt8
    var violations = PendingViolations()
    var lastMaskingKey: UInt32?
    private var place = Place.header(FrameHeaderReader())
    /// The bytes passed so far, gaps included, counted from the first of the TCP stream.
    public internal(set) var streamOffset: UInt64
    /// The packet that brought the bytes that are handed over next.
    public var origin = Origin(packet: 0, time: Timestamp(nanoseconds: 0))
    /// How many frames have begun.
    public internal(set) var frameCount: UInt64 = 0
    let demand: PayloadDemand
    var messages: MessageDecoder
    /// The frame that began last.
    private(set) var frame: Frame
    private var endedMessage: Message?
    private(set) var kept = KeptPayload()

    /// The bytes of the value that the fast path touches, for prefetching.
    ///
    /// A test holds them against the fields' addresses.
    @inlinable package static var hotBytes: Range<Int> { 0..<120 }

    /// Creates a stream that begins after the upgrade.
    ///
    /// - Parameters:
    ///   - sender: Who sends it.
    ///   - streamOffset: Where its first frame begins, counted from the first byte of the TCP stream.
    ///   - compression: How its messages are compressed, as the response says; nil for not at all.
    ///   - demand: How much of the payloads to keep.
    ///   - limits: Bounds on that.
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

    /// The payload of the frame returned last: of control frames always, of data frames as demanded.
    public var framePayload: Span<UInt8> {
        @_lifetime(borrow self) get {
            payloadUse == .wholeMessage && demand.includesFrames ? messages.kept.bytes.span : kept.bytes.span
        }
    }

    /// The decoded payload of the message returned last, as demanded; empty if it is withheld.
    public var messagePayload: Span<UInt8> {
        @_lifetime(borrow self) get { messages.kept.bytes.span }
    }

    /// Whether a data message has begun and not ended.
    public var isInMessage: Bool { messages.isInMessage }

    /// Whether a frame has begun and not ended.
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

    /// How often the contents of the decompression context became unknown, and how often a message then proved that
    /// decoding goes on (RFC 7692 7.1.1); 0 if every message is compressed on its own.
    package var contexts: (lost: UInt64, regained: UInt64) { messages.contexts }

    /// The origin of the first byte of the frame that began last.
    package var frameOrigin: Origin { frame.origin }

    /// Whether the frame that began last belongs to a message that was seen to begin.
    ///
    /// `mutating` so that the value is read in place, not copied.
    package var isFrameOfMessage: Bool {
        mutating get { payloadUse != .frame }
    }

    /// What stands in place of a header, if the stream was given up there; nil if that is not clear.
    package var foreignProtocol: ForeignProtocol? { ForeignProtocol(frame.header) }

    /// The opcode of the frame that began last.
    package var currentOpcode: Opcode { mutating get { frame.header.opcode } }

    /// Whether a gap hid where frames begin: bytes are skipped until ``resume(at:)``.
    public var isLost: Bool {
        mutating get { if case .lost = place { true } else { false } }
    }

    /// What the stream begins with, while it is not clear what that is; nil if it is.
    ///
    /// Only ``begin(with:_:isChunked:keepable:)`` sets it.
    var start: StreamStart? {
        mutating get { if case .start(let start) = place { start } else { nil } }
        set { place = newValue.map { .start($0) } ?? .header(FrameHeaderReader()) }
    }

    /// Whether a frame begins with the next byte, and there is nothing to report before it.
    @inline(__always)
    package var isBetweenFrames: Bool {
        guard !hasPending, case .header(let reader) = place else { return false }
        return reader.isEmpty
    }

    /// Takes what it can from `input` and returns the next thing to report; nil once it has taken all of `input`.
    public mutating func next(_ input: inout ByteCursor, resources: inout StreamResources) -> Output? {
        if hasPending, let output = nextPending(&resources) { return output }
        var payload: OpenPayload
        switch place {
        case .lost, .start:
            streamOffset &+= UInt64(input.skip(input.count))
            return nil
        case .header(var reader):
            if input.isEmpty { return nil }
            if reader.isEmpty { frame.origin = origin }
            let before = input.offset
            let header = reader.next(&input)
            streamOffset &+= UInt64(input.offset &- before)
            guard let header else {
                place = .header(reader)
                return nil
            }
            if isImplausible(header) { return stop(at: header, &resources) }
            payload = begin(header, &resources)
            if hasPending, let output = nextPending(&resources) {
                place = .payload(payload)
                return output
            }
        case .payload(let open): payload = open
        }
        if payload.remaining > 0 {
            let piece = input.take(atMost: Int(clamping: payload.remaining))
            if piece.count > 0 {
                streamOffset &+= UInt64(piece.count)
                receive(piece, &payload, &resources)
                payload.remaining &-= UInt64(piece.count)
            }
            guard payload.remaining == 0 else {
                place = .payload(payload)
                return nil
            }
        }
        return end(payload, &resources)
    }

    /// Skips the next `length` bytes of the stream, which the capture lacks; call ``next(_:resources:)`` afterwards.
    ///
    /// - Returns: Whether the place after the gap is proven: inside the payload of the frame whose length is known, or
    ///   right after it. If not, the stream is lost.
    public mutating func skip(_ length: UInt64, resources: inout StreamResources) -> Bool {
        guard length > 0 else { return !isLost }
        streamOffset &+= length
        switch place {
        case .payload(var payload):
            let missing = min(length, payload.remaining)
            frame.missing &+= missing
            payload.mask?.skip(missing)
            if payloadUse != .frame { messages.skip(missing) }
            payload.remaining &-= missing
            // All bytes of the frame are accounted for then; those after it are not.
            if length > missing { payload.endsInGap = true }
            place = .payload(payload)
            return length == missing
        case .header, .start:
            lose(resources: &resources)
            return false
        case .lost:
            return false
        }
    }

    /// Gives up the place in the stream: what comes is skipped until ``resume(at:)``.
    ///
    /// No more of the current message will be seen, and what was kept of it will not be shown.
    public mutating func lose(resources: inout StreamResources) {
        place = .lost
        if endedMessage == nil { endedMessage = messages.abandon(isCut: true) }
        hasPending = hasPending || endedMessage != nil
        messages.loseContext()
        messages.releaseKept(&resources)
    }

    /// Resumes after a gap, where a frame begins.
    ///
    /// - Parameter offset: Where: bytes from the first of the TCP stream.
    public mutating func resume(at offset: UInt64) {
        streamOffset = offset
        place = .header(FrameHeaderReader())
        hasBegun = true
        messages.resume()
        lastMaskingKey = nil
    }

    /// Checks what the end of the stream leaves unfinished, as far as it has come: the first bytes of a header, a text.
    ///
    /// Call ``next(_:resources:)`` afterwards.
    public mutating func judgeUnfinished() {
        switch place {
        case .lost, .start: return
        case .payload(var payload):
            violations = payload.violations
            payload.violations = PendingViolations()
            place = .payload(payload)
            if messages.isTextBroken { violations.insert(.textNotUTF8) }
        case .header(let reader):
            violations = PendingViolations()
            if messages.isTextBroken { violations.insert(.textNotUTF8) }
            guard let header = reader.unfinished(from: sender) else { break }
            frame.streamOffset = streamOffset &- UInt64(header.byteCount)
            frame.index = frameCount
            check(header, header.opcode)
            // The key has not come in full.
            violations.remove(.zeroMaskingKey)
            violations.remove(.repeatedMaskingKey)
        }
        hasPending = hasPending || !violations.isEmpty
    }

    /// Ends the stream: gives back what it keeps, and returns the message that it leaves unfinished.
    ///
    /// What came of that is in ``messagePayload`` until ``release(resources:)``.
    public mutating func finish(resources: inout StreamResources) -> Message? {
        kept.release(&resources.payloads)
        let message = messages.abandon(isCut: false)
        if message == nil { messages.releaseKept(&resources) }
        messages.endCompression(&resources)
        return message
    }

    /// Gives back what came of the message that ``finish(resources:)`` has returned.
    public mutating func release(resources: inout StreamResources) {
        messages.releaseKept(&resources)
    }

    /// Whether what stands where a header is due can hardly be one.
    ///
    /// Endpoints break rules, one at a time and mostly the same one. Bytes of another protocol break several at once.
    private mutating func isImplausible(_ header: FrameHeader) -> Bool {
        let broken = brokenRuleCount(header, header.opcode)
        guard broken > 1 else { return false }
        if broken > 2 || header.opcode == .close || ForeignProtocol(header) != nil { return true }
        guard header.opcode.isReserved else { return false }
        return doubtful.countsTooMany(withFrame: frameCount)
    }

    /// Gives up the stream: this is no header.
    private mutating func stop(at header: FrameHeader, _ resources: inout StreamResources) -> Output? {
        frame.header = header
        frame.streamOffset = streamOffset &- UInt64(header.byteCount)
        frame.index = frameCount
        lose(resources: &resources)
        violations = PendingViolations()
        violations.insert(.implausible)
        hasPending = true
        return nextPending(&resources)
    }

    private mutating func nextPending(_ resources: inout StreamResources) -> Output? {
        if let violation = violations.popFirst() {
            return .violation(violation, streamOffset: frame.streamOffset, index: frame.index)
        }
        if let message = endedMessage {
            endedMessage = nil
            return .message(message)
        }
        hasPending = false
        // The message that was handed out last is not needed any more.
        if messages.isInMessage {
            messages.releaseAbandoned(wanted: demand.bytes, &resources)
        } else {
            messages.releaseKept(&resources)
        }
        return nil
    }

    private mutating func begin(_ header: FrameHeader, _ resources: inout StreamResources) -> OpenPayload {
        frame.header = header
        frame.streamOffset = streamOffset &- UInt64(header.byteCount)
        frame.index = frameCount
        frame.missing = 0
        frameCount &+= 1
        let opcode = header.opcode
        check(header, opcode)
        if opcode.isControl {
            payloadUse = .frame
            kept.begin(wanted: .max, limit: messages.limits.controlPayload, in: &resources.payloads)
        } else {
            payloadUse = beginData(header, opcode, &resources)
            let wanted = demand.includesFrames && payloadUse != .wholeMessage ? demand.bytes : 0
            kept.begin(wanted: wanted, limit: messages.limits.message, in: &resources.payloads)
        }
        hasPending = !violations.isEmpty
        return OpenPayload(
            remaining: header.payloadLength, mask: header.maskingKey.map { Masking(maskingKey: $0) })
    }

    /// RFC 6455 5.4: fragmentation.
    private mutating func beginData(
        _ header: FrameHeader, _ opcode: Opcode, _ resources: inout StreamResources
    ) -> PayloadUse {
        switch opcode {
        case .text, .binary:
            if messages.isInMessage {
                violations.insert(.messageInsideMessage)
                endedMessage = messages.abandon(isCut: false)
            }
            messages.begin(
                isText: opcode == .text, isCompressed: header.rsv1 && messages.isCompressionNegotiated,
                length: header.payloadLength, streamOffset: frame.streamOffset, wanted: demand.bytes,
                resources: &resources)
            if messages.takeCompressionRefusal() { violations.insert(.compressionLimit) }
        case .continuation where messages.isInMessage: break
        case .continuation:
            if !messages.passContinuation(isLast: header.fin) { violations.insert(.continuationWithoutStart) }
            return .frame
        default:
            return .frame
        }
        if header.firstByte & undecodedBits != 0 { messages.withholdUndecoded() }
        messages.countFrame(payloadLength: header.payloadLength)
        return header.fin && messages.isVerbatim ? .wholeMessage : .message
    }

    @inline(__always)
    private mutating func receive(
        _ piece: Span<UInt8>, _ payload: inout OpenPayload, _ resources: inout StreamResources
    ) {
        guard payloadUse != .frame else {
            kept.append(piece, unmasking: &payload.mask, in: &resources.payloads)
            return
        }
        if demand.includesFrames, payloadUse == .message {
            var ownMask = payload.mask
            kept.append(piece, unmasking: &ownMask, in: &resources.payloads)
        }
        messages.receive(piece, mask: &payload.mask, resources: &resources, violations: &payload.violations)
    }

    private mutating func end(_ payload: OpenPayload, _ resources: inout StreamResources) -> Output? {
        let header = frame.header
        place = .header(FrameHeaderReader())
        violations = payload.violations
        if payloadUse != .frame, header.fin {
            endedMessage = messages.end(resources: &resources, violations: &violations)
        }
        let status = framePayloadStatus
        if header.opcode.isControl {
            if kept.hitLimit { violations.insert(.controlPayloadLimit) }
            if header.opcode == .close { endClose() }
        }
        if payload.endsInGap { lose(resources: &resources) }
        hasPending = true
        return .frame(frame, payload: status)
    }

    private var framePayloadStatus: PayloadStatus {
        if frame.missing > 0 { return .withheld(.incomplete) }
        if payloadUse != .frame, !demand.includesFrames { return frame.header.payloadLength > 0 ? .truncated : .whole }
        return (payloadUse == .wholeMessage ? messages.kept.isCut : kept.isCut) ? .truncated : .whole
    }
}
