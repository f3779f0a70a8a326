import WebSocketProtocol
import WireFormat

/// What a session records for the verdict.
extension Session {
    /// Records a broken rule, if it was a reason for the other end to fail the connection.
    ///
    /// Bytes after a Close frame are not read (RFC 6455 5.5.1), and an end that has sent its own Close frame has given
    /// its reasons.
    mutating func record(
        _ violation: Violation, at streamOffset: UInt64, from source: Provenance
    ) {
        let rule = Rule(violation)
        let isLesser = violation == .deflateUnfinished
        guard rule.severity == .error || isLesser, violation != .frameAfterClose else { return }
        let framesOfPeer = frameCount(of: source.role.peer)
        // A Close frame alone does not show that its sender tolerated anything.
        let hasGoneOn = framesOfPeer > (streams[source.role.peer.index].close == nil ? 0 : 1)
        if let known = streams[source.index].brokenRule {
            guard known.isLesser ? !isLesser || hasGoneOn : known.isOfUpgrade && hasGoneOn else { return }
        }
        if let close = streams[source.index].close, streamOffset > close.streamOffset { return }
        let began = streams[source.index].decoder.frameOrigin.packet
        let carriedEnd = isCarried ? nil : carriedEnd(of: source.role)
        if let close = streams[source.role.peer.index].close, began >= close.origin.packet {
            // An end that has received the bytes may close because of them, whatever was captured first.
            guard let carriedEnd, let received = close.received, received >= carriedEnd else { return }
        }
        streams[source.index].record(
            BrokenRule(
                rule: rule, isLesser: isLesser, origin: source.origin, carriedEnd: carriedEnd,
                framesOfPeer: framesOfPeer))
    }

    /// Records the rules that the upgrade broke.
    mutating func record(_ upgrade: Upgrade, at origin: Origin) {
        if upgrade.hasTextAfterHead { _ = reportsFirst(.text, of: .server) }
        for role in Role.allCases {
            guard let (rule, isLesser) = upgrade.brokenRule(of: role) else { continue }
            let carriedEnd = role == .server ? accepted?.end : nil
            streams[role.index].record(
                BrokenRule(
                    rule: rule, isOfUpgrade: true, isLesser: isLesser, origin: origin, carriedEnd: carriedEnd,
                    framesOfPeer: 0))
        }
    }
}
