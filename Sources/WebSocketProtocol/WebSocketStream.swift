import BasicContainers
public import WireFormat

/// One direction of a session behind the upgrade: bytes in, frames and messages out (RFC 6455 5).
///
/// Feed it pieces of any size and take what ``next(_:resources:)`` returns until it returns nil; how the bytes are cut
/// makes no difference. ``nextWhole(_:resources:)`` is a shorter way for most messages. It keeps no payload that nobody wants, whatever length a frame claims.
public struct WebSocketStream: ~Copyable {
    /// What the stream tells, in order.
    public enum Output: Sendable {
        /// A rule is broken by the frame at `streamOffset`, the 0-based `index` in its direction.
        case violation(Violation, streamOffset: UInt64, index: UInt64)
        /// A frame has passed. What is kept of its payload is in ``framePayload`` until the next call.
        case frame(Frame, payload: PayloadStatus)
        /// A message ended, or was given up. What is kept of it is in ``messagePayload`` until the next call.
        case message(Message)
    }

    /// Where in the stream the next byte stands.
    private enum Place: UInt8 {
        case betweenFrames
        case inPayload
        /// Behind a gap that hid where frames begin.
        case lost
    }

    // What every frame touches stands together.

    /// Who sends it.
    public let sender: Role
    private var place = Place.betweenFrames
    /// Whether anything is to be told, or to be cleared away, before the next byte is looked at.
    public private(set) var hasPending = false
    /// Whether the kept message was handed out and is not needed any more.
    private var hasDelivered = false
    private var isMessageFrame = false
    /// Whether the frame's payload is its message's, so that it need not be kept twice.
    private var isWholeMessage = false
    var hasSentClose = false
    private var hasToldRefusal = false
    /// Whether a gap reaches beyond the end of the current frame.
    private var isLostBehindFrame = false
    /// Whether fragments may belong to a message whose beginning was not seen.
    var isMessageUnknown = false
    private var violations = PendingViolations()
    /// What the payload of the current frame breaks: told behind the frame, however its bytes are cut.
    private var payloadViolations = PendingViolations()
    private var mask: Masking?
    var lastMaskingKey: UInt32?
    /// The bytes passed so far, gaps included, counted from the first of the TCP stream.
    public internal(set) var streamOffset: UInt64
    /// Bytes of the current frame's payload that are still to come.
    private var remaining: UInt64 = 0
    /// The packet that brought the bytes that are handed over next.
    public var origin = Origin(packet: 0, time: Timestamp(nanoseconds: 0))
    /// How many frames have begun.
    public internal(set) var frameCount: UInt64 = 0
    let demand: PayloadDemand
    let limits: StreamLimits
    private var reader = FrameHeaderReader()
    var messages: MessageDecoder
    private var frame: Frame
    private var endedMessage: Message?
    private var kept = KeptPayload()
    /// The reserved bits that negotiated extensions may use which are not decoded.
    private let undecodedBits: UInt8

    /// Begins a stream behind the upgrade.
    ///
    /// - Parameters:
    ///   - sender: Who sends it.
    ///   - streamOffset: Where its first frame begins, counted from the first byte of the TCP stream.
    ///   - compression: How its messages are compressed, as the response says; nil for not at all.
    ///   - demand: What is to be kept of the payloads.
    ///   - limits: Bounds on that.
    ///   - undecodedBits: The reserved bits of other extensions (``UndecodedExtensions/reservedBits``): messages that
    ///     have one of them set are withheld.
    public init(
        sender: Role, streamOffset: UInt64, compression: DeflateParameters?, demand: PayloadDemand,
        limits: StreamLimits, undecodedBits: UInt8 = 0
    ) {
        self.sender = sender
        self.undecodedBits = undecodedBits
        self.streamOffset = streamOffset
        self.demand = demand
        self.limits = limits
        messages = MessageDecoder(compression: compression, limits: limits)
        frame = Frame(
            header: FrameHeader(
                firstByte: 0, maskingKey: nil, payloadLength: 0, hasMinimalLength: true, byteCount: 0),
            streamOffset: streamOffset, index: 0, missing: 0)
    }

