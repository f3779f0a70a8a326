import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// How connections end.
extension Shard {
    /// The connections on which WebSocket was seen: number and slot.
    var numberedConnections: [(number: UInt64, slot: Slot<TCPConnection>)] {
        table.connections.slots.compactMap { slot in
            guard table.connections.isUsed(slot) else { return nil }
            switch readers[slot.index] {
            case .session(let session): return (sessions[session].number, slot)
            case .watch(let watch), .left(let watch): return watches[watch].number.map { ($0, slot) }
            case .none, .nobody: return nil
            }
        }
    }

    /// Hands on everything that waits, since the capture is over; upgrades that were not answered are told.
    mutating func flush(state: inout AnalysisState, sink: inout some EventSink & ~Copyable) {
        for slot in table.connections.slots where table.connections.isUsed(slot) {
            flush(slot, &state, &sink)
            if case .watch(let watch) = readers[slot.index] { finishMidstream(watch, slot, &state, &sink) }
            if case .watch(let watch) = readers[slot.index] { tellUnanswered(watch, slot, &state, &sink) }
        }
    }

    /// Tells a session which ends of its connection are over, since a FIN, a RST or an answer to one has come.
    mutating func noteEnds(_ slot: Slot<TCPConnection>, _ session: Slot<Session>, _ state: borrowing AnalysisState) {
        let client = sessions[session].clientDirection
        let isReset = table.connections[slot].reset != nil
        let hasClientFinished = table.connections[slot].isWhole(client)
        let hasServerFinished = table.connections[slot].isWhole(client.opposite)
        sessions[session].noteEnds(
            isReset: isReset, hasClientFinished: hasClientFinished, hasServerFinished: hasServerFinished,
            at: state.elapsed(state.time))
    }

    /// Counts the connections without WebSocket that are still open.
    mutating func countOthers(state: inout AnalysisState) {
        for slot in table.connections.slots where table.connections.isUsed(slot) { countOther(slot, &state) }
    }

    /// Ends what is known of a connection and forgets it.
    mutating func forget(
        _ slot: Slot<TCPConnection>, cause: EndCause, state: inout AnalysisState, sink: inout some EventSink & ~Copyable
    ) {
        if cause == .captureEnd { countDisplaced(slot, &state) }
        if cause == .captureEnd, case .session(let session) = readers[slot.index] {
            let finding = Finding(
                rule: "limit.connections", severity: .warning, reference: "wstap limits",
                text: "Too many connections are open; the one that was silent longest is not followed any more.",
                from: nil, streamOffset: nil)
            let context = state.context(connection: sessions[session].number, view: view(slot, session))
            state.report(finding, at: context, into: &sink)
        }
        end(slot, cause: cause, state: &state, sink: &sink)
        table.remove(slot)
    }

    /// Counts a connection without a session that is forgotten before it is over.
    private mutating func countDisplaced(_ slot: Slot<TCPConnection>, _ state: inout AnalysisState) {
        guard !table.connections[slot].isClosed else { return }
        switch readers[slot.index] {
        case .none: state.summary.others.displaced &+= 1
        case .watch(let watch) where !watches[watch].isSearchCut && !watches[watch].isSearchedInVain:
            state.summary.others.displaced &+= 1
        case .watch, .left, .session, .nobody: break
        }
    }

    /// Ends the session of a connection, or what there is in its place.
    mutating func end(
        _ slot: Slot<TCPConnection>, cause: EndCause, state: inout AnalysisState, sink: inout some EventSink & ~Copyable
    ) {
        flush(slot, &state, &sink)
        if case .watch(let watch) = readers[slot.index] { finishMidstream(watch, slot, &state, &sink) }
        switch readers[slot.index] {
        case .session(let session):
            table.connections[slot].endStalls()
            for direction in Direction.allCases { tellDoubts(slot, direction, &state, &sink) }
            state.view = view(slot, session)
            if followsDeliveries { settle(slot, session, &state, &sink) }
            let tcp = TCPOutcome(table.connections[slot], client: sessions[session].clientDirection)
            sessions[session].end(
                tcp, cause: cause, state: &state, resources: &resources, sink: &sink)
            sessions.remove(session)
            state.view = .unknown
        case .watch(let watch), .left(let watch):
            tellUnanswered(watch, slot, &state, &sink)
            endWithoutSession(watch, slot, cause, &state, &sink)
            countOther(slot, &state)
            watches[watch].release(&resources)
            watches.remove(watch)
        case .none: countOther(slot, &state)
        case .nobody: break
        }
        readers[slot.index] = .nobody
        table.connections[slot].removeHeld(budget: &table.budget)
    }

    private mutating func flush(
        _ slot: Slot<TCPConnection>, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        table.connections[slot].flush()
        state.hasHole = true
        if tracksStates, case .session(let session) = readers[slot.index] { state.view = view(slot, session) }
        drain(slot, &state, &sink)
    }

    private mutating func tellUnanswered(
        _ watch: Slot<UpgradeWatch>, _ slot: Slot<TCPConnection>, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let request = watches[watch].follower.pendingRequest, let asked = watches[watch].request else { return }
        watches[watch].request = nil
        let context = announce(watch, slot, &state, &sink)
        let handshake = Handshake(request, nil, asked: asked, answered: (state.packet, state.time))
        sink.receive(.handshake(handshake), at: context, payload: Span())
    }

    /// Tells the end of a connection on which upgrades were asked for, and none accepted.
    private mutating func endWithoutSession(
        _ watch: Slot<UpgradeWatch>, _ slot: Slot<TCPConnection>, _ cause: EndCause, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard let number = watches[watch].number else { return }
        let client = watches[watch].clientDirection
        let elapsed = watches[watch].requestElapsed ?? state.elapsed(state.time)
        var clientStates = ReadyStates(connectingAt: elapsed)
        if cause == .closed { clientStates.advance(to: .closed, at: state.elapsed(state.time)) }
        let outcome = SessionOutcome(
            client: EndOutcome(), server: EndOutcome(), firstCloser: nil,
            clientDirection: client, lastFrameTime: nil, unansweredPings: 0, wasOpened: false)
        let tcp = TCPOutcome(table.connections[slot], client: client)
        let end = SessionEnd(
            verdict: outcome.verdict(tcp, cause: cause, now: state.time),
            clientReadyStates: clientStates.changes, serverReadyStates: [],
            duration: tcp.duration,
            fromClient: SessionEnd.Traffic(), fromServer: SessionEnd.Traffic(), pingRoundTrip: nil,
            tcp: tcp.health, compression: nil)
        sink.receive(
            .end(end), at: state.context(connection: number, view: opening(slot, client)), payload: Span())
        state.release(number)
    }

    private mutating func countOther(_ slot: Slot<TCPConnection>, _ state: inout AnalysisState) {
        switch readers[slot.index] {
        case .none:
            if table.connections[slot].isOpeningKnown {
                state.summary.others.silent &+= 1
            } else {
                state.summary.others.midstream &+= 1
            }
        case .watch(let watch):
            if watches[watch].follower.isSearching, !watches[watch].follower.traffic.contains(.exchanges) {
                state.summary.others.midstream &+= 1
            } else {
                count(watches[watch].follower.traffic, &state)
            }
        case .left, .session, .nobody: break
        }
    }
}
