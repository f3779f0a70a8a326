import TCPReassembly
import WebSocketProtocol
import WireFormat

/// What comes before the first FIN, and what after it.
extension Session {
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
    ///
    /// - Parameters:
    ///   - source: Where bytes come from.
    ///   - isMessage: Whether a message was complete.
    @inline(never)
    mutating func recordEnding(from source: Provenance, isMessage: Bool) {
        guard let ending else { return }
        let wasReceived =
            source.role != ending.sender && !isCarried
            && ending.received.map { carriedEnd(of: source.role) <= $0 } ?? false
        guard source.origin.packet <= ending.packet || wasReceived else {
            if ending.before == nil { ending.before = lastTimes }
            return
        }
        guard var before = ending.before else { return }
        if !isMessage {
            before.byte = max(before.byte, source.origin.time)
            before.ofEnds[source.role.index] = source.origin.time
        } else {
            before.message = max(before.message, source.origin.time)
        }
        ending.before = before
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
        guard ending?.packet != packet else { return }
        let isFirst = ending == nil
        ending = EndRecord(packet: packet, sender: sender, received: packet == workspace.packet ? received : nil)
        if isFirst { recount(&workspace) }
    }

    /// Goes on after a RST that has ended nothing.
    mutating func withdrawReset() {
        guard clientStates.current == .closed, serverStates.current == .closed else { return }
        clientStates.reopen()
        serverStates.reopen()
        ending = nil
    }

    /// When bytes and messages came last, so far.
    private var lastTimes: EndRecord.Times {
        mutating get {
            EndRecord.Times(
                byte: lastByteTime, message: lastMessageTime,
                ofEnds: [streams[0].lastByteTime, streams[1].lastByteTime])
        }
    }

    /// When bytes and messages had come last before the end, if that was a FIN or RST; else, before the first Close
    /// frame.
    mutating func lastTimes(_ tcp: TransportEnd, isCloseFrame: Bool) -> EndRecord.Times {
        if !isCloseFrame, let ending, let before = ending.before, ending.packet == tcp.firstEnd?.packet {
            return before
        }
        return lastTimes
    }

    /// Whether bytes were captured after the first FIN.
    mutating func isAfterEnd(_ origin: Origin) -> Bool { ending.map { origin.packet > $0.packet } ?? false }
}

/// The first FIN of a session's connection: an object, so that sessions without any take no room for it.
final class EndRecord {
    /// The bytes that it takes.
    static let cost = 112

    /// When something came last.
    struct Times {
        /// A byte of a frame; ``Session/never`` if none did.
        var byte = Session.never
        /// The end of a data message, likewise.
        var message = Session.never
        /// A byte of a frame of each end, likewise.
        var ofEnds: InlineArray<2, Timestamp> = [Session.never, Session.never]
    }

    /// Its packet.
    let packet: UInt64
    /// Who sent it.
    let sender: Role
    /// How far its sender had received the other end's stream; nil if that is not known.
    ///
    /// What comes of that was captured late.
    let received: UInt64?
    /// When something had come last before it; nil unless something came after it.
    var before: Times?

    init(packet: UInt64, sender: Role, received: UInt64?) {
        self.packet = packet
        self.sender = sender
        self.received = received
    }
}