    /// The payload of the frame that was returned last: of control frames always, of data frames as demanded.
    public var framePayload: Span<UInt8> {
        @_lifetime(borrow self) get {
            isWholeMessage && demand.includesFrames ? messages.kept.bytes.span : kept.bytes.span
        }
    }

    /// The decoded payload of the message that was returned last, as demanded; empty when it is withheld.
    public var messagePayload: Span<UInt8> {
        @_lifetime(borrow self) get { messages.kept.bytes.span }
    }

    /// Whether a data message has begun and not ended.
    public var isInMessage: Bool { messages.isInMessage }

    /// Whether a frame has begun and not ended.
    ///
    /// Asking mutates, although nothing changes: else the compiler moves the whole value first.
    public var isInFrame: Bool {
        mutating get { place == .inPayload || place == .betweenFrames && !reader.isEmpty }
    }

    /// Whether RSV1 marks compressed messages.
    public var isCompressionNegotiated: Bool { messages.isCompressionNegotiated }

    /// Whether RSV1 may be set on the first frame of a message.
    public var mayUseRSV1: Bool { isCompressionNegotiated || undecodedBits & 0x40 != 0 }

    /// How often what the context of decompression holds became unknown, and how often a message proved that decoding
    /// goes on (RFC 7692 7.1.1); 0 where every message is compressed on its own.
    public var contexts: (lost: UInt64, regained: UInt64) { messages.contexts }

    /// Whether a gap hid where frames begin: bytes are passed over until ``resume(at:)``.
    public var isLost: Bool { place == .lost }

    /// Whether a frame's header comes next, and nothing is left to tell before it.
    @inline(__always)
    var isBetweenFrames: Bool { place == .betweenFrames && !hasPending && reader.isEmpty }

    /// Takes what it can from `input` and returns the next thing to tell; nil when all of `input` is taken.
    public mutating func next(_ input: inout ByteCursor, resources: inout StreamResources) -> Output? {
        if hasPending, let output = nextPending(&resources) { return output }
        switch place {
        case .lost:
            streamOffset &+= UInt64(input.skip(input.count))
            return nil
        case .betweenFrames:
            if input.isEmpty { return nil }
            if reader.isEmpty { frame.origin = origin.packet }
            let before = input.offset
            let header = reader.next(&input)
            streamOffset &+= UInt64(input.offset &- before)
            guard let header else { return nil }
            begin(header, &resources)
            if hasPending, let output = nextPending(&resources) { return output }
        case .inPayload: break
        }
        if remaining > 0 {
            let piece = input.take(atMost: Int(clamping: remaining))
            guard piece.count > 0 else { return nil }
            streamOffset &+= UInt64(piece.count)
            receive(piece, &resources)
            remaining &-= UInt64(piece.count)
            if remaining > 0 { return nil }
        }
        return end(&resources)
    }

    /// Tells that the capture lacks the next `length` bytes of the stream; call ``next(_:resources:)`` afterwards.
    ///
    /// - Returns: Whether the place behind the gap is proven: it lies inside the payload of the frame whose length is
    ///   known, or right behind it. Else the stream is lost.
    public mutating func skip(_ length: UInt64, resources: inout StreamResources) -> Bool {
        guard length > 0 else { return !isLost }
        streamOffset &+= length
        switch place {
        case .inPayload:
            let missing = min(length, remaining)
            frame.missing &+= missing
            mask?.skip(missing)
            if isMessageFrame { messages.skip(missing) }
            remaining &-= missing
            guard length > missing else { return true }
            // The frame's own bytes are all accounted for; what stood behind it is not.
            isLostBehindFrame = true
            return false
        case .betweenFrames:
            lose(resources: &resources)
            return false
        case .lost:
            return false
        }
    }

    /// Gives up the place in the stream: what comes is passed over.
    ///
    /// Nothing more of the current message will be seen, and what was kept of it will not be shown.
    public mutating func lose(resources: inout StreamResources) {
        reader.reset()
        place = .lost
        payloadViolations = PendingViolations()
        if endedMessage == nil { endedMessage = messages.abandon() }
        hasPending = hasPending || endedMessage != nil
        messages.loseContext()
        messages.releaseKept(&resources)
    }

