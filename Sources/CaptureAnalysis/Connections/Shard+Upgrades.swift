import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// How connections become sessions, or turn out to be something else.
extension Shard {
    /// Tells of an upgrade and its answer.
    mutating func tell(
        _ answer: UpgradeAnswer, _ watch: Slot<UpgradeWatch>, _ place: ConnectionTable.Place, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var context = announce(watch, place.slot, &state, &sink)
        if answer.verdict == .accepted {
            context.view.clientReadyState = .open
            context.view.serverReadyState = .open
        }
        let asked = watches[watch].request ?? (state.packet, state.time, state.elapsed(state.time))
        let handshake = Handshake(answer.request, answer, asked: asked, answered: (state.packet, state.time))
        sink.receive(.handshake(handshake), at: context, payload: Span())
        watches[watch].request = nil
        if answer.verdict == .accepted { state.summary.webSocketConnections &+= 1 }
        for violation in answer.request.violations {
            state.report(Finding(violation, of: answer.request, from: .client), at: context, into: &sink)
        }
        for violation in answer.violations {
            state.report(Finding(violation, of: answer.request, from: .server), at: context, into: &sink)
        }
        for finding in Finding.undecoded(UndecodedExtensions(answer.extensions)) {
            state.report(finding, at: context, into: &sink)
        }
        if let draft = answer.request.draft {
            let finding = Finding(
                rule: "handshake.draft", severity: .warning, reference: "RFC 6455 4.1",
                text: "The upgrade is that of draft \(draft), whose frames are not decoded.", from: .client,
                streamOffset: nil)
            state.report(finding, at: context, into: &sink)
        }
    }

    /// Gives the connection its number and tells of it, unless that was done.
    mutating func announce(
        _ watch: Slot<UpgradeWatch>, _ slot: Slot<TCPConnection>, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) -> EventContext {
        announce(watch, slot, opening: .handshake, client: watches[watch].clientDirection, &state, &sink)
    }

    /// The same, where it is known who is client.
    mutating func announce(
        _ watch: Slot<UpgradeWatch>, _ slot: Slot<TCPConnection>, opening: ConnectionStart.Opening, client: Direction, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) -> EventContext {
        if let number = watches[watch].number {
            return state.context(connection: number, view: self.opening(slot, client))
        }
        let number = state.numberConnection()
        watches[watch].number = number
        let context = state.context(connection: number, view: self.opening(slot, client))
        let start = ConnectionStart(table.connections[slot], client: client, opening: opening, state: state)
        sink.receive(.connection(start), at: context, payload: Span())
        return context
    }

    /// Makes a session of a connection whose upgrade was accepted.
    ///
    /// The answer came from `place`, the server's stream; the last `unread` of its bytes handed on stand behind it.
    mutating func open(
        _ watch: Slot<UpgradeWatch>, _ place: ConnectionTable.Place, _ answer: UpgradeAnswer, unread: Int,
        state: borrowing AnalysisState
    ) {
        let client = place.direction.opposite
        let requestElapsed = watches[watch].requestElapsed ?? state.elapsed(state.time)
        let session = Session(
            number: watches[watch].number ?? 0, clientDirection: client, extensions: answer.extensions,
            clientOffset: table.connections[place.slot][client].nextOffset,
            serverOffset: table.connections[place.slot][place.direction].nextOffset &- UInt64(unread),
            requestElapsed: requestElapsed, state: state)
        watches[watch].release(&resources)
        watches.remove(watch)
        setReader(place.slot, session: sessions.insert(session), client: client)
        beginDeliveries(place.slot)
    }

    /// Stops reading a connection that is no session.
    mutating func leave(
        _ slot: Slot<TCPConnection>, _ watch: Slot<UpgradeWatch>, _ ending: UpgradeFollower.Ending, _ state: inout AnalysisState
    ) {
        switch ending {
        case .tls: state.summary.others.tls &+= 1
        case .http2: state.summary.others.http2 &+= 1
        case .webSocket, .otherUpgrade, .proxy, .tooManyProxies, .oversizedHead, .brokenHTTP, .unknown:
            count(watches[watch].follower.traffic, &state)
        }
        table.connections[slot].removeHeld(budget: &table.budget)
        if case .oversizedHead = ending { state.summary.others.oversizedHeads &+= 1 }
        if case .tooManyProxies = ending { state.summary.others.proxyChains &+= 1 }
        watches[watch].release(&resources)
        watches[watch].midstream = nil
        if watches[watch].number == nil {
            watches.remove(watch)
            readers[slot.index] = .nobody
        } else {
            readers[slot.index] = .left(watch)
        }
    }

    /// Counts a connection without an open session by what was seen on it.
    func count(_ traffic: HTTPTraffic, _ state: inout AnalysisState) {
        guard traffic.contains(.exchanges) else {
            state.summary.others.unknown &+= 1
            return
        }
        state.summary.others.http &+= 1
        if traffic.contains(.eventStream) { state.summary.others.eventStreams &+= 1 }
        if traffic.contains(.polling) { state.summary.others.longPolling &+= 1 }
    }
}
