import WebSocketProtocol
import WireFormat

/// What a session takes note of in time: bytes and messages up to the first Close frame, pauses, and the first FIN.
extension Session {
    /// Records that bytes of a frame came, unless a Close frame did before: what follows belongs to the end.
    @inline(__always)
    mutating func recordBytes(from source: Provenance) {
        guard firstCloser == nil || isBeforeClose(source) else { return }
        if activity.firstFin != nil { recordAroundFin(source, isMessage: false) }
        activity.recordByte(from: source)
    }

    /// Records that a data message was complete, likewise.
    @inline(__always)
    mutating func recordMessage(from source: Provenance) {
        guard firstCloser == nil || isBeforeClose(source) else { return }
        if activity.firstFin != nil { recordAroundFin(source, isMessage: true) }
        activity.recordMessage(from: source)
    }

    /// Looks at bytes that came long after those before, or whose packet's time is earlier.
    ///
    /// - Returns: Whether they are no frames, and were passed over.
    @inline(never)
    mutating func lookAt(
        _ pause: Int64, before bytes: Span<UInt8>, from source: Provenance, _ workspace: inout Workspace,
        _ sink: inout some EventSink & ~Copyable
    ) -> Bool {
        guard pause < 0 else {
            let (start, lastSpeaker) = (carriedEnd(of: source.role), lastSender)
            let hasGrown = activity.recordBurst(
                from: source, at: start, lastSpeaker: lastSpeaker, after: pause, isClosing: firstCloser != nil)
            if hasGrown { recount(&workspace) }
            return false
        }
        if source.role == .client, let accepted, source.origin.packet < accepted.origin.packet {
            return lookAt(early: bytes, source.origin, &workspace, &sink)
        }
        // Bytes that waited are older than others by right.
        guard source.origin.packet == workspace.packet, reportsFirst(.timeBackwards, of: .client) else { return false }
        let finding = Finding(
            Rule(.timeBackwards), Finding.milliseconds(pause == .min ? .max : -pause), from: source.role,
            at: streams[source.index].decoder.streamOffset)
        workspace.report(finding, at: workspace.context(id), into: &sink)
        return false
    }

    /// Records a pause of one end, whatever the other one did.
    @inline(never)
    mutating func record(_ pause: Int64, of role: Role, _ origin: Origin) {
        guard pause > 0, activity.last.ofEnds[role.index] != .never, firstCloser == nil, !activity.isAfterFin(origin)
        else {
            return
        }
        let milliseconds = UInt32(clamping: pause / 1_000_000)
        streams[role.index].longestPause = max(streams[role.index].longestPause, milliseconds)
    }

    /// Whose bytes came last.
    var lastSender: Role { mutating get { streams[0].lastPacket > streams[1].lastPacket ? .client : .server } }

    /// Whether bytes that were decoded just now came before the first Close frame: in the capture, or as that
    /// acknowledges them.
    @inline(never)
    mutating func isBeforeClose(_ source: Provenance) -> Bool {
        guard let firstCloser, let close = streams[firstCloser.index].close else { return true }
        let isCapturedBefore = source.origin.packet < close.origin.packet
        guard !isCapturedBefore, source.role != firstCloser, let received = close.received else {
            return isCapturedBefore
        }
        return carriedEnd(of: source.role) <= received
    }

    /// Keeps apart what comes before the first FIN and what after it.
    @inline(never)
    mutating func recordAroundFin(_ source: Provenance, isMessage: Bool) {
        let end = isCarried ? nil : carriedEnd(of: source.role)
        activity.firstFin?.record(source, endingAt: end, isMessage: isMessage, last: activity.last)
    }

    /// Takes note of the first FIN, or of one in place of it.
    ///
    /// - Parameters:
    ///   - packet: Its packet.
    ///   - sender: Who sent the current packet.
    ///   - received: How far that end has received the other one's stream; nil if that is not known.
    ///   - workspace: What readers share.
    mutating func recordFin(
        in packet: UInt64, from sender: Role, received: UInt64?, _ workspace: inout Workspace
    ) {
        guard activity.firstFin?.packet != packet else { return }
        let received = packet == workspace.packet ? received : nil
        let hasGrown = activity.record(FirstFin(packet: packet, sender: sender, received: received))
        if hasGrown { recount(&workspace) }
    }

    /// Goes on after a RST that has ended nothing.
    mutating func withdrawReset() {
        if states.reopen() { activity.forgetFin() }
    }
}
