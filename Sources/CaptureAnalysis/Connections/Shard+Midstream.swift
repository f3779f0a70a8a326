import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// How sessions are found that were running before the capture began, or whose upgrade it does not hold.
extension Shard {
    /// Looks for frames in bytes of a connection whose upgrade is not to be seen.
    ///
    /// - Returns: Whether a session was found; it has taken the bytes.
    mutating func searchMidstream(
        _ bytes: Span<UInt8>, _ watch: Slot<UpgradeWatch>, _ place: ConnectionTable.Place, _ origin: UInt64,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        guard resources.searchable > bytes.count else {
            // What is not looked at breaks every chain.
            watches[watch].midstream?.drop(place.direction)
            _ = watches[watch].charge(&resources)
            if !watches[watch].isSearchCut { state.summary.others.unsearched &+= 1 }
            watches[watch].isSearchCut = true
            return false
        }
        if watches[watch].midstream == nil {
            watches[watch].midstream = MidstreamSearch(needed: Evidence.neededMidstream)
        }
        let offset = table.connections[place.slot][place.direction].nextOffset &- UInt64(bytes.count)
        let found = watches[watch].midstream?.receive(bytes, from: place.direction, at: offset, origin: origin)
        _ = watches[watch].charge(&resources)
        guard let found else { return false }
        let client = found.sender == .client ? place.direction : place.direction.opposite
        openMidstream(watch, place.slot, client, &state, &sink)
        return true
    }

    /// Opens a session at its first bytes where the user says that it is one, and they begin no HTTP message.
    ///
    /// Where the connection was seen to open, frames begin with its first byte; else their place is searched.
    mutating func openAssumed(
        _ bytes: Span<UInt8>, _ place: ConnectionTable.Place, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        let slot = place.slot
        let client: Direction
        if assumedServers.contains(table.connections[slot].responder) {
            client = .fromInitiator
        } else if assumedServers.contains(table.connections[slot].initiator) {
            client = .fromResponder
        } else {
            return false
        }
        guard !bytes.beginsHTTP else { return false }
        let isKnown = table.connections[slot].isOpeningKnown
        let watch = watches.insert(UpgradeWatch(limits: state.options.limits.upgrade, beganBeforeCapture: !isKnown))
        let context = announce(watch, slot, opening: .midstream, client: client, &state, &sink)
        state.summary.webSocketConnections &+= 1
        var offsets: InlineArray<2, UInt64> = [
            table.connections[slot][.fromInitiator].nextOffset, table.connections[slot][.fromResponder].nextOffset,
        ]
        offsets[place.direction.index] &-= UInt64(bytes.count)
        let index = beginSession(watch, slot, client, offsets, state)
        if !isKnown { sessions[index].beginMidstream(context, state: &state, resources: &resources, sink: &sink) }
        return true
    }

    /// Puts a session in the place of a watch; `offsets` tells where its streams begin, by direction.
    private mutating func beginSession(
        _ watch: Slot<UpgradeWatch>, _ slot: Slot<TCPConnection>, _ client: Direction, _ offsets: InlineArray<2, UInt64>,
        _ state: borrowing AnalysisState
    ) -> Slot<Session> {
        let session = Session(
            midstream: watches[watch].number ?? 0, clientDirection: client, clientOffset: offsets[client.index],
            serverOffset: offsets[client.opposite.index], state: state)
        watches.remove(watch)
        let index = sessions.insert(session)
        setReader(slot, session: index, client: client)
        beginDeliveries(slot)
        return index
    }

    /// Looks once more at the end of a connection.
    mutating func finishMidstream(
        _ watch: Slot<UpgradeWatch>, _ slot: Slot<TCPConnection>, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        guard let midstream = watches[watch].midstream else { return }
        for direction in Direction.allCases {
            let hasFin = table.connections[slot][direction].isWhole
            guard let found = midstream.finish(direction, hasFin: hasFin) else { continue }
            let client = found.sender == .client ? direction : direction.opposite
            openMidstream(watch, slot, client, &state, &sink)
            return
        }
        if watches[watch].isSearchedInVain { state.summary.others.searchedInVain &+= 1 }
        watches[watch].midstream = nil
        _ = watches[watch].charge(&resources)
    }

    /// Makes a session of a connection in whose bytes frames were found, and decodes what is kept of them.
    private mutating func openMidstream(
        _ watch: Slot<UpgradeWatch>, _ slot: Slot<TCPConnection>, _ client: Direction, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard let midstream = watches[watch].midstream else { return }
        watches[watch].midstream = nil
        watches[watch].release(&resources)
        let context = announce(watch, slot, opening: .midstream, client: client, &state, &sink)
        state.summary.webSocketConnections &+= 1
        // Where the bytes kept begin; a stream of which nothing was kept begins with its next byte.
        var offsets: InlineArray<2, UInt64> = [0, 0]
        for direction in Direction.allCases {
            let next = table.connections[slot][direction].nextOffset
            offsets[direction.index] = midstream.streams[direction.index]?.keptOffset ?? next
        }
        let index = beginSession(watch, slot, client, offsets, state)
        sessions[index].beginMidstream(context, state: &state, resources: &resources, sink: &sink)
        for direction in Direction.allCases where midstream.isHopeless[direction.index] {
            let finding = Finding(
                rule: "limit.search", severity: .warning, reference: "wstap limits",
                text: "The search for frames had given this end up before the session was found: what it sent before "
                    + "is not decoded.",
                from: Role(direction, client: client), streamOffset: offsets[direction.index])
            state.report(finding, at: context, into: &sink)
        }
        if tracksStates { state.view = view(slot, index) }
        for piece in midstream.replay() {
            let role = Role(piece.direction, client: client)
            guard piece.missing == 0 else {
                sessions[index].skip(
                    piece.missing, from: role, state: &state, resources: &resources, sink: &sink)
                continue
            }
            sessions[index].receive(
                piece.bytes.span, from: role, origin: piece.origin, state: &state, resources: &resources, sink: &sink)
        }
    }
}

extension Span<UInt8> {
    /// Whether it may be the beginning of an upgrade request or of its answer.
    fileprivate var beginsHTTP: Bool {
        func begins(_ text: StaticString) -> Bool {
            (0..<Swift.min(count, text.utf8CodeUnitCount)).allSatisfy { unsafe text.utf8Start[$0] == self[$0] }
        }
        return begins("GET ") || begins("HTTP/1.")
    }
}
