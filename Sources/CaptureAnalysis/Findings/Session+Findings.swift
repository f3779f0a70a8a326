import WebSocketProtocol
import WireFormat

/// Findings that need both streams of a session.
extension Session {
    /// How long a Ping may wait before it is reported as unanswered, in nanoseconds.
    private static let pingPatience: Int64 = 1_000_000_000
    /// How long a server may keep TCP open after both Close frames, in nanoseconds.
    private static let serverPatience: Int64 = 2_000_000_000

    /// Reports a Pong that answers no Ping (RFC 6455 5.5.3), unless its Ping may be unseen.
    mutating func judge(
        _ pong: FrameEvent, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let peer = pong.from.peer.index
        guard pong.frame.missing == 0, !streams[peer].isIncomplete, !workspace.hasHole,
            !streams[peer].pings.hasForgotten
        else {
            streams[pong.from.index].mayAnswerUnseen = true
            // RFC 6455 5.5.3: if it answers an unseen Ping, it also answers the Pings before that.
            if streams[peer].isIncomplete {
                streams[peer].pings.hidePongs(before: pong.origin.time)
                recount(&workspace)
            }
            streams[peer].pings.keepEarly(
                streams[pong.from.index].payloadFingerprint, pong.origin,
                received: workspace.received(in: pong.origin.packet))
            return
        }
        if mayAnswerUndecoded(pong, &workspace) {
            streams[peer].pings.keepEarly(
                streams[pong.from.index].payloadFingerprint, pong.origin,
                received: workspace.received(in: pong.origin.packet))
            recount(&workspace)
            return
        }
        let finding = Finding(
            Rule(.pongUnsolicited), from: pong.from, at: pong.frame.streamOffset, frame: pong.frame.index)
        workspace.report(finding, at: context, into: &sink)
    }

    /// Whether a Pong's sender had received more than is decoded of the other end, so that its Ping may be there.
    ///
    /// In a layer this is unknown for bytes that waited.
    private mutating func mayAnswerUndecoded(_ pong: FrameEvent, _ workspace: inout Workspace) -> Bool {
        guard let received = workspace.received(in: pong.origin.packet) else {
            return isCarried && pong.origin.packet < workspace.packet
        }
        return received > carriedEnd(of: pong.from.peer)
    }

    /// Reports Pings and Close frames that were not answered, if the stream that should have held the answer was seen
    /// completely.
    mutating func reportUnanswered(
        _ tcp: TransportEnd, _ failure: SessionEnd.Failure?, _ context: EventContext,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        for role in Role.allCases where !streams[role.index].isIncomplete {
            let asker = role.peer
            let offset = streams[role.index].nextOffset
            let late = overduePings(of: asker, tcp, context.time)
            if late.count > 0, !streams[role.index].mayAnswerUnseen {
                workspace.report(Finding(unanswered: late, from: role, at: offset), at: context, into: &sink)
            }
            // RFC 6455 7.1.7: an end that failed the connection reads no answer, and need not send one.
            let isOver = tcp.cause == .closed || tcp.isWhole[role.direction(client: clientDirection).index]
            guard failure == nil, isOver, streams[role.index].closeOrigin == nil, !streams[role.index].isStopped,
                let close = streams[asker.index].closeOrigin,
                (tcp.firstEndTime ?? close.time).nanoseconds(since: close.time) >= 0,
                !hasCutOff(tcp, role, after: close)
            else { continue }
            workspace.report(Finding(Rule(.closeNotAnswered), from: role, at: offset), at: context, into: &sink)
        }
    }

    /// Whether an end's RST followed its Close frame, or the FIN after that, too soon for the other end to answer.
    private func hasCutOff(_ tcp: TransportEnd, _ peer: Role, after close: Origin) -> Bool {
        guard let end = tcp.firstEnd, role(of: end.from) == peer.peer,
            let reset = tcp.reset, reset.from == end.from, !tcp.isWhole[end.from.opposite.index]
        else { return false }
        // A RST after a FIN came no later than the last packet.
        let time = end.isReset ? tcp.firstEndTime ?? tcp.lastTime : tcp.lastTime
        return time.nanoseconds(since: close.time) < 1_000_000_000
    }

