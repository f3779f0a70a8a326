import WebSocketProtocol
import WireFormat

/// How a session goes on after bytes that the capture lacks.
extension Session {
    /// Bytes kept of a stream while the place where frames begin is searched.
    private static let searchLimit = 256 << 10

    mutating func skip(
        _ length: UInt64?, at place: StreamPlace, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Intake {
        let role = Role(place.direction, client: clientDirection)
        carriers?.add(place, of: role, keepsOlder: followsDeliveries)
        skip(length, from: Provenance(role: role, origin: place.origin), &workspace, &sink)
        return Intake()
    }

    /// Goes on after bytes that the capture lacks; `length` is nil if it is not known how many.
    ///
    /// A frame that ends among them has the packet `origin` for its last one.
    private mutating func skip(
        _ length: UInt64?, from source: Provenance, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var context = workspace.context(id)
        endBeginning(of: source.role, context, &workspace, &sink)
        finishSearch(of: source.role, hasFin: false, &context, &workspace, &sink)
        let offset = streams[source.index].decoder.streamOffset
        workspace.summary.gaps &+= 1
        streams[source.index].isIncomplete = true
        sink.receive(.gap(Gap(from: source.role, streamOffset: offset, length: length)), at: context, payload: Span())
        guard !streams[source.index].isStopped else {
            _ = streams[source.index].decoder.skip(length ?? 0, resources: &workspace.resources)
            return
        }
        guard let length else {
            lose(source.role, context, &workspace)
            return decode(Span(), from: source, &context, &workspace, &sink)
        }
        if streams[source.index].decoder.skip(length, resources: &workspace.resources) {
            let resync = Resync(
                from: source.role, streamOffset: offset &+ length, gapPacket: context.packet, confidence: .proven,
                skipped: 0)
            sink.receive(.resync(resync), at: context, payload: Span())
        } else if !reachesOver(length, of: source.role, source.origin, context, &workspace) {
            beginSearch(of: source.role, &workspace)
        }
        decode(Span(), from: source, &context, &workspace, &sink)
    }

    /// Whether the search of a stream goes on over bytes that are missing; what it kept is given up if it does not.
    private mutating func reachesOver(
        _ length: UInt64, of role: Role, _ origin: Origin, _ context: EventContext, _ workspace: inout Workspace
    ) -> Bool {
        guard let search = streams[role.index].search else {
            streams[role.index].gapPacket = context.packet
            streams[role.index].skipped = 0
            return false
        }
        let cost = search.cost
        guard search.skip(length, origin: origin) else {
            giveUp(search, of: role, &workspace)
            return false
        }
        workspace.resources.keepable &-= search.cost &- cost
        return true
    }

    /// Reports that both streams lack a beginning of unknown length, and searches them.
    mutating func beginMidstream(
        _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        for role in Role.allCases {
            let offset = streams[role.index].decoder.streamOffset
            workspace.summary.gaps &+= 1
            streams[role.index].isIncomplete = true
            sink.receive(.gap(Gap(from: role, streamOffset: offset, length: nil)), at: context, payload: Span())
            lose(role, context, &workspace)
        }
    }

    /// Records that no byte of a stream is in the capture: what the end said is not known.
    mutating func recordUnseen(_ direction: Direction, _ workspace: inout Workspace) {
        let role = Role(direction, client: clientDirection)
        streams[role.index].isIncomplete = true
        streams[role.index].decoder.lose(resources: &workspace.resources)
    }

    /// Searches a stream of which it is not known where it goes on.
    private mutating func lose(_ role: Role, _ context: EventContext, _ workspace: inout Workspace) {
        streams[role.index].decoder.lose(resources: &workspace.resources)
        if let search = streams[role.index].search {
            giveUp(search, of: role, &workspace)
        } else {
            streams[role.index].gapPacket = context.packet
            streams[role.index].skipped = 0
        }
        beginSearch(of: role, &workspace)
    }

    /// Decodes what a search has kept of both streams.
    mutating func replay(
        _ search: MidstreamSearch, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        for piece in search.replay() {
            let role = Role(piece.direction, client: clientDirection)
            let source = Provenance(role: role, origin: piece.origin)
            if piece.missing > 0 {
                skip(piece.missing, from: source, &workspace, &sink)
            } else {
                take(piece.bytes.span, from: source, &workspace, &sink)
            }
        }
    }

    /// Searches a stream from its next byte on.
    mutating func beginSearch(of role: Role, _ workspace: inout Workspace) {
        let search = FrameSearch(
            streamOffset: streams[role.index].decoder.streamOffset, sender: role,
            mayBeCompressed: streams[role.index].decoder.mayUseRSV1, needed: Evidence.needed,
            limit: Session.searchLimit)
        workspace.resources.keepable &-= search.cost
        streams[role.index].search = search
    }

    /// Looks for frames in the next bytes of a stream whose place is not known.
    mutating func search(
        _ bytes: Span<UInt8>, from source: Provenance,
        _ context: inout EventContext, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[source.index].search else { return }
        if search.isAnchored {
            return tryOut(bytes, from: source, &context, &workspace, &sink)
        }
        let cost = search.cost
        guard workspace.resources.searchable > bytes.count else {
            // No room: what is kept is given up, and the search begins anew after these bytes.
            workspace.resources.keepable &+= cost
            streams[source.index].skipped &+= search.searched &+ UInt64(bytes.count)
            decode(bytes, from: source, &context, &workspace, &sink)
            beginSearch(of: source.role, &workspace)
            return
        }
        let place = search.receive(bytes, origin: source.origin)
        workspace.resources.keepable &-= search.cost &- cost
        // The decoder counts on, so that the next gap has its place.
        decode(bytes, from: source, &context, &workspace, &sink)
        guard let place else { return }
        resume(source.role, at: place.offset, acknowledged: source.acknowledged, &context, &workspace, &sink)
    }

    /// Goes on at a place found in the bytes searched.
    private mutating func resume(
        _ role: Role, at offset: UInt64, acknowledged: UInt64, _ context: inout EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[role.index].search else { return }
        streams[role.index].search = nil
        workspace.resources.keepable &+= search.cost
        let given = streams[role.index].skipped &+ search.searched &- UInt64(search.kept.count(from: offset))
        let resync = Resync(
            from: role, streamOffset: offset, gapPacket: streams[role.index].gapPacket, confidence: .inferred,
            skipped: given)
        sink.receive(.resync(resync), at: context, payload: Span())
        streams[role.index].isInferred = true
        streams[role.index].decoder.resume(at: offset)
        believe(&context, &workspace, &sink)
        var hasResumed = false
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
            decode(bytes.span, from: source, &context, &workspace, &sink)
        }
    }

