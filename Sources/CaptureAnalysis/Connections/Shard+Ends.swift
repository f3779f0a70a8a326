import HTTPUpgrade
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// How connections end, and what happens to silent ones.
extension Shard {
    /// Nanoseconds of silence after which a connection on which no WebSocket was seen is forgotten: an hour.
    private static let idleLifetime: Int64 = 3_600_000_000_000

    /// The connections on which WebSocket was seen: number and slot.
    var numberedConnections: [(number: UInt64, slot: Slot<TCPConnection>)] {
        table.connections.slots.compactMap { slot in
            guard table.connections.isUsed(slot) else { return nil }
            let number =
                switch readers.connections[slot.index].reader {
                case .session(let session): readers.sessions[session].id.connection
                case .opening(let opening), .stopped(let opening): readers.openings[opening].number
                case .layer(let layer): readers.layers[layer].number
                case .none, .ignored: 0 as UInt64
                }
            return number > 0 || isLayer(slot) ? (number, slot) : nil
        }
    }

    /// Does what is due by this time: declares gaps, forgets connections.
    mutating func advance(
        to time: Timestamp, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        endLingering(at: time, except: nil, &workspace, &sink)
        for slot in table.connections.slots where table.connections.isUsed(slot) {
            let silence = time.nanoseconds(since: table.connections[slot].lastTime)
            if table.connections[slot].isOver {
                if silence > table.limits.closedLifetime { forget(slot, cause: .closed, &workspace, &sink) }
            } else if silence > Self.idleLifetime, standing(of: slot) != .webSocket {
                end(slot, cause: .captureEnd, &workspace, &sink)
                table.remove(slot)
            } else if table.connections[slot].age(to: time, limits: table.limits) {
                let wasSession = isSession(slot)
                workspace.hasHole = true
                drain(slot, &workspace, &sink)
                if !wasSession, isSession(slot), isFull(&workspace) {
                    forget(slot, cause: .captureEnd, &workspace, &sink)
                }
            }
        }
    }

    /// What a connection carries, as far as known.
    func standing(of slot: Slot<TCPConnection>) -> PacketStanding.Connection {
        switch readers.connections[slot.index].reader {
        case .session: .webSocket
        case .opening(let opening): readers.openings[opening].number == 0 ? .undecided : .webSocket
        case .stopped(let opening): readers.openings[opening].number == 0 ? .nothing : .webSocket
        case .layer(let layer): readers.layers[layer].number > 0 ? .webSocket : decodesLayers ? .undecided : .nothing
        case .none: .undecided
        case .ignored: .nothing
        }
    }

    private func isSession(_ slot: Slot<TCPConnection>) -> Bool {
        if case .session = readers.connections[slot.index].reader { true } else { false }
    }

    /// Delivers everything that waits, since the capture is over, and reports unanswered upgrades.
    mutating func flush(_ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable) {
        for slot in table.connections.slots where table.connections.isUsed(slot) {
            let wasSession = isSession(slot)
            flush(slot, &workspace, &sink)
            // What is decoded at the end must not depend on which connection was flushed last.
            workspace.receipt = Receipt()
            // The end of the capture may show many sessions, each of which needs as much memory as any other.
            if !wasSession, isFull(&workspace), isSession(slot) || isLayer(slot) {
                end(slot, cause: .captureEnd, &workspace, &sink)
                table.remove(slot)
            } else if case .opening(let opening) = readers.connections[slot.index].reader {
                reportUnanswered(opening, of: Feed(slot), &workspace, &sink)
            }
            workspace.finishEnd()
        }
    }

    /// Advances the readyStates of a session after a FIN, a RST or an answer to one.
    mutating func advanceStates(_ slot: Slot<TCPConnection>, _ session: Slot<Session>, _ elapsed: Int64) {
        let client = readers.sessions[session].clientDirection
        let isReset = table.connections[slot].reset != nil
        let fins: InlineArray<2, Bool> = [
            table.connections[slot].isWhole(client), table.connections[slot].isWhole(client.opposite),
        ]
        let isShut = readers.sessions[session].isShut
        readers.sessions[session].states.advance(after: fins, isReset: isReset, isShut: isShut, at: elapsed)
    }

    /// Ends a connection and forgets it.
    mutating func forget(
        _ slot: Slot<TCPConnection>, cause: EndCause, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        if cause == .captureEnd {
            countEvicted(slot, &workspace)
            for session in readers.sessions(on: slot) {
                report(Finding(Rule(.connectionLimit), from: nil), of: session, on: slot, &workspace, &sink)
            }
        }
        end(slot, cause: cause, &workspace, &sink)
        table.remove(slot)
    }