    /// Goes on behind a gap, at a place where a frame begins.
    ///
    /// - Parameter offset: Where: bytes from the first of the TCP stream.
    public mutating func resume(at offset: UInt64) {
        streamOffset = offset
        place = .betweenFrames
        isMessageUnknown = true
        lastMaskingKey = nil
    }

    /// Judges what the stream's end leaves unfinished, as far as it has come: the first bytes of a header, a text.
    ///
    /// Call ``next(_:resources:)`` afterwards.
    public mutating func judgeUnfinished() {
        guard place != .lost else { return }
        violations = payloadViolations
        payloadViolations = PendingViolations()
        if messages.isTextBroken { violations.insert(.textNotUTF8) }
        if let header = reader.unfinished(from: sender) {
            frame.streamOffset = streamOffset &- UInt64(header.byteCount)
            frame.index = frameCount
            check(header, header.opcode)
            // The key has not come in full.
            violations.remove(.zeroMaskingKey)
            violations.remove(.repeatedMaskingKey)
        }
        hasPending = hasPending || !violations.isEmpty
    }

    /// The origin of the first byte of the frame that was begun last.
    public var frameOrigin: UInt64 { frame.origin }

    /// Ends the stream: gives back what it keeps, and returns the message that it leaves unfinished.
    public mutating func finish(resources: inout StreamResources) -> Message? {
        kept.release(&resources.payloads)
        messages.releaseKept(&resources)
        messages.endCompression(&resources)
        return messages.abandon()
    }

    private mutating func nextPending(_ resources: inout StreamResources) -> Output? {
        if hasDelivered {
            hasDelivered = false
            messages.releaseKept(&resources)
        }
        if let violation = violations.popFirst() {
            return .violation(violation, streamOffset: frame.streamOffset, index: frame.index)
        }
        if let message = endedMessage {
            endedMessage = nil
            hasDelivered = !messages.isInMessage
            return .message(message)
        }
        hasPending = false
        return nil
    }

    private mutating func begin(_ header: FrameHeader, _ resources: inout StreamResources) {
        frame.header = header
        frame.streamOffset = streamOffset &- UInt64(header.byteCount)
        frame.index = frameCount
        frame.missing = 0
        frameCount &+= 1
        mask = header.maskingKey.map { Masking(maskingKey: $0) }
        place = .inPayload
        remaining = header.payloadLength
        let opcode = header.opcode
        check(header, opcode)
        isMessageFrame = false
        isWholeMessage = false
        if opcode.isControl {
            kept.begin(wanted: .max, limit: limits.controlPayload, in: &resources.payloads)
        } else {
            beginData(header, opcode, &resources)
            isWholeMessage = isMessageFrame && header.fin && messages.isVerbatim
            let wanted = demand.includesFrames && !isWholeMessage ? demand.bytes : 0
            kept.begin(wanted: wanted, limit: limits.message, in: &resources.payloads)
        }
        hasPending = hasPending || !violations.isEmpty
    }

    /// RFC 6455 5.4: fragmentation.
    private mutating func beginData(_ header: FrameHeader, _ opcode: Opcode, _ resources: inout StreamResources) {
        switch opcode {
        case .text, .binary:
            if messages.isInMessage {
                violations.insert(.messageInsideMessage)
                endedMessage = messages.abandon()
                hasPending = true
            }
            isMessageUnknown = false
            messages.begin(
                isText: opcode == .text, isCompressed: header.rsv1 && messages.isCompressionNegotiated,
                length: header.payloadLength, streamOffset: frame.streamOffset, wanted: demand.bytes,
                resources: &resources)
            if messages.isCompressionRefused, !hasToldRefusal {
                hasToldRefusal = true
                violations.insert(.compressionLimit)
            }
        case .continuation:
            guard messages.isInMessage else {
                if !isMessageUnknown {
                    violations.insert(.continuationWithoutStart)
                    hasPending = true
                }
                if header.fin { isMessageUnknown = false }
                return
            }
        default:
            return
        }
        isMessageFrame = true
        if header.firstByte & undecodedBits != 0 { messages.withholdUndecoded() }
        messages.countFrame(payloadLength: header.payloadLength)
    }

