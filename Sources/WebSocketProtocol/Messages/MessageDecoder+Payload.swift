import BasicContainers
import WireFormat

/// How the payload of a message is unmasked, inflated, checked and kept.
extension MessageDecoder {
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
            let before = input.count
            let status = compression.inflate(&input, into: &room)
            inflatedFrom &+= UInt32(clamping: min(before &- input.count, Int(~inflatedFrom)))
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

    private mutating func inflateLast(_ room: inout UniqueArray<UInt8>, _ payloads: inout PayloadStore) {
        room.removeAll(keepingCapacity: true)
        compression.takeLast(into: &room)
        take(room.span, &payloads)
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
    mutating func finishInflating(
        _ resources: inout StreamResources, _ violations: inout PendingViolations
    ) {
        // Read before anything is appended, in case the data ends inside a block.
        let exceedsWindow = compression.exceedsWindow
        if !compression.isAtStreamEnd {
            let tail: InlineArray<4, UInt8> = [0x00, 0x00, 0xff, 0xff]
            inflate(tail.span, &resources.inflated, &resources.payloads, &violations)
        }
        guard withheld == nil else { return }
        if limits.isBomb(inflated: decodedLength, from: current.wireLength, slack: 0) {
            giveUp(.inflateBomb, .bomb, &resources.payloads, &violations)
            return
        }
        if !compression.isAtBlockEnd {
            // If part of the window is unknown, only data that ends at a block's end is proof.
            if compression.isRegaining {
                giveUp(nil, .contextLost, &resources.payloads, &violations)
                return
            }
            inflateLast(&resources.inflated, &resources.payloads)
            violations.insert(.deflateUnfinished)
        }
        if exceedsWindow { violations.insert(.windowExceeded) }
    }

    /// Whether the message so far is a bomb.
    ///
    /// This is judged by the bytes that came, since bytes that a frame claims may never come.
    ///
    /// The next bytes may lower the ratio, so before the end the message may exceed it by the threshold, and by as much
    /// as a few more bytes may inflate to.
    private var isBomb: Bool {
        limits.isBomb(inflated: decodedLength, from: UInt64(inflatedFrom) &+ 64, slack: limits.ratioThreshold)
    }
}