    /// Ends a connection's session, or whatever it has instead.
    mutating func end(
        _ slot: Slot<TCPConnection>, cause: EndCause, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        flush(slot, &workspace, &sink)
        table.connections[slot].settleReset()
        reportAftermath(slot, &workspace, &sink)
        let isOver =
            table.connections[slot].awaitsAftermath || table.connections[slot].isFinished
            || table.connections[slot].isReplaced
        endReader(of: Feed(slot), cause: isOver ? .closed : cause, &workspace, &sink)
        table.connections[slot].removeHeld(budget: &table.budget)
        workspace.finishEnd()
    }

    /// Ends the reader of two streams.
    mutating func endReader(
        of feed: Feed, cause: EndCause, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let slot = feed.connection
        switch readers.reader(of: feed) {
        case .session(let session):
            table.connections[slot].endStalls()
            for direction in Direction.allCases { reportDoubts(slot, direction, &workspace, &sink) }
            workspace.view = view(slot, session)
            if followsDeliveries { settle(slot, session, &workspace, &sink) }
            let client = readers.sessions[session].clientDirection
            let transport = TransportEnd(&table.connections[slot], client: client, cause: cause)
            let number = readers.sessions[session].id.connection
            for direction in Direction.allCases
            where isUnseen(direction, of: feed) || table.connections[slot].hasNoByte(direction) {
                let isHidden = isHidden(direction, of: feed)
                readers.sessions[session].recordUnseen(direction, isEncrypted: isHidden, &workspace)
            }
            readers.sessions[session].end(transport, &workspace, &sink)
            readers.sessions.remove(session)
            if feed.channel == nil { workspace.numbers.release(number) }
            workspace.view = .unknown
        case .opening(let opening), .stopped(let opening):
            reportUnanswered(opening, of: feed, &workspace, &sink)
            reportEnd(opening, of: feed, cause, &workspace, &sink)
            if cause == .closed, readers.openings[opening].number == 0 { recordOther(feed) }
            countOther(feed, &workspace)
            readers.openings[opening].release(&workspace)
            readers.openings.remove(opening)
        case .layer(let layer): end(layer, of: feed, cause: cause, &workspace, &sink)
        case .none:
            if cause == .closed { recordOther(feed) }
            countOther(feed, &workspace)
        case .ignored: break
        }
        readers.setReader(of: feed, .ignored)
    }

    /// Delivers the waiting bytes of a connection, and searches once more for frames.
    private mutating func flush(
        _ slot: Slot<TCPConnection>, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        table.connections[slot].flush(budget: &table.budget)
        workspace.beginEnd(
            lastPacket: table.connections[slot].awaitedLastPacket(), end: table.connections[slot].earlyEnd())
        workspace.hasHole = true
        // The latest segment may belong to another connection.
        if tracksStates {
            if case .session(let session) = readers.connections[slot.index].reader {
                workspace.view = view(slot, session)
            } else {
                workspace.view = openingView(slot, client: readers.connections[slot.index].client)
            }
        }
        drain(slot, &workspace, &sink)
        if stopExpecting(Feed(slot)) { drain(slot, &workspace, &sink) }
        flushReader(of: Feed(slot), &workspace, &sink)
    }

    /// Continues without a stream of which the capture has nothing, or of which nothing can be decrypted.
    ///
    /// - Returns: Whether the other stream may now go on.
    mutating func stopExpecting(_ feed: Feed) -> Bool {
        guard case .opening(let opening) = readers.reader(of: feed) else { return false }
        let isOneSided = isUnseen(.fromInitiator, of: feed) || isUnseen(.fromResponder, of: feed)
        guard readers.openings[opening].stopExpecting(isOneSided: isOneSided) else { return false }
        for direction in Direction.allCases { resume(direction, of: feed) }
        return true
    }

    /// Lets a reader other than a session examine once more what it keeps.
    mutating func flushReader(
        of feed: Feed, _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        switch readers.reader(of: feed) {
        case .opening(let opening):
            let isWhole: InlineArray<2, Bool> = [
                table.connections[feed.connection].isWhole(.fromInitiator),
                table.connections[feed.connection].isWhole(.fromResponder),
            ]
            guard let found = readers.openings[opening].finishSearch(isWhole: isWhole, &workspace) else { return }
            let place = StreamPlace(.fromInitiator, at: 0, count: 0, origin: workspace.told, acknowledged: 0)
            succeed(found, Span(), at: place, of: feed, &workspace, &sink)
        case .layer(let layer): flush(layer, feed.connection, &workspace, &sink)
        case .none, .session, .stopped, .ignored: break
        }
    }

    private func isLayer(_ slot: Slot<TCPConnection>) -> Bool {
        if case .layer = readers.connections[slot.index].reader { true } else { false }
    }
}
