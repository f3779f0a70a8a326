import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What TCP lets a person know of a session's connection.
extension Shard {
    /// Tells once of a session that segments are left out for their checksums.
    func tellRejected(
        _ slot: Slot<TCPConnection>, _ direction: Direction, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        guard table.connections[slot].rejectedSegments == 1, case .session(let session) = readers[slot.index] else { return }
        let finding = Finding(
            rule: "tcp.wrong-checksum", severity: .warning, reference: "RFC 9293 3.1",
            text: "Segments with a wrong TCP checksum are left out, since their direction's other checksums are right.",
            from: role(of: ConnectionTable.Place(slot: slot, direction: direction)), streamOffset: nil)
        let context = state.context(connection: sessions[session].number, view: view(slot, session))
        state.report(finding, at: context, into: &sink)
    }

    /// Tells once for each stream of a session that copies of its bytes differ, and that segments of it are left out
    /// or did not reach the other end, or that its end's acknowledgments are passed over; and each time that its end's
    /// window was closed for long.
    mutating func tellDoubts(
        _ slot: Slot<TCPConnection>, _ direction: Direction, _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        guard case .session(let session) = readers[slot.index] else { return }
        if table.connections[slot].hasDoubts(direction) {
            tellDoubtfulSegments(slot, session, direction, &state, &sink)
        }
        guard let stall = table.connections[slot].takeStall(direction) else { return }
        let role = role(of: ConnectionTable.Place(slot: slot, direction: direction))
        let context = state.context(connection: sessions[session].number, view: view(slot, session))
        state.report(Finding(stall, of: role), at: context, into: &sink)
    }

    private mutating func tellDoubtfulSegments(
        _ slot: Slot<TCPConnection>, _ session: Slot<Session>, _ direction: Direction, _ state: inout AnalysisState,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let role = role(of: ConnectionTable.Place(slot: slot, direction: direction))
        let context = state.context(connection: sessions[session].number, view: view(slot, session))
        if let offset = table.connections[slot][direction].firstConflictOffset,
            sessions[session].streams[role.index].told.insert(.conflict).inserted
        {
            let finding = Finding(
                rule: "tcp.overlap-conflict", severity: .warning, reference: "RFC 9293 3.10.7.4",
                text: "Segments sent again have other bytes than before; the first copy of each byte counts.",
                from: role, streamOffset: offset)
            state.report(finding, at: context, into: &sink)
        }
        if table.connections[slot][direction].hasInsertions,
            sessions[session].streams[role.index].told.insert(.insertion).inserted
        {
            let finding = Finding(
                rule: "tcp.ttl-short", severity: .warning, reference: "RFC 791 3.2",
                text: "Segments are left out whose hop limit falls short of the others', since what follows shows that "
                    + "they did not reach the other end.",
                from: role, streamOffset: nil)
            state.report(finding, at: context, into: &sink)
        }
        if table.connections[slot][direction].outOfWindowSegments > 0,
            sessions[session].streams[role.index].told.insert(.outOfWindow).inserted
        {
            let finding = Finding(
                rule: "tcp.out-of-window", severity: .warning, reference: "RFC 9293 3.10.7.4",
                text: "Segments are left out, since their sequence numbers are none that the other end would take.",
                from: role, streamOffset: nil)
            state.report(finding, at: context, into: &sink)
        }
        if table.connections[slot][direction.opposite].hasFarAcknowledgments,
            sessions[session].streams[role.index].told.insert(.farAcknowledgment).inserted
        {
            let finding = Finding(
                rule: "tcp.far-acknowledgment", severity: .warning, reference: "RFC 9293 3.10.7.4",
                text: "Acknowledgments of this end are passed over, since they are of bytes more than 1 GiB beyond "
                    + "those that the other end was seen to send.",
                from: role, streamOffset: nil)
            state.report(finding, at: context, into: &sink)
        }
    }

    /// Tells once for each stream of a session that bytes of it are not in the capture, and that packets were cut short.
    mutating func tellMissing(
        _ length: UInt64, _ place: ConnectionTable.Place, _ session: Slot<Session>,
        _ state: inout AnalysisState, _ sink: inout some EventSink & ~Copyable
    ) {
        let role = role(of: place)
        let cut = table.connections[place.slot][place.direction].cutBytes
        let isCut = cut > sessions[session].streams[role.index].cutBytes
        sessions[session].streams[role.index].cutBytes = cut
        guard sessions[session].streams[role.index].told.insert(isCut ? .cut : .gap).inserted else { return }
        let finding: Finding
        let offset = table.connections[place.slot][place.direction].nextOffset &- length
        if isCut {
            finding = Finding(
                rule: "tcp.snap-length", severity: .warning, reference: "wstap resynchronisation",
                text: "The capture's snap length cuts packets of this end short: \(length) B are missing here.",
                from: role, streamOffset: offset)
        } else {
            finding = Finding(
                rule: "tcp.gap", severity: .warning, reference: "wstap resynchronisation",
                text: "Segments of this end are not in the capture: \(length) B are missing here.",
                from: role, streamOffset: offset)
        }
        let context = state.context(connection: sessions[session].number)
        state.report(finding, at: context, into: &sink)
    }
}

extension Finding {
    /// What a window that was closed for long says to a person.
    fileprivate init(_ stall: WindowStall, of role: Role) {
        let until = stall.lastPacket.map { "to \($0)" } ?? "on, to the end"
        self.init(
            rule: "tcp.zero-window", severity: .warning, reference: "RFC 9293 3.8.6.1",
            text:
                "This end's receive window was closed for \(Finding.milliseconds(stall.duration)), from packet \(stall.firstPacket) \(until): "
                + "the other end could send it nothing.",
            from: role, streamOffset: nil)
    }
}
