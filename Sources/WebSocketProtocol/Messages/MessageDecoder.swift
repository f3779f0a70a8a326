import BasicContainers
import WireFormat

/// Joins the frames of one direction into data messages (RFC 6455 5.4) and inflates them (RFC 7692 6.2).
///
/// Payloads pass through in pieces: a message is kept only as far as it is demanded.
struct MessageDecoder: ~Copyable {
    /// The message that the next fragment would belong to.
    private enum Place: UInt8 {
        /// None: no message has begun, or the last one has ended.
        case outside
        /// The current message (``current``).
        case inside
        /// A message whose beginning was not seen, if any.
        case unknown
    }

    private var place = Place.outside
    private var isMissingBytes = false
    /// Whether `kept` holds the bytes of an abandoned message that is not reported yet.
    private var holdsAbandoned = false
    /// Why the current message's payload is withheld.
    var withheld: PayloadWithheld?
    /// Compressed bytes of the current message inflated so far; saturates at the maximum.
    var inflatedFrom: UInt32 = 0
    var limits: StreamLimits
    var text = UTF8Validator()
    /// The bytes of its payload so far, unmasked and inflated.
    var decodedLength: UInt64 = 0
    /// The latest message.
    var current = Message(
        isText: false, streamOffset: 0, isComplete: false, frameCount: 0, isCompressed: false, wireLength: 0,
        length: nil,
        payload: .whole, isValidUTF8: true)
    /// The decoded bytes of the message, as far as they are kept.
    var kept = KeptPayload()
    var compression: Compression

    /// Creates a decoder that has seen no message.
    ///
    /// - Parameters:
    ///   - compression: The negotiated parameters of this direction; nil for no compression.
    ///   - limits: Bounds on what is kept and inflated.
    init(compression: DeflateParameters?, limits: StreamLimits) {
        self.compression = Compression(compression)
        self.limits = limits
    }

    /// Whether a message has begun but not ended.
    @inline(__always)
    var isInMessage: Bool { place == .inside }

    /// Whether the current message is so far a single uncompressed frame, so that the kept bytes of the message and of
    /// the frame would be the same.
    var isVerbatim: Bool { isInMessage && current.frameCount == 1 && !current.isCompressed }

    /// Whether RSV1 marks compressed messages.
    var isCompressionNegotiated: Bool { compression.parameters != nil }

    /// Begins a message with its first frame, whose payload has `length` bytes.
    mutating func begin(
        isText: Bool, isCompressed: Bool, length: UInt64, streamOffset: UInt64, wanted: Int,
        resources: inout StreamResources
    ) {
        place = .inside
        current = Message(
            isText: isText, streamOffset: streamOffset, isComplete: false, frameCount: 0, isCompressed: isCompressed,
            wireLength: 0, length: nil, payload: .whole, isValidUTF8: true)
        decodedLength = 0
        inflatedFrom = 0
        text.reset()
        isMissingBytes = false
        withheld = isCompressed ? compression.begin(length: length, resources: &resources) : nil
        if !holdsAbandoned { kept.begin(wanted: wanted, limit: limits.message, in: &resources.payloads) }
    }

    /// Starts keeping bytes of the current message, since those of the previous one are no longer needed.
    mutating func releaseAbandoned(wanted: Int, _ resources: inout StreamResources) {
        guard holdsAbandoned else { return }
        holdsAbandoned = false
        if isInMessage { kept.begin(wanted: wanted, limit: limits.message, in: &resources.payloads) }
    }

    /// Records that a message was decoded elsewhere, so that later fragments belong to no earlier one.
    @inline(__always)
    mutating func passMessage() {
        place = .outside
    }

    /// Skips a continuation frame that belongs to no message seen.
    ///
    /// - Parameter isLast: Whether it has FIN.
    /// - Returns: Whether it is allowed: its message may have begun in a gap (RFC 6455 5.4).
    mutating func passContinuation(isLast: Bool) -> Bool {
        guard place == .unknown else { return false }
        if isLast { place = .outside }
        return true
    }

    /// Resumes after a gap: fragments may belong to a message whose beginning was not seen.
    mutating func resume() {
        if place == .outside { place = .unknown }
    }

    /// Withholds the current message, since one of its frames uses an extension that is not decoded.
    mutating func withholdUndecoded() {
        guard isInMessage else { return }
        withheld = withheld ?? .undecodedExtension
        if current.isCompressed { compression.lose() }
    }

    /// Counts a frame of the current message.
    mutating func countFrame(payloadLength: UInt64) {
        current.frameCount &+= 1
        current.wireLength &+= payloadLength
    }

    /// Skips `length` payload bytes of the current message that the capture lacks.
    mutating func skip(_ length: UInt64) {
        guard isInMessage else { return }
        isMissingBytes = true
        withheld = withheld ?? .incomplete
        if current.isCompressed { compression.lose() }
    }

    /// Ends the current message after its last frame.
    mutating func end(resources: inout StreamResources, violations: inout PendingViolations) -> Message? {
        guard isInMessage else { return nil }
        if current.isCompressed, withheld == nil, current.wireLength > 0 {
            finishInflating(&resources, &violations)
        }
        place = .outside
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

    /// Whether the current message is text without gaps so far, and already known not to be UTF-8.
    var isTextBroken: Bool { isInMessage && current.isText && withheld == nil && !text.isValid }

    /// Gives up the current message: its session ended, or another message began inside it.
    ///
    /// - Parameter isCut: Whether the capture lacks what followed; if not, the bytes so far are kept until
    ///   ``releaseAbandoned(wanted:_:)`` or ``releaseKept(_:)``.
    /// - Returns: The message; nil if there is none.
    mutating func abandon(isCut: Bool) -> Message? {
        guard isInMessage else { return nil }
        if current.isCompressed { compression.lose() }
        place = .outside
        if isCut || withheld != nil {
            current.payload = .withheld(isCut ? .incomplete : withheld ?? .incomplete)
            return current
        }
        holdsAbandoned = true
        current.length = decodedLength
        current.payload = kept.isCut ? .truncated : .whole
        current.isValidUTF8 = !current.isText || text.isComplete
        return current
    }

    /// Records that the position in the stream is lost, and with it the compression context (RFC 7692 7.1.1).
    mutating func loseContext() {
        compression.lose()
    }

    /// Frees the decompression memory, since no message will follow.
    mutating func endCompression(_ resources: inout StreamResources) {
        compression.end(&resources)
    }

    /// How often the context was lost, and how often a message then proved that it was regained.
    var contexts: (lost: UInt64, regained: UInt64) { (compression.lostCount, compression.regainedCount) }

    /// Whether a compressed message was refused for lack of memory; true only once.
    mutating func takeCompressionRefusal() -> Bool { compression.takeRefusal() }

    /// Releases the kept bytes of the last message.
    mutating func releaseKept(_ resources: inout StreamResources) {
        holdsAbandoned = false
        kept.release(&resources.payloads)
    }
}
