import BasicContainers
import WireFormat

/// Puts the data messages of one direction together (RFC 6455 5.4) and inflates them (RFC 7692 6.2).
///
/// Payload passes through in pieces: a message is never held unless somebody wants to see it.
struct MessageDecoder: ~Copyable {
    /// Whether a message has begun and not ended.
    private(set) var isInMessage = false
    private var isMissingBytes = false
    /// Why the current message's payload is withheld.
    private var withheld: PayloadWithheld?
    private var text = UTF8Validator()
    private var decodedLength: UInt64 = 0
    /// The message that is being put together, or was last.
    private var current = Message(
        isText: false, streamOffset: 0, isComplete: false, frames: 0, isCompressed: false, wireLength: 0, length: nil,
        payload: .whole, isValidUTF8: true)
    /// The decoded bytes of the message that was begun last, as far as they are kept.
    private(set) var kept = KeptPayload()
    private var compression: Compression
    private let limits: StreamLimits

    /// Makes a decoder.
    ///
    /// - Parameters:
    ///   - compression: What was negotiated for this direction; nil for nothing.
    ///   - limits: Bounds on what is kept and inflated.
    init(compression: DeflateParameters?, limits: StreamLimits) {
        self.compression = Compression(compression)
        self.limits = limits
    }

    /// Whether the current message is one frame so far, whose payload is kept as it is, as much as of frames.
    var isVerbatim: Bool { isInMessage && current.frames == 1 && !current.isCompressed }

    /// Whether RSV1 marks compressed messages here.
    var isCompressionNegotiated: Bool { compression.parameters != nil }

    /// Begins a message with its first frame, whose payload has `length` bytes.
    mutating func begin(
        isText: Bool, isCompressed: Bool, length: UInt64, streamOffset: UInt64, wanted: Int,
        resources: inout StreamResources
    ) {
        isInMessage = true
        current = Message(
            isText: isText, streamOffset: streamOffset, isComplete: false, frames: 0, isCompressed: isCompressed,
            wireLength: 0, length: nil, payload: .whole, isValidUTF8: true)
        decodedLength = 0
        text.reset()
        isMissingBytes = false
        withheld = isCompressed ? compression.begin(length: length, resources: &resources) : nil
        kept.begin(wanted: wanted, limit: limits.message, in: &resources.payloads)
    }

    /// Withholds the current message, since a frame of it is in a form of an extension that is not decoded.
    mutating func withholdUndecoded() {
        guard isInMessage else { return }
        withheld = withheld ?? .undecodedExtension
        if current.isCompressed { compression.lose() }
    }

    /// Counts a frame of the current message.
    mutating func countFrame(payloadLength: UInt64) {
        current.frames &+= 1
        current.wireLength &+= payloadLength
    }

    /// Takes the next payload bytes of the current message.
    mutating func receive(
        _ bytes: Span<UInt8>, mask: inout Masking?, resources: inout StreamResources,
        violations: inout PendingViolations
    ) {
        guard isInMessage, withheld == nil else {
            mask?.skip(UInt64(bytes.count))
            return
        }
        if !current.isText, !current.isCompressed {
            decodedLength &+= UInt64(bytes.count)
            kept.append(bytes, unmasking: &mask, in: &resources.payloads)
            return
        }
        guard var masking = mask else {
            decode(bytes, &resources.inflated, &resources.payloads, &violations)
            return
        }
        unmask(bytes, &masking, &resources.unmasked, &resources.inflated, &resources.payloads, &violations)
        mask = masking
    }

    /// Tells that `length` payload bytes of the current message are not in the capture.
    mutating func skip(_ length: UInt64) {
        guard isInMessage else { return }
        isMissingBytes = true
        withheld = withheld ?? .incomplete
        if current.isCompressed { compression.lose() }
    }

    /// Ends the current message behind its last frame.
    mutating func end(resources: inout StreamResources, violations: inout PendingViolations) -> Message? {
        guard isInMessage else { return nil }
        if current.isCompressed, withheld == nil, current.wireLength > 0 {
            finishInflating(&resources, &violations)
        }
        isInMessage = false
        if current.isCompressed {
            let isProven = withheld == nil && current.wireLength > 0
            compression.endMessage(isProven: isProven, resources: &resources)
        }
        current.isComplete = !isMissingBytes
        if let withheld {
            kept.release(&resources.payloads)
            current.payload = .withheld(withheld)
            current.length = current.isCompressed || withheld == .undecodedExtension ? nil : current.wireLength
            return current
        }
        current.length = decodedLength
        current.payload = kept.isCut ? .truncated : .whole
        if current.isText, !text.isComplete {
            current.isValidUTF8 = false
            violations.insert(.textNotUTF8)
        }
        if kept.hitLimit { violations.insert(.messageLimit) }
        return current
    }

