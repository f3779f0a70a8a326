import WebSocketProtocol
import WireFormat

/// How a session ends.
extension Session {
    /// Ends the session, and reports what it leaves unfinished and why it ended.
    mutating func end(
        _ tcp: TransportEnd, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        var context = workspace.context(id)
        endStreams(tcp, &context, &workspace, &sink)
        settleRest(tcp, context, &workspace, &sink)
        reportStalls(context, &workspace, &sink)
        if tcp.cause == .closed {
            let time = workspace.earlyEnd?.time ?? context.time
            states.advance(to: .closed, at: workspace.elapsed(time))
        }
        let late: InlineArray<2, OverduePings> = [
            overduePings(of: .client, tcp, context.time), overduePings(of: .server, tcp, context.time),
        ]
        var outcome = SessionOutcome(
            tcp: tcp, ends: [EndOutcome(&streams[0]), EndOutcome(&streams[1])], firstCloser: firstCloser,
            clientDirection: clientDirection, lastTimes: activity.last,
            timesBeforeFin: activity.lastTimes(beforeFin: tcp.firstEnd?.packet), burst: lastBurst(tcp),
            unansweredPings: late[0].count &+ late[1].count, uncertainPings: late[0].uncertain &+ late[1].uncertain,
            wasOpened: true)
        if let cut = tcp.cutByReset { outcome.ends[role(of: cut).index].mayHideClose = true }
        if isInsideTLS { outcome.alerts = carriers?.alerts }
        let verdict = outcome.verdict(now: context.time)
        reportUnanswered(tcp, verdict.failure, context, &workspace, &sink)
        if roundTrips?.hasHistogram ?? false { workspace.resources.roundTripHistograms &+= 1 }
        workspace.resources.sessionBytes &-= Int(countedBytes)
        reportLeftOpen(tcp, context, &workspace, &sink)
        reportTruncated(tcp, context, &workspace, &sink)
        let endTime = outcome.endTime(now: context.time)
        let sample = sample(verdict, tcp, endTime)
        workspace.record(verdict, sample, connection: context.connection)
        let compression = self.compression
        if let compression {
            workspace.summary.compressedSessions &+= 1
            workspace.summary.compression.add(compression.client)
            workspace.summary.compression.add(compression.server)
        }
        let end = SessionEnd(
            identity: identity, verdict: verdict,
            clientReadyStates: states.client.changes, serverReadyStates: states.server.changes,
            duration: tcp.duration, fromClient: streams[0].total,
            fromServer: streams[1].total, pingRoundTrip: roundTrips?.durations,
            tcp: tcp.health, compression: compression, sample: sample, origin: workspace.earlyEnd)
        states.show(in: &context.view)
        sink.receive(.end(end), at: context, payload: Span())
    }

    /// Decides what was still unclear in the streams, and reports what they leave unfinished.
    private mutating func endStreams(
        _ tcp: TransportEnd, _ context: inout EventContext, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let origin = workspace.earlyEnd ?? workspace.told
        for role in Role.allCases { endBeginning(of: role, context, &workspace, &sink) }
        endTrials(tcp, &context, &workspace, &sink)
        for role in Role.allCases {
            let direction = role.direction(client: clientDirection)
            endSearch(of: role, hasFin: tcp.isWhole[direction.index], &context, &workspace, &sink)
            streams[role.index].decoder.judgeUnfinished()
            let source = Provenance(role: role, origin: origin)
            decode(Span(), from: source, &context, &workspace, &sink)
            streams[role.index].endCompression()
            guard let message = streams[role.index].decoder.finish(resources: &workspace.resources) else { continue }
            handle(message, from: source, context, &workspace, &sink)
            streams[role.index].decoder.release(resources: &workspace.resources)
        }
    }
}
