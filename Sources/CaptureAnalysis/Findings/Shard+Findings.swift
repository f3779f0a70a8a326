import TCPReassembly
import WebSocketProtocol
import WireFormat

/// Findings from TCP on a session's connection.
extension Shard {
    /// Reports a finding of a session, with the current view of its connection.
    mutating func report(
        _ finding: Finding, of session: Slot<Session>, on slot: Slot<TCPConnection>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let context = workspace.context(readers.sessions[session].id, view: view(slot, session))
        workspace.report(finding, at: context, into: &sink)
    }

    /// Reports once for a session that segments are ignored for their checksums.
    mutating func reportRejected(
        _ slot: Slot<TCPConnection>, _ direction: Direction, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        guard table.connections[slot].rejectedSegments == 1 else { return }
        for session in readers.sessions(on: slot) {
            let role = readers.role(of: direction, in: session)
            report(Finding(Rule(.wrongChecksum), from: role), of: session, on: slot, &workspace, &sink)
        }
    }

    /// Reports once for each stream of a session that copies of its bytes differ, that its segments are ignored, or
    /// that its end's acknowledgments are; and each time that its end's window was closed for long.
    mutating func reportDoubts(
        _ slot: Slot<TCPConnection>, _ direction: Direction, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        var hasSessions = false
        for session in readers.sessions(on: slot) {
            hasSessions = true
            if table.connections[slot].firstEndPacket == nil { readers.sessions[session].withdrawReset() }
            reportSurvivedResets(slot, session, &workspace, &sink)
            if table.connections[slot].hasDoubts(direction) {
                reportDoubtfulSegments(slot, session, direction, &workspace, &sink)
            }
        }
        guard hasSessions, let stall = table.connections[slot].takeStall(direction) else { return }
        for session in readers.sessions(on: slot) {
            let role = readers.role(of: direction, in: session)
            report(Finding(stall, of: role), of: session, on: slot, &workspace, &sink)
        }
    }

    /// Reports RSTs that counted but ended nothing, as the other end has shown.
    private mutating func reportSurvivedResets(
        _ slot: Slot<TCPConnection>, _ session: Slot<Session>, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        for direction in Direction.allCases {
            guard let packet = table.connections[slot].survivedReset(of: direction) else { continue }
            let role = readers.role(of: direction, in: session)
            guard readers.sessions[session].reportsFirst(.survivedReset, of: role) else { continue }
            report(Finding(Rule(.resetSurvived), "\(packet)", from: role), of: session, on: slot, &workspace, &sink)
        }
    }

    private mutating func reportDoubtfulSegments(
        _ slot: Slot<TCPConnection>, _ session: Slot<Session>, _ direction: Direction, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) {
        let role = readers.role(of: direction, in: session)
        if let offset = table.connections[slot][direction].firstConflictOffset,
            readers.sessions[session].reportsFirst(.conflict, of: role)
        {
            report(Finding(Rule(.overlapConflict), from: role, at: offset), of: session, on: slot, &workspace, &sink)
        }
        let insertions = table.connections[slot][direction].insertions
        if insertions.contains(.hopLimit), readers.sessions[session].reportsFirst(.shortHopLimit, of: role) {
            report(Finding(Rule(.shortHopLimit), from: role), of: session, on: slot, &workspace, &sink)
        }
        if !insertions.reasons.isEmpty, readers.sessions[session].reportsFirst(.insertion, of: role) {
            let reasons = insertions.reasons.joined(separator: "; ")
            report(Finding(Rule(.notAccepted), reasons, from: role), of: session, on: slot, &workspace, &sink)
        }
        if let packet = table.connections[slot][direction].ignoredReset,
            readers.sessions[session].reportsFirst(.ignoredReset, of: role)
        {
            report(Finding(Rule(.resetIgnored), "\(packet)", from: role), of: session, on: slot, &workspace, &sink)
        }
        if let offset = table.connections[slot][direction].firstUrgentOffset,
            readers.sessions[session].reportsFirst(.urgent, of: role)
        {
            report(Finding(Rule(.urgentByte), from: role, at: offset), of: session, on: slot, &workspace, &sink)
        }
        if table.connections[slot][direction].outOfWindowSegments > 0,
            readers.sessions[session].reportsFirst(.outOfWindow, of: role)
        {
            report(Finding(Rule(.outOfWindow), from: role), of: session, on: slot, &workspace, &sink)
        }
        if table.connections[slot][direction.opposite].hasFarAcknowledgments,
            readers.sessions[session].reportsFirst(.farAcknowledgment, of: role)
        {
            report(Finding(Rule(.farAcknowledgment), from: role), of: session, on: slot, &workspace, &sink)
        }
    }

    /// Reports once for each stream of a session that the capture lacks bytes of it, and once that packets were cut
    /// short.
    mutating func reportMissing(
        _ length: UInt64, _ place: ConnectionTable.Place, _ session: Slot<Session>,
        _ workspace: inout Workspace, _ sink: inout some EventSink & ~Copyable
    ) {
        let role = readers.role(of: place.direction, in: session)
        let cut = table.connections[place.slot][place.direction].cutBytes
        let isCut = readers.sessions[session].learnsCut(cut, of: role)
        guard readers.sessions[session].reportsFirst(isCut ? .cut : .gap, of: role) else { return }
        let offset = table.connections[place.slot][place.direction].nextOffset &- length
        let finding = Finding(Rule(isCut ? .snapLength : .gap), "\(length)", from: role, at: offset)
        let context = workspace.context(readers.sessions[session].id)
        workspace.report(finding, at: context, into: &sink)
    }
}

extension Finding {
    /// The finding on a window that was closed for long.
    fileprivate init(_ stall: WindowStall, of role: Role) {
        let (duration, first) = (Finding.milliseconds(stall.duration), "\(stall.firstPacket)")
        if let last = stall.lastPacket {
            self.init(Rule(.zeroWindow), duration, first, "\(last)", from: role)
        } else {
            self.init(Rule(.zeroWindowToTheEnd), duration, first, from: role)
        }
    }
}
