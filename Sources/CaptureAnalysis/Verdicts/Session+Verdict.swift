import WebSocketProtocol
import WireFormat

/// What is noted of a session for the verdict on it.
extension Session {
    /// Records a broken rule, unless it was no reason for the other end to fail the connection.
    ///
    /// What is sent after a Close frame is not read (RFC 6455 5.5.1), and an end that has sent its own Close frame has
    /// given its reasons.
    mutating func record(
        _ violation: Violation, at streamOffset: UInt64, from role: Role, _ origin: Origin
    ) {
        let rule = Rule(violation)
        guard rule.severity == .error, violation != .frameAfterClose else { return }
        let framesOfPeer = streams[role.peer.index].decoder.frameCount
        if let known = streams[role.index].brokenRule, !known.isOfUpgrade || framesOfPeer == 0 { return }
        if let close = streams[role.index].close, streamOffset > close.streamOffset { return }
        let began = streams[role.index].decoder.frameOrigin.packet
        if let close = streams[role.peer.index].close, began >= close.origin.packet { return }
        streams[role.index].record(BrokenRule(rule: rule, time: origin.time, framesOfPeer: framesOfPeer))
    }

    /// Records the rules that the upgrade broke.
    mutating func record(_ upgrade: Upgrade, at time: Timestamp) {
        for role in Role.allCases {
            guard let rule = upgrade.brokenRule(of: role) else { continue }
            streams[role.index].record(BrokenRule(rule: rule, isOfUpgrade: true, time: time, framesOfPeer: 0))
        }
    }

    /// Advances the readyStates to what FINs and RSTs leave (WHATWG WebSockets 4).
    ///
    /// An end is closed by a RST, and by the other end's FIN once it has nothing left to say: it has sent its own FIN, or
    /// both Close frames have passed.
    mutating func advanceStates(isReset: Bool, hasClientFinished: Bool, hasServerFinished: Bool, at elapsed: Int64) {
        let isShut = streams[0].close != nil && streams[1].close != nil
        if isReset || hasServerFinished && (hasClientFinished || isShut) {
            clientStates.advance(to: .closed, at: elapsed)
        }
        if isReset || hasClientFinished && (hasServerFinished || isShut) {
            serverStates.advance(to: .closed, at: elapsed)
        }
    }
}