    /// Whether the current message is text, known without a gap, and not UTF-8 so far.
    var isTextBroken: Bool { isInMessage && current.isText && withheld == nil && !text.isValid }

    /// Gives up the current message: its session ended, or another began inside it.
    mutating func abandon() -> Message? {
        guard isInMessage else { return nil }
        if current.isCompressed { compression.lose() }
        isInMessage = false
        current.payload = .withheld(.incomplete)
        return current
    }

    /// Tells that the place in the stream is not known any more.
    mutating func loseContext() {
        compression.lose()
    }

    /// Frees what decompression takes: nothing more will come.
    mutating func endCompression(_ resources: inout StreamResources) {
        compression.end(&resources)
    }

    /// How often what the context holds became unknown, and how often a message proved that decoding goes on.
    var contexts: (lost: UInt64, regained: UInt64) { (compression.lostCount, compression.regainedCount) }

    /// Whether a compressed message was refused for want of room.
    var isCompressionRefused: Bool { compression.isRefused }

    /// Gives the kept bytes of the last message back.
    mutating func releaseKept(_ resources: inout StreamResources) {
        kept.release(&resources.payloads)
    }

    private mutating func unmask(
        _ bytes: Span<UInt8>, _ mask: inout Masking, _ unmasked: inout UniqueArray<UInt8>,
        _ room: inout UniqueArray<UInt8>, _ payloads: inout PayloadStore, _ violations: inout PendingViolations
    ) {
        var start = 0
        while start < bytes.count {
            let count = min(bytes.count &- start, StreamResources.pieceLength)
            unmasked.removeAll(keepingCapacity: true)
            unmasked.append(addingCount: count) {
                mask.unmask(bytes.extracting(start..<(start &+ count)), into: &$0)
            }
            start &+= count
            decode(unmasked.span, &room, &payloads, &violations)
        }
    }

    private mutating func decode(
        _ bytes: Span<UInt8>, _ room: inout UniqueArray<UInt8>, _ payloads: inout PayloadStore,
        _ violations: inout PendingViolations
    ) {
        if current.isCompressed {
            if withheld == nil { inflate(bytes, &room, &payloads, &violations) }
        } else {
            take(bytes, &payloads)
        }
    }

    private mutating func take(_ bytes: Span<UInt8>, _ payloads: inout PayloadStore) {
        decodedLength &+= UInt64(bytes.count)
        if current.isText { text.receive(bytes) }
        kept.append(bytes, in: &payloads)
    }

    private mutating func inflate(
        _ bytes: Span<UInt8>, _ room: inout UniqueArray<UInt8>, _ payloads: inout PayloadStore,
        _ violations: inout PendingViolations
    ) {
        var input = ByteCursor(bytes)
        while true {
            room.removeAll(keepingCapacity: true)
            let status = compression.inflate(&input, into: &room)
            take(room.span, &payloads)
            if isBomb {
                giveUp(.inflateBomb, .bomb, &payloads, &violations)
                return
            }
            if status == .broken {
                giveUp(compression.isRegaining ? nil : .deflateBroken, .contextLost, &payloads, &violations)
                return
            }
            if status == .inputTaken { return }
        }
    }

    private mutating func giveUp(
        _ violation: Violation?, _ reason: PayloadWithheld, _ payloads: inout PayloadStore,
        _ violations: inout PendingViolations
    ) {
        kept.release(&payloads)
        if let violation { violations.insert(violation) }
        withheld = reason
        compression.lose()
    }

    /// RFC 7692 7.2.2: the sender took 00 00 ff ff off the end of the message.
    private mutating func finishInflating(
        _ resources: inout StreamResources, _ violations: inout PendingViolations
    ) {
        if !compression.isAtStreamEnd {
            let tail: InlineArray<4, UInt8> = [0x00, 0x00, 0xff, 0xff]
            inflate(tail.span, &resources.inflated, &resources.payloads, &violations)
        }
        if withheld == nil, !compression.isAtBlockEnd {
            giveUp(
                compression.isRegaining ? nil : .deflateBroken, .contextLost, &resources.payloads, &violations)
        }
    }

    private var isBomb: Bool {
        if decodedLength > limits.inflatedMessage { return true }
        guard decodedLength > limits.ratioThreshold else { return false }
        let (allowed, overflow) = current.wireLength.multipliedReportingOverflow(by: limits.inflateRatio)
        return !overflow && decodedLength > allowed
    }
}
