import WebSocketProtocol
import WireFormat

/// How a session continues after bytes that the capture lacks.
extension Session {
    mutating func skip(
        _ missing: MissingBytes, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        let role = Role(missing.place.direction, client: clientDirection)
        carriers?.add(missing.place, of: role, keepsOlder: followsDeliveries)
        skip(missing.length, from: Provenance(role: role, origin: missing.place.origin), &workspace, &sink)
        return Intake()
    }

    /// Continues after bytes that the capture lacks; `length` is nil if unknown.
    ///
    /// A frame that ends among them gets the packet of `source` as its last.
    private mutating func skip(
        _ length: UInt64?, from source: Provenance, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var context = workspace.context(id)
        endBeginning(of: source.role, context, &workspace, &sink)
        finishSearch(of: source.role, hasFin: false, &context, &workspace, &sink)
        reportGap(of: length, from: source.role, context, &workspace, &sink)
        guard !streams[source.index].isStopped else {
            _ = streams[source.index].decoder.skip(length ?? 0, resources: &workspace.resources)
            return
        }
        let search = streams[source.index].search
        guard let length else {
            recordUndecoded(search, from: source.role)
            streams[source.index].lose(
                sender: source.role, gapPacket: context.packet, &workspace.resources)
            return decode(Span(), from: source, &context, &workspace, &sink)
        }
        let gapPacket = context.packet
        if !bridge(length, of: source.role, gapPacket: gapPacket, context, &workspace, &sink),
            !streams[source.index].searchReaches(
                over: length, source.origin, gapPacket: gapPacket, &workspace.resources)
        {
            recordUndecoded(search, from: source.role)
            streams[source.index].beginSearch(sender: source.role, &workspace.resources)
        }
        decode(Span(), from: source, &context, &workspace, &sink)
    }

    /// Records the bytes of an abandoned search: their meaning is unknown, but they break a silence.
    ///
    /// - Parameters:
    ///   - search: The search; nil if there is none.
    ///   - role: Who sends the stream.
    ///   - end: Where the bytes that are not given up begin; nil if all are given up.
    private mutating func recordUndecoded(_ search: FrameSearch?, from role: Role, before end: UInt64? = nil) {
        guard let search, !search.isAnchored else { return }
        for piece in 0..<search.kept.pieceCount where search.kept.missing(inPiece: piece) == 0 {
            if let end, !search.kept.bytes(ofPiece: piece, from: end).isEmpty { return }
            // A Close frame would not count.
            guard !search.kept.bytes(ofPiece: piece).mayBeClose else { continue }
            recordBytes(from: Provenance(role: role, origin: search.kept.origin(ofPiece: piece)))
        }
    }

    /// Reports that streams, usually both, lack a beginning of unknown length, and searches them.
    mutating func beginMidstream(
        _ context: EventContext, _ roles: [Role], _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        for role in roles {
            reportGap(of: nil, from: role, context, &workspace, &sink)
            streams[role.index].lose(sender: role, gapPacket: context.packet, &workspace.resources)
        }
    }

    /// Counts and reports a gap at the next byte of a stream; `length` is nil if unknown.
    private mutating func reportGap(
        of length: UInt64?, from role: Role, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        workspace.summary.gaps &+= 1
        streams[role.index].isIncomplete = true
        let gap = Gap(from: role, streamOffset: streams[role.index].nextOffset, length: length)
        sink.receive(.gap(gap), at: context, payload: Span())
    }

    /// Records that the capture has no byte of a stream, or that none can be decrypted: what the end sent is unknown.
    mutating func recordUnseen(_ direction: Direction, isEncrypted: Bool, _ workspace: inout Workspace) {
        let role = Role(direction, client: clientDirection)
        if isEncrypted { carriers?.alerts.undecrypted = role }
        streams[role.index].hide(&workspace.resources)
    }

    /// Decodes the bytes of both streams that a search kept.
    mutating func replay(
        _ search: MidstreamSearch, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let receipt = workspace.receipt
        defer { workspace.receipt = receipt }
        for piece in search.replay() {
            workspace.recordReceipt(piece.received, in: piece.origin.packet)
            let role = Role(piece.direction, client: clientDirection)
            let source = Provenance(role: role, origin: piece.origin)
            if piece.missing > 0 {
                skip(piece.missing, from: source, &workspace, &sink)
            } else {
                take(piece.bytes.span, from: source, &workspace, &sink)
            }
        }
    }

    /// Searches the next bytes of a stream whose frame boundaries are unknown.
    mutating func search(
        _ bytes: Span<UInt8>, from source: Provenance,
        _ context: inout EventContext, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[source.index].search else { return }
        if search.isAnchored {
            return tryOut(bytes, from: source, &context, &workspace, &sink)
        }
        guard workspace.resources.searchable > bytes.count else {
            // No room: the kept bytes are given up, and the search starts anew after these bytes.
            recordUndecoded(search, from: source.role)
            recordBytes(from: source)
            streams[source.index].abandonSearch(&workspace.resources)
            streams[source.index].skipped &+= UInt64(bytes.count)
            decode(bytes, from: source, &context, &workspace, &sink)
            streams[source.index].beginSearch(sender: source.role, &workspace.resources)
            return
        }
        let place = streams[source.index].search(
            in: bytes, source.origin, received: workspace.received(in: source.origin.packet), &workspace.resources)
        // The decoder keeps counting, so that the next gap has its offset.
        decode(bytes, from: source, &context, &workspace, &sink)
        guard let place else { return }
        resume(source.role, at: place.offset, acknowledged: source.acknowledged, &context, &workspace, &sink)
    }

