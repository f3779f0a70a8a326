import WebSocketProtocol
import WireFormat

/// How a session updates its ``SessionActivity``: bytes and messages up to the first Close frame, pauses, the first
/// FIN.
extension Session {
    /// Records bytes of a frame, unless a Close frame came first: bytes after that belong to the end.
    @inline(__always)
    mutating func recordBytes(from source: Provenance) {
        guard firstCloser == nil || isBeforeClose(source) else { return }
        if activity.firstFin != nil { recordAroundFin(source, isMessage: false) }
        activity.recordByte(from: source)
    }

    /// Records the end of a data message, unless a Close frame came first.
    @inline(__always)
    mutating func recordMessage(from source: Provenance) {
        guard firstCloser == nil || isBeforeClose(source) else { return }
        if activity.firstFin != nil { recordAroundFin(source, isMessage: true) }
        activity.recordMessage(from: source)
    }

    /// Judges bytes that came at least a second after the previous ones, or whose packet has an earlier time.
    ///
    /// - Returns: Whether they are not frames, and were skipped.
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
        // Bytes that waited are rightly older than others.
        guard source.origin.packet == workspace.packet, reportsFirst(.timeBackwards, of: .client) else { return false }
        let finding = Finding(
            Rule(.timeBackwards), Finding.milliseconds(pause == .min ? .max : -pause), from: source.role,
            at: streams[source.index].nextOffset)
        workspace.report(finding, at: workspace.context(id), into: &sink)
        return false
    }

    /// Records a pause of one end, whatever the other end sent meanwhile.
    @inline(never)
    mutating func record(_ pause: Int64, of role: Role, _ origin: Origin) {
        guard pause > 0, activity.last.ofEnds[role.index] != .never, firstCloser == nil, !activity.isAfterFin(origin)
        else {
            return
        }
        let milliseconds = UInt32(clamping: pause / 1_000_000)
        streams[role.index].longestPause = max(streams[role.index].longestPause, milliseconds)
    }

    /// The end whose bytes came last.
    var lastSender: Role { mutating get { streams[0].lastPacket > streams[1].lastPacket ? .client : .server } }

    /// Whether bytes just decoded came before the first Close frame: they were captured before it, or it acknowledges
    /// them.
    @inline(never)
    mutating func isBeforeClose(_ source: Provenance) -> Bool {
        guard let firstCloser, let close = streams[firstCloser.index].close else { return true }
        let isCapturedBefore = source.origin.packet < close.origin.packet
        guard !isCapturedBefore, source.role != firstCloser, let received = close.received else {
            return isCapturedBefore
        }
        return carriedEnd(of: source.role) <= received
    }

    /// Distinguishes bytes before the first FIN from bytes after it.
    @inline(never)
    mutating func recordAroundFin(_ source: Provenance, isMessage: Bool) {
        let end = isCarried ? nil : carriedEnd(of: source.role)
        activity.firstFin?.record(source, endingAt: end, isMessage: isMessage, last: activity.last)
    }

    /// Records the first FIN, or another that turns out to be the first.
    ///
    /// - Parameters:
    ///   - packet: Its packet.
    ///   - sender: Who sent the current packet.
    ///   - received: How far that end has received the other stream; nil if unknown.
    ///   - workspace: What readers share.
    mutating func recordFin(
        in packet: UInt64, from sender: Role, received: UInt64?, _ workspace: inout Workspace
    ) {
        guard activity.firstFin?.packet != packet else { return }
        let received = packet == workspace.packet ? received : nil
        let hasGrown = activity.record(FirstFin(packet: packet, sender: sender, received: received))
        if hasGrown { recount(&workspace) }
    }

    /// Continues after a RST that ended nothing.
    mutating func withdrawReset() {
        if states.reopen() { activity.forgetFin() }
    }
}