    /// Reports that frames would be whole if their lengths were read in another form.
    mutating func report(
        _ form: LengthForm, of length: Int, from role: Role, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let offset = streams[role.index].nextOffset &- UInt64(length)
        let finding =
            form == .reversed
            ? Finding(Rule(.lengthByteOrder), "\(length)", from: role, at: offset)
            : Finding(Rule(.lengthForm), "\(length)", form.condition, from: role, at: offset)
        workspace.report(finding, at: context, into: &sink)
    }

    /// Reports an end that closed TCP without a close_notify while the WebSocket session was open.
    mutating func reportTruncated(
        _ tcp: TransportEnd, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard isInsideTLS, let alerts = carriers?.alerts, alerts.fatal == nil, firstCloser == nil,
            let end = tcp.firstEnd, !end.isReset, tcp.isWhole[end.from.index]
        else { return }
        let role = Role(end.from, client: clientDirection)
        guard !alerts.hasClosed[role.index], !streams[role.index].isIncomplete else { return }
        let offset = streams[role.index].nextOffset
        workspace.report(Finding(Rule(.tlsTruncated), from: role, at: offset), at: context, into: &sink)
    }

    /// The Pings of an end that waited too long for their Pong.
    ///
    /// RFC 6455 5.5.2: an end that has received a Close frame need not answer Pings. An end in the middle of a frame
    /// cannot answer, nor can a server that has not yet accepted the upgrade.
    mutating func overduePings(
        of asker: Role, _ tcp: TransportEnd, _ now: Timestamp
    ) -> OverduePings {
        guard !streams[asker.index].pings.isEmpty else { return OverduePings() }
        var end = min(now, tcp.firstEndTime ?? now)
        for index in 0..<2 { if let close = streams[index].closeOrigin { end = min(end, close.time) } }
        if let open = streams[asker.peer.index].openFrameOrigin { end = min(end, open.time) }
        return streams[asker.index].pings.overdue(
            at: end, since: accepted?.origin.time, patience: Self.pingPatience,
            hidesAll: streams[asker.peer.index].decoder.isLost)
    }

    /// Reports a server that keeps TCP open after both Close frames (RFC 6455 7.1.1).
    mutating func reportLeftOpen(
        _ tcp: TransportEnd, _ context: EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard let client = streams[0].closeOrigin?.time, let server = streams[1].closeOrigin?.time else { return }
        let open = (tcp.firstEndTime ?? tcp.lastTime).nanoseconds(since: max(client, server))
        guard open >= Self.serverPatience else { return }
        let finding = Finding(Rule(.leftOpen), Finding.milliseconds(open), from: .server)
        workspace.report(finding, at: context, into: &sink)
    }

    /// The compression of both directions; nil if none was negotiated or seen.
    var compression: (client: SessionEnd.Compression, server: SessionEnd.Compression)? {
        mutating get {
            let ends = (client: streams[0].compression, server: streams[1].compression)
            let isUsed = ends.client.isUsed || ends.server.isUsed
            return isUsed ? ends : nil
        }
    }
}

extension Finding {
    /// The finding on Pings that `role` has not answered, with the packet of the first, unless that was forgotten.
    fileprivate init(unanswered pings: OverduePings, from role: Role, at offset: UInt64) {
        switch pings.firstPacket {
        case let packet? where pings.count == 1: self.init(Rule(.pingUnanswered), "\(packet)", from: role, at: offset)
        case let packet?: self.init(Rule(.pingsUnanswered), "\(pings.count)", "\(packet)", from: role, at: offset)
        case nil: self.init(Rule(.pingsUnansweredAndForgotten), "\(pings.count)", from: role, at: offset)
        }
    }
}

extension SessionStream {
    /// Completes the counts of compression, before the decoder gives up the current message.
    mutating func endCompression() {
        compression.uncompressedMessages = traffic.messages &- min(traffic.messages, compression.compressedMessages)
        (compression.contextsLost, compression.contextsRegained) = decoder.contexts
    }
}
