import BasicContainers

/// The rules of RFC 6455 and RFC 7692 that a single frame can break.
extension WebSocketStream {
    /// Checks the rules that a header alone can break.
    mutating func check(_ header: FrameHeader, _ opcode: Opcode) {
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
        // RFC 6455 5.5.1.
        if hasSentClose { violations.insert(.frameAfterClose) }
        // RFC 6455 5.2: the most significant bit must be 0.
        if header.payloadLength > UInt64(Int64.max) { violations.insert(.lengthTopBit) }
        guard
            header.firstByte & 0x70 != 0 || opcode.rawValue & 0x8 != 0 || !header.hasMinimalLength || opcode.isReserved
        else { return }
        // RFC 6455 5.2: reserved bits are for extensions; RFC 7692 6 uses RSV1 on the first frame of a message.
        if header.firstByte & 0x70 & ~usedBits != 0 {
            violations.insert(.reservedBits)
        } else if header.rsv1, messages.isCompressionNegotiated {
            if opcode.isControl { violations.insert(.compressedControl) }
            if opcode == .continuation { violations.insert(.compressedContinuation) }
        }
        if opcode.isReserved { violations.insert(.reservedOpcode) }
        if !header.hasMinimalLength { violations.insert(.lengthNotMinimal) }
        // RFC 6455 5.5: control frames are short and not fragmented.
        if opcode.isControl {
            if !header.fin { violations.insert(.controlFragmented) }
            if header.payloadLength > 125 { violations.insert(.controlTooLong) }
        }
    }

    /// The number of independent rules that a header breaks by itself, not counting the order of messages.
    mutating func brokenRuleCount(_ header: FrameHeader, _ opcode: Opcode) -> Int {
        var count = 0
        if header.isMasked != (sender == .client) { count &+= 1 }
        if header.firstByte & 0x70 & ~usedBits != 0 || header.rsv1 && opcode.isControl { count &+= 1 }
        if opcode.isReserved { count &+= 1 }
        if !header.hasMinimalLength || header.payloadLength > UInt64(Int64.max) { count &+= 1 }
        if opcode.isControl, !header.fin || header.payloadLength > 125 { count &+= 1 }
        return count
    }

    /// Whether the bytes in place of a header can hardly be one.
    ///
    /// Endpoints break rules one at a time, and mostly the same one. Bytes of another protocol break several at once.
    mutating func isImplausible(_ header: FrameHeader) -> Bool {
        let broken = brokenRuleCount(header, header.opcode)
        guard broken > 1 else { return false }
        if broken > 2 || header.opcode == .close || ForeignProtocol(header) != nil { return true }
        guard header.opcode.isReserved else { return false }
        return doubtful.countsTooMany(withFrame: frameCount)
    }

    /// Gives up the stream at bytes that are not a header.
    mutating func stop(at header: FrameHeader, _ resources: inout StreamResources) -> Output? {
        frame.header = header
        frame.streamOffset = streamOffset &- UInt64(header.byteCount)
        frame.index = frameCount
        return giveUp(&resources)
    }

    /// Gives up the stream at the current frame, if that is a Close frame that can hardly be one: its header breaks a
    /// rule, its code may not be sent, and its reason is not text.
    mutating func stopAtClose(_ resources: inout StreamResources) -> Output? {
        guard frame.missing == 0, !kept.isCut, brokenRuleCount(frame.header, .close) > 0 else { return nil }
        let body = CloseBody(kept.bytes.span)
        guard let code = body.code, !code.mayBeSent, body.reason == nil else { return nil }
        frameCount &-= 1
        return giveUp(&resources)
    }

    private mutating func giveUp(_ resources: inout StreamResources) -> Output? {
        lose(resources: &resources)
        violations = PendingViolations()
        violations.insert(.implausible)
        hasPending = true
        return nextPending(&resources)
    }

    /// Checks the body of a Close frame (RFC 6455 5.5.1, 7.4); every later frame breaks a rule.
    mutating func endClose() {
        hasSentClose = true
        guard frame.missing == 0, frame.header.firstByte & undecodedBits == 0 else { return }
        if frame.header.payloadLength == 1 { violations.insert(.closePayloadOneByte) }
        let body = CloseBody(kept.bytes.span)
        if let code = body.code, !code.mayBeSent {
            violations.insert(Self.fault(of: code, in: kept.bytes.span))
        }
        // A body cut at a limit may end inside a scalar.
        if body.reason == nil, !kept.isCut { violations.insert(.closeReasonNotUTF8) }
    }

    /// The fault of a code that may not be sent.
    private static func fault(of code: CloseCode, in body: Span<UInt8>) -> Violation {
        if CloseCode(rawValue: code.rawValue.byteSwapped).mayBeSent { return .closeCodeByteOrder }
        var number: UInt16 = 0
        for index in 0..<min(4, body.count) {
            guard (0x30...0x39).contains(body[index]) else { return .closeCodeNotAllowed }
            number = number &* 10 &+ UInt16(body[index] &- 0x30)
        }
        return CloseCode(rawValue: number).mayBeSent ? .closeCodeDigits : .closeCodeNotAllowed
    }
}
