import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What TCP lets a person know of a session's connection.
extension Shard {
    /// Reports once of a session that segments are left out for their checksums.
    func reportRejected(
        _ slot: Slot<TCPConnection>, _ direction: Direction, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard table.connections[slot].rejectedSegments == 1 else { return }
        for session in sessions(on: slot) {
            let finding = Finding(
                rule: "tcp.wrong-checksum", severity: .warning, reference: "RFC 9293 3.1",
                text:
                    "Segments with a wrong TCP checksum are left out, since their direction's other checksums are right.",
                from: Role(direction, client: sessions[session].clientDirection), streamOffset: nil)
            let context = workspace.context(sessions[session].id, view: view(slot, session))
            workspace.report(finding, at: context, into: &sink)
        }
    }

    /// Reports once for each stream of a session that copies of its bytes differ, and that segments of it are left out
    /// or did not reach the other end, or that its end's acknowledgments are passed over; and each time that its end's
    /// window was closed for long.
    mutating func reportDoubts(
        _ slot: Slot<TCPConnection>, _ direction: Direction, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var hasSessions = false
        for session in sessions(on: slot) {
            hasSessions = true
            if table.connections[slot].hasDoubts(direction) {
                reportDoubtfulSegments(slot, session, direction, &workspace, &sink)
            }
        }
        guard hasSessions, let stall = table.connections[slot].takeStall(direction) else { return }
        for session in sessions(on: slot) {
            let role = Role(direction, client: sessions[session].clientDirection)
            let context = workspace.context(sessions[session].id, view: view(slot, session))
            workspace.report(Finding(stall, of: role), at: context, into: &sink)
        }
    }

    private mutating func reportDoubtfulSegments(
        _ slot: Slot<TCPConnection>, _ session: Slot<Session>, _ direction: Direction, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let role = Role(direction, client: sessions[session].clientDirection)
        let context = workspace.context(sessions[session].id, view: view(slot, session))
        if let offset = table.connections[slot][direction].firstConflictOffset,
            sessions[session].reportsFirst(.conflict, of: role)
        {
            let finding = Finding(
                rule: "tcp.overlap-conflict", severity: .warning, reference: "RFC 9293 3.10.7.4",
                text: "Segments sent again have other bytes than before; the first copy of each byte counts.",
                from: role, streamOffset: offset)
            workspace.report(finding, at: context, into: &sink)
        }
        if table.connections[slot][direction].hasInsertions,
            sessions[session].reportsFirst(.insertion, of: role)
        {
            let finding = Finding(
                rule: "tcp.ttl-short", severity: .warning, reference: "RFC 791 3.2",
                text: "Segments are left out whose hop limit falls short of the others', since what follows shows that "
                    + "they did not reach the other end.",
                from: role, streamOffset: nil)
            workspace.report(finding, at: context, into: &sink)
        }
        if table.connections[slot][direction].outOfWindowSegments > 0,
            sessions[session].reportsFirst(.outOfWindow, of: role)
        {
            let finding = Finding(
                rule: "tcp.out-of-window", severity: .warning, reference: "RFC 9293 3.10.7.4",
                text: "Segments are left out, since their sequence numbers are none that the other end would take.",
                from: role, streamOffset: nil)
            workspace.report(finding, at: context, into: &sink)
        }
        if table.connections[slot][direction.opposite].hasFarAcknowledgments,
            sessions[session].reportsFirst(.farAcknowledgment, of: role)
        {
            let finding = Finding(
                rule: "tcp.far-acknowledgment", severity: .warning, reference: "RFC 9293 3.10.7.4",
                text: "Acknowledgments of this end are passed over, since they are of bytes more than 1 GiB beyond "
                    + "those that the other end was seen to send.",
                from: role, streamOffset: nil)
            workspace.report(finding, at: context, into: &sink)
        }
    }

    /// Reports once for each stream of a session that bytes of it are not in the capture, and that packets were cut short.
    mutating func reportMissing(
        _ length: UInt64, _ place: ConnectionTable.Place, _ session: Slot<Session>,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let role = Role(place.direction, client: sessions[session].clientDirection)
        let cut = table.connections[place.slot][place.direction].cutBytes
        let isCut = sessions[session].learnsCut(cut, of: role)
        guard sessions[session].reportsFirst(isCut ? .cut : .gap, of: role) else { return }
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
        let context = workspace.context(sessions[session].id)
        workspace.report(finding, at: context, into: &sink)
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