    private mutating func receive(_ piece: Span<UInt8>, _ resources: inout StreamResources) {
        guard isMessageFrame else {
            kept.append(piece, unmasking: &mask, in: &resources.payloads)
            return
        }
        if demand.includesFrames, !isWholeMessage {
            var ownMask = mask
            kept.append(piece, unmasking: &ownMask, in: &resources.payloads)
        }
        messages.receive(piece, mask: &mask, resources: &resources, violations: &payloadViolations)
    }

    private mutating func end(_ resources: inout StreamResources) -> Output? {
        let header = frame.header
        place = .betweenFrames
        violations = payloadViolations
        payloadViolations = PendingViolations()
        if isMessageFrame, header.fin {
            endedMessage = messages.end(resources: &resources, violations: &violations)
        }
        let payload = framePayloadStatus
        if header.opcode.isControl {
            if kept.hitLimit { violations.insert(.controlPayloadLimit) }
            if header.opcode == .close { endClose() }
        }
        if isLostBehindFrame {
            isLostBehindFrame = false
            lose(resources: &resources)
        }
        hasPending = true
        return .frame(frame, payload: payload)
    }

    private var framePayloadStatus: PayloadStatus {
        if frame.missing > 0 { return .withheld(.incomplete) }
        if isMessageFrame, !demand.includesFrames { return frame.header.payloadLength > 0 ? .truncated : .whole }
        return (isWholeMessage ? messages.kept.isCut : kept.isCut) ? .truncated : .whole
    }

    /// RFC 6455 5.5.1, 7.4.
    private mutating func endClose() {
        hasSentClose = true
        guard frame.missing == 0, frame.header.firstByte & undecodedBits == 0 else { return }
        if frame.header.payloadLength == 1 { violations.insert(.closePayloadOneByte) }
        let body = CloseBody(kept.bytes.span)
        if let code = body.code, !code.mayBeSent { violations.insert(.closeCodeNotAllowed) }
        // What was cut at a bound of ours may end inside a scalar.
        if body.reason == nil, !kept.isCut { violations.insert(.closeReasonNotUTF8) }
    }

    /// What a header alone can break.
    private mutating func check(_ header: FrameHeader, _ opcode: Opcode) {
        // RFC 6455 5.1: clients mask, servers don't.
        if header.isMasked != (sender == .client) {
            violations.insert(sender == .client ? .clientUnmasked : .serverMasked)
        }
        if let key = header.maskingKey {
            // RFC 6455 5.3: the key must be unpredictable.
            if key == 0 {
                violations.insert(.zeroMaskingKey)
            } else if key == lastMaskingKey {
                violations.insert(.repeatedMaskingKey)
            }
            lastMaskingKey = key
        }
        if hasSentClose { violations.insert(.frameAfterClose) }
        // RFC 6455 5.2: the most significant bit must be 0.
        if header.payloadLength > UInt64(Int64.max) { violations.insert(.lengthTopBit) }
        guard
            header.firstByte & 0x70 != 0 || opcode.rawValue & 0x8 != 0 || !header.hasMinimalLength || opcode.isReserved
        else { return }
        // RFC 6455 5.2: reserved bits are for extensions; RFC 7692 6 uses RSV1 on the first frame of a message.
        let used = undecodedBits | (messages.isCompressionNegotiated ? 0x40 : 0)
        if header.firstByte & 0x70 & ~used != 0 {
            violations.insert(.reservedBits)
        } else if header.rsv1, messages.isCompressionNegotiated {
            if opcode.isControl { violations.insert(.compressedControl) }
            if opcode == .continuation { violations.insert(.compressedContinuation) }
        }
        if opcode.isReserved { violations.insert(.reservedOpcode) }
        if !header.hasMinimalLength { violations.insert(.lengthNotMinimal) }
        // RFC 6455 5.5: control frames are short and whole.
        if opcode.isControl {
            if !header.fin { violations.insert(.controlFragmented) }
            if header.payloadLength > 125 { violations.insert(.controlTooLong) }
        }
    }
}
