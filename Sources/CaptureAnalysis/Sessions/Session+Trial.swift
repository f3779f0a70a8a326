import WebSocketProtocol
import WireFormat

/// The start of a session whose upgrade no valid Sec-WebSocket-Accept proves (RFC 6455 4.2.2): bytes after the upgrade
/// are held back until they prove to be frames.
extension Session {
    /// Bytes of a stream after which a trial is decided in any case.
    private static let trialLimit = 64 << 10

    /// Puts both streams on trial; `isExpected` if the response has an Accept that may be right, but the capture lacks
    /// the request that would show it.
    mutating func beginTrial(isExpected: Bool, _ workspace: inout Workspace) {
        for role in Role.allCases {
            streams[role.index].beginTrial(expecting: isExpected ? role : nil, &workspace.resources)
        }
    }

    /// Takes the next bytes of a stream on trial.
    mutating func tryOut(
        _ bytes: Span<UInt8>, from source: Provenance, _ context: inout EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[source.index].search else { return }
        let hasRoom = workspace.resources.searchable > bytes.count && search.kept.count < Self.trialLimit
        let place = streams[source.index].search(
            in: bytes, source.origin, received: workspace.received(in: source.origin.packet), &workspace.resources)
        if search.hasFailed || !hasRoom && place == nil && !search.isLikely {
            stopFraming(at: source.role, context, &workspace, &sink)
        } else if place != nil || !hasRoom {
            believe(&context, &workspace, &sink)
        }
    }

    /// Ends all trials: one stream has proved to be frames, so the other one is too.
    mutating func believe(
        _ context: inout EventContext, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let first = streams[Role.client.index].takeTrial(&workspace.resources) else {
            guard let second = streams[Role.server.index].takeTrial(&workspace.resources) else { return }
            for piece in 0..<second.kept.pieceCount {
                decode(piece, of: second, from: .server, &context, &workspace, &sink)
            }
            return
        }
        let second = streams[Role.server.index].takeTrial(&workspace.resources)
        var (next, nextOfSecond) = (0, 0)
        let count = second?.kept.pieceCount ?? 0
        while next < first.kept.pieceCount || nextOfSecond < count {
            if let second, nextOfSecond < count,
                next == first.kept.pieceCount
                    || second.kept.origin(ofPiece: nextOfSecond).packet < first.kept.origin(ofPiece: next).packet
            {
                decode(nextOfSecond, of: second, from: .server, &context, &workspace, &sink)
                nextOfSecond &+= 1
            } else {
                decode(next, of: first, from: .client, &context, &workspace, &sink)
                next &+= 1
            }
        }
    }

    /// Ends a trial before bytes that the capture lacks.
    mutating func interruptTrial(
        of role: Role, _ context: inout EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[role.index].search else { return }
        let place = streams[role.index].finishSearch(hasFin: false, &workspace.resources)
        if place != nil || search.isLikely || search.isAsExpected() {
            return believe(&context, &workspace, &sink)
        }
        if search.hasFailed { return stopFraming(at: role, context, &workspace, &sink) }
        // Undecided: the stream is searched after the gap like any other.
        release(role, context, &workspace, &sink)
    }

    /// Decides the trials of a session that is over.
    mutating func endTrials(
        _ tcp: TransportEnd, _ context: inout EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var unproven: Role?
        for role in Role.allCases {
            guard let search = streams[role.index].search, search.isAnchored else { continue }
            let hasFin = tcp.isWhole[role.direction(client: clientDirection).index]
            let place = streams[role.index].finishSearch(hasFin: hasFin, &workspace.resources)
            if place != nil || search.endsWell(hasFin: hasFin) { return believe(&context, &workspace, &sink) }
            if unproven == nil, search.kept.count > 0 { unproven = role }
        }
        if let unproven { return stopFraming(at: unproven, context, &workspace, &sink) }
        for role in Role.allCases { _ = streams[role.index].takeTrial(&workspace.resources) }
    }

    /// Reports what is in place of a frame, after the decoder has given up the stream.
    ///
    /// - Parameters:
    ///   - name: The protocol; nil if unknown.
    ///   - source: Where the bytes come from.
    ///   - offset: Their offset in the stream.
    ///   - frame: The number of the frame that should be there.
    ///   - context: The context of the report.
    ///   - workspace: What readers share.
    ///   - sink: The receiver of the finding.
    mutating func reportStop(
        _ name: ForeignProtocol?, from source: Provenance, at offset: UInt64, frame: UInt64, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let (role, origin) = (source.role, source.origin)
        record(.implausible, at: offset, from: source)
        streams[role.index].isStopped = true
        let finding =
            name.map {
                Finding(Rule(.otherProtocol), $0.rawValue, from: role, at: offset, frame: frame, origin: origin)
            }
            ?? Finding(Rule(Violation.implausible), from: role, at: offset, frame: frame, origin: origin)
        workspace.report(finding, at: context, into: &sink)
    }

    /// Ends all trials without a session: the bytes after the upgrade are not frames.
    private mutating func stopFraming(
        at role: Role, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[role.index].search, search.kept.pieceCount > 0 else { return }
        let offset = search.kept.start
        let finding =
            ForeignProtocol(search.kept.bytes(ofPiece: 0).span).map {
                Finding(Rule(.otherProtocol), $0.rawValue, from: role, at: offset)
            } ?? Finding(Rule(.notWebSocket), from: role, at: offset)
        workspace.report(finding, at: context, into: &sink)
        for role in Role.allCases where streams[role.index].search?.isAnchored == true {
            streams[role.index].isStopped = true
            release(role, context, &workspace, &sink)
        }
    }

    /// Gives up the position in a stream on trial, and lets the decoder count its bytes.
    private mutating func release(
        _ role: Role, _ context: EventContext, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let search = streams[role.index].takeTrial(&workspace.resources) else { return }
        streams[role.index].decoder.lose(resources: &workspace.resources)
        var context = context
        for piece in 0..<search.kept.pieceCount { decode(piece, of: search, from: role, &context, &workspace, &sink) }
    }

    private mutating func decode(
        _ piece: Int, of search: FrameSearch, from role: Role, _ context: inout EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let source = Provenance(role: role, origin: search.kept.origin(ofPiece: piece))
        let receipt = workspace.receipt
        defer { workspace.receipt = receipt }
        workspace.recordReceipt(search.kept.received(ofPiece: piece), in: source.origin.packet)
        decode(search.kept.bytes(ofPiece: piece).span, from: source, &context, &workspace, &sink)
    }
}