    /// Passes over a gap that the chain found has reached over, and that was reported when it was met.
    private mutating func skipInChain(
        _ length: UInt64, from role: Role, gapPacket: UInt64, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard streams[role.index].decoder.skip(length, resources: &workspace.resources) else {
            // No chain leads here; were there one, the rest would be searched.
            if streams[role.index].search == nil { beginSearch(of: role, &workspace) }
            return
        }
        let resync = Resync(
            from: role, streamOffset: streams[role.index].decoder.streamOffset, gapPacket: gapPacket,
            confidence: .proven, skipped: 0)
        sink.receive(.resync(resync), at: context, payload: Span())
    }

    /// Looks once more at the end of a search, since bytes are missing again, or none will come.
    private mutating func finishSearch(
        of role: Role, hasFin: Bool, _ context: inout EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[role.index].search else { return }
        if search.isAnchored { return interruptTrial(of: role, &context, &workspace, &sink) }
        let cost = search.cost
        let place = search.finish(hasFin: hasFin)
        workspace.resources.keepable &-= search.cost &- cost
        if let place { resume(role, at: place.offset, acknowledged: 0, &context, &workspace, &sink) }
    }

    /// Gives up what is kept of a search.
    private mutating func giveUp(_ search: FrameSearch, of role: Role, _ workspace: inout Workspace) {
        workspace.resources.keepable &+= search.cost
        streams[role.index].skipped &+= search.searched
    }

    /// Ends the search of a stream that is over, and reports what was given up.
    mutating func endSearch(
        of role: Role, hasFin: Bool, _ context: inout EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        finishSearch(of: role, hasFin: hasFin, &context, &workspace, &sink)
        guard let search = streams[role.index].search else { return }
        giveUp(search, of: role, &workspace)
        guard streams[role.index].skipped > 0 else { return }
        let finding = Finding(
            Rule(.placeLost), "\(streams[role.index].skipped)", from: role, at: streams[role.index].decoder.streamOffset
        )
        workspace.report(finding, at: context, into: &sink)
    }
}