    /// Resumes decoding at a place found in the searched bytes.
    private mutating func resume(
        _ role: Role, at offset: UInt64, acknowledged: UInt64, _ context: inout EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[role.index].takeSearch(&workspace.resources) else { return }
        let given = streams[role.index].skipped &+ search.searched &- UInt64(search.kept.count(from: offset))
        let resync = Resync(
            from: role, streamOffset: offset, gapPacket: streams[role.index].gapPacket, confidence: .inferred,
            skipped: given)
        sink.receive(.resync(resync), at: context, payload: Span())
        streams[role.index].resume(inferredAt: offset)
        believe(&context, &workspace, &sink)
        recordUndecoded(search, from: role, before: offset)
        var hasResumed = false
        let receipt = workspace.receipt
        defer { workspace.receipt = receipt }
        for piece in 0..<search.kept.pieceCount {
            let origin = search.kept.origin(ofPiece: piece)
            let missing = search.kept.missing(inPiece: piece, from: offset)
            if missing > 0 { skipInChain(missing, from: role, gapPacket: origin.packet, context, &workspace, &sink) }
            let bytes = search.kept.bytes(ofPiece: piece, from: offset)
            guard missing > 0 || !bytes.isEmpty else { continue }
            if !hasResumed {
                streams[role.peer.index].pings.hidePongs(before: origin.time)
                recount(&workspace)
            }
            hasResumed = true
            let source = Provenance(role: role, origin: origin, acknowledged: acknowledged)
            workspace.recordReceipt(search.kept.received(ofPiece: piece), in: origin.packet)
            decode(bytes.span, from: source, &context, &workspace, &sink)
        }
    }

    /// Skips a gap that the found chain spans, and that was already reported.
    private mutating func skipInChain(
        _ length: UInt64, from role: Role, gapPacket: UInt64, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard !bridge(length, of: role, gapPacket: gapPacket, context, &workspace, &sink) else { return }
        // No chain leads here; if one did, the rest would be searched.
        if streams[role.index].search == nil { streams[role.index].beginSearch(sender: role, &workspace.resources) }
    }

    /// Skips missing bytes if a frame's length spans them, and reports that the place after them is proven.
    ///
    /// - Returns: Whether a frame spans them; if not, the stream is lost.
    private mutating func bridge(
        _ length: UInt64, of role: Role, gapPacket: UInt64, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        guard streams[role.index].decoder.skip(length, resources: &workspace.resources) else { return false }
        let resync = Resync(
            from: role, streamOffset: streams[role.index].nextOffset, gapPacket: gapPacket, confidence: .proven,
            skipped: 0)
        sink.receive(.resync(resync), at: context, payload: Span())
        return true
    }

    /// Searches once more before a search ends, since bytes are missing again, or none will come.
    private mutating func finishSearch(
        of role: Role, hasFin: Bool, _ context: inout EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[role.index].search else { return }
        if search.isAnchored { return interruptTrial(of: role, &context, &workspace, &sink) }
        var place = streams[role.index].finishSearch(hasFin: hasFin, &workspace.resources)
        if place == nil, hasFin, let last = search.lastClose(from: role), last.code == closeCode(of: role.peer) {
            place = last.place
        }
        if let place { resume(role, at: place.offset, acknowledged: 0, &context, &workspace, &sink) }
    }

    /// The code with which an end has closed, or seems to have closed after a gap of its own.
    private mutating func closeCode(of role: Role) -> CloseCode? {
        guard streams[role.index].close == nil else { return streams[role.index].close?.body?.code }
        return streams[role.index].search?.lastClose(from: role)?.code
    }

    /// Ends the search of a stream that is over, and reports the bytes given up.
    mutating func endSearch(
        of role: Role, hasFin: Bool, _ context: inout EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        finishSearch(of: role, hasFin: hasFin, &context, &workspace, &sink)
        guard let search = streams[role.index].search else { return }
        recordUndecoded(search, from: role)
        streams[role.index].abandonSearch(&workspace.resources)
        guard streams[role.index].skipped > 0 else { return }
        let finding = Finding(
            Rule(.placeLost), "\(streams[role.index].skipped)", from: role, at: streams[role.index].nextOffset
        )
        workspace.report(finding, at: context, into: &sink)
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes may be a Close frame and nothing else.
    fileprivate var mayBeClose: Bool {
        guard let header = FrameHeader(span), header.firstByte == 0x88, header.byteCount <= count else { return false }
        return header.payloadLength == UInt64(count &- header.byteCount)
    }
}
