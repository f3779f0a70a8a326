import HTTPUpgrade
import WebSocketProtocol
import WireFormat

/// Bytes in place of the first frame of a stream.
extension Session {
    /// Examines the next bytes of a stream that is at its beginning: text is skipped, another protocol is given up as a
    /// whole, and bytes that may become either are kept.
    ///
    /// - Returns: Whether anything was taken.
    @inline(never)
    mutating func passBeginning(
        _ input: inout ByteCursor, from source: Provenance, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        guard !input.isEmpty else { return false }
        let framesOfPeer = frameCount(of: source.role.peer)
        if mayBeginWithRequest(source.role) {
            // Where the request is missing, Pongs may be too.
            streams[source.role.peer.index].pings.hidePongs(before: source.origin.time)
            recount(&workspace)
        }
        guard
            let (beginning, kept) = streams[source.index].decoder.begin(
                with: input.rest, source.origin, isChunked: isChunked(source.role), framesOfPeer: framesOfPeer,
                mayBeRequest: mayBeginWithRequest(source.role), keepable: &workspace.resources.keepable)
        else {
            _ = input.skip(input.count)
            return true
        }
        if let kept {
            _ = input.skip(input.count)
            takeOver(kept, beginning, from: source.role, context, &workspace, &sink)
            return true
        }
        switch beginning {
        case .frames: return false
        case .text(let count):
            passText(
                input.rest.extracting(first: count), from: source, framesOfPeer: framesOfPeer, context,
                &workspace, &sink)
            _ = input.skip(count)
        case .request(let count):
            passRequest(input.rest.extracting(first: count), from: source.role, &workspace, &sink)
            _ = input.skip(count)
        case .foreign(let name):
            stopBeginning(name, input.rest, from: source, context, &workspace, &sink)
        }
        return true
    }

    /// Decides from the bytes so far what a stream begins with, since no more will come or bytes are missing.
    mutating func endBeginning(
        of role: Role, _ context: EventContext, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard
            let (beginning, kept) = streams[role.index].decoder.endBeginning(
                isChunked: isChunked(role), keepable: &workspace.resources.keepable)
        else { return }
        takeOver(kept, beginning, from: role, context, &workspace, &sink)
    }

    /// Whether the response to the upgrade has a field that frames a body.
    private func isChunked(_ role: Role) -> Bool {
        role == .server && streams[role.index].brokenRule?.rule == Rule(.bodyIn101)
    }

    /// Whether an end may begin with the request to the upgrade: the response has begun the session without it.
    func mayBeginWithRequest(_ role: Role) -> Bool {
        role == .client && accepted != nil && identity.url == nil
    }

    /// Passes over the request, which was captured too late to be read: the session goes on without its URL.
    private mutating func passRequest(
        _ head: Span<UInt8>, from role: Role, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        offerText(head, at: streams[role.index].nextOffset, from: role, &workspace, &sink)
        streams[role.index].pass(head.count, &workspace.resources)
    }

    /// Ends the trial of a stream that begins with the request to the upgrade, which is no frame and speaks against
    /// none; its frames are looked at behind it.
    mutating func releasesRequest(_ bytes: Span<UInt8>, from role: Role, _ workspace: inout Workspace) -> Bool {
        guard mayBeginWithRequest(role), bytes.beginsHTTP, let search = streams[role.index].search, search.isAnchored,
            search.kept.count == 0
        else { return false }
        _ = streams[role.index].takeTrial(&workspace.resources)
        return true
    }

    /// Takes over the kept bytes, now that it is clear what they are.
    private mutating func takeOver(
        _ kept: StreamStart, _ beginning: StreamBeginning, from role: Role, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let first = kept.pieces.first?.origin else { return }
        var passed = 0
        switch beginning {
        case .frames: break
        case .text(let count):
            passText(
                kept.bytes.span.extracting(first: count), from: Provenance(role: role, origin: first),
                framesOfPeer: kept.framesOfPeer, context, &workspace, &sink)
            passed = count
        case .request(let count):
            passRequest(kept.bytes.span.extracting(first: count), from: role, &workspace, &sink)
            passed = count
        case .foreign(let name):
            let source = Provenance(role: role, origin: first)
            stopBeginning(name, kept.bytes.span, from: source, context, &workspace, &sink)
        }
        decode(kept, after: passed, from: role, context, &workspace, &sink)
    }

    /// Decodes kept bytes, piece by piece as they came.
    private mutating func decode(
        _ kept: StreamStart, after passed: Int, from role: Role, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var context = context
        var start = 0
        for piece in kept.pieces {
            let end = start &+ piece.count
            if end > passed {
                decode(
                    kept.bytes.span.extracting(max(start, passed)..<end),
                    from: Provenance(role: role, origin: piece.origin), &context, &workspace, &sink)
            }
            start = end
        }
    }

    /// Gives up a stream that is another protocol, and also the other stream if that must be the same protocol.
    private mutating func stopBeginning(
        _ name: ForeignProtocol?, _ bytes: Span<UInt8>, from source: Provenance, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let role = source.role
        let offset = streams[role.index].nextOffset
        if name == .text || name == .json { offerText(bytes, at: offset, from: role, &workspace, &sink) }
        streams[role.index].stop(&workspace.resources)
        if name?.isOfBothEnds == true, streams[role.peer.index].decoder.isAtBeginning {
            let kept = streams[role.peer.index].decoder.takeStart(&workspace.resources.keepable)
            streams[role.peer.index].stop(&workspace.resources)
            if let kept { decode(kept, after: 0, from: role.peer, context, &workspace, &sink) }
        }
        reportStop(name, from: source, at: offset, frame: 0, context, &workspace, &sink)
    }

    /// Skips text before the first frame of a stream.
    mutating func passText(
        _ text: Span<UInt8>, from source: Provenance, framesOfPeer: UInt64, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let offset = streams[source.index].nextOffset
        offerText(text, at: offset, from: source.role, &workspace, &sink)
        streams[source.index].pass(text.count, &workspace.resources)
        recordText(from: source, framesOfPeer: framesOfPeer)
        guard reportsFirst(.text, of: source.role) else { return }
        let rule = Rule(source.role == .client ? .textAfterHead : .textAfterAnswer)
        workspace.report(Finding(rule, from: source.role, at: offset, origin: source.origin), at: context, into: &sink)
    }

    /// Passes on text that is in place of frames, if the demand includes it (``EventDemand/includesUnframedBytes``).
    private func offerText(
        _ text: Span<UInt8>, at offset: UInt64, from role: Role, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard workspace.options.demand.includesUnframedBytes, !isCarried else { return }
        sink.receiveUnframed(text, .textForFrames(offset: offset, from: role, session: id))
    }

    /// Records for the verdict that text is where a frame should be: a reason to fail the connection.
    private mutating func recordText(from source: Provenance, framesOfPeer: UInt64) {
        let isBeforeClose = streams[source.role.peer.index].closeOrigin.map { $0.packet > source.origin.packet } ?? true
        guard streams[source.index].brokenRule == nil, isBeforeClose else { return }
        streams[source.index].record(
            BrokenRule(
                rule: Rule(source.role == .client ? .textAfterHead : .textAfterAnswer), isOfUpgrade: true,
                origin: source.origin, carriedEnd: isCarried ? nil : carriedEnd(of: source.role),
                framesOfPeer: framesOfPeer))
    }
}
