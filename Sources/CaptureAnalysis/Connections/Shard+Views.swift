import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// The views of connections for events that show the states of their ends (``EventDemand/includesStates``).
extension Shard {
    /// Updates the view of the current connection after the current segment.
    mutating func updateView(
        after segment: borrowing TCPSegment, _ place: ConnectionTable.Place, _ workspace: inout Workspace
    ) {
        switch readers.connections[place.slot.index].reader {
        case .session(let session): workspace.view = view(place, segment, session)
        case .layer:
            let client = readers.connections[place.slot.index].client
            workspace.view = openingView(place.slot, client: client)
            workspace.view.addSegment(segment, from: Role(place.direction, client: client))
        case .none, .opening, .stopped, .ignored: break
        }
    }

    /// Updates the view with the readyStates of a session in a layer.
    mutating func updateView(of session: Slot<Session>, _ workspace: inout Workspace) {
        readers.sessions[session].states.show(in: &workspace.view)
    }

    /// The view of a session's connection after the current segment.
    mutating func view(
        _ place: ConnectionTable.Place, _ segment: borrowing TCPSegment, _ session: Slot<Session>
    ) -> ConnectionView {
        var view = self.view(place.slot, session)
        view.addSegment(segment, from: readers.role(of: place.direction, in: session))
        return view
    }

    /// The view of a session's connection without a segment.
    mutating func view(_ slot: Slot<TCPConnection>, _ session: Slot<Session>) -> ConnectionView {
        var view = openingView(slot, client: readers.sessions[session].clientDirection)
        readers.sessions[session].states.show(in: &view)
        return view
    }

    /// The view of a connection without a session, or before one.
    mutating func openingView(_ slot: Slot<TCPConnection>, client: Direction) -> ConnectionView {
        var view = ConnectionView.unknown
        view.clientState = table.connections[slot].states[client.index]
        view.serverState = table.connections[slot].states[client.opposite.index]
        return view
    }
}

extension ConnectionView {
    /// Adds the fields of the current segment.
    fileprivate mutating func addSegment(_ segment: borrowing TCPSegment, from role: Role) {
        sender = role
        sequence = segment.sequence
        acknowledgment = segment.flags.contains(.ack) ? segment.acknowledgment : nil
    }
}
