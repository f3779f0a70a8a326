public import WireFormat

/// How bytes become frames and messages.
extension WebSocketStream {
    /// Takes what it can from `input` and returns the next result; nil once all of `input` is taken.
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

    /// The next result to report before another byte is read; nil if there is none.
    mutating func nextPending(_ resources: inout StreamResources) -> Output? {
        if let violation = violations.popFirst() {
            return .violation(violation, streamOffset: frame.streamOffset, index: frame.index)
        }
        if let message = endedMessage {
            endedMessage = nil
            return .message(message)
        }
        hasPending = false
        // The message reported last is no longer needed.
        if messages.isInMessage {
            messages.releaseAbandoned(wanted: demand.bytes, &resources)
        } else {
            messages.releaseKept(&resources)
        }
        return nil
    }

    /// Begins the payload of a frame whose header is complete.
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
            countDataFrame(header.firstByte, length: header.payloadLength)
            payloadUse = beginData(header, opcode, &resources)
            let wanted = demand.includesFrames && payloadUse != .wholeMessage ? demand.bytes : 0
            kept.begin(wanted: wanted, limit: messages.limits.message, in: &resources.payloads)
        }
        hasPending = !violations.isEmpty
        return OpenPayload(
            remaining: header.payloadLength, mask: header.maskingKey.map { Masking(maskingKey: $0) })
    }

    /// Counts a data frame at its beginning.
    @inline(__always)
    mutating func countDataFrame(_ firstByte: UInt8, length: UInt64) {
        shortTextRun = firstByte != 0x81 || length > 125 ? 0 : shortTextRun < .max ? shortTextRun &+ 1 : .max
    }

    /// Begins the payload of a data frame (RFC 6455 5.4).
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

    /// Ends a frame whose payload is complete.
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
            if header.opcode == .close {
                if let output = stopAtClose(&resources) { return output }
                endClose()
            }
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
