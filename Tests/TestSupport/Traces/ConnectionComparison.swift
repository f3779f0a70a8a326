/// Compares the connections of a trace with what their endpoints logged.
package struct ConnectionComparison {
    /// The faults found; empty if there are none.
    package private(set) var faults: [String] = []

    private let connections: [TraceConnection]
    private let hasHoles: Bool
    /// The ends that log Pings at all.
    private let loggingPings: Set<ExpectedMessage.Sender>

    /// Compares a trace with an expectation.
    ///
    /// - Parameters:
    ///   - expectation: What the endpoints logged.
    ///   - trace: What was found.
    ///   - hasHoles: Whether the capture lacks some of what was sent: then only what was found must be correct.
    package init(_ expectation: Expectation, _ trace: Trace, hasHoles: Bool = false) {
        connections = trace.connections
        self.hasHoles = hasHoles
        loggingPings = Set(expectation.connections.flatMap(\.pings).map(\.from)).subtracting(expectation.unloggedFrom)
        for expected in expectation.connections where !expected.client.isEmpty || expected.key != nil {
            guard let found = find(expected) else {
                if !hasHoles { faults.append("\(expected.client): no such connection") }
                continue
            }
            compareUpgrade(expected, found)
            compareCloses(expected, found)
            compareEnds(expected, found)
            comparePings(expected, found)
        }
    }

    /// The connection of the same client; if there are several on the same ports, the one with the same key.
    private func find(_ expected: ExpectedConnection) -> TraceConnection? {
        let sameClient = connections.filter { expected.client.isEmpty || $0.client == expected.client }
        guard let key = expected.key else { return sameClient.first }
        return sameClient.first { $0.key == key }
    }

    private mutating func compareUpgrade(_ expected: ExpectedConnection, _ found: TraceConnection) {
        guard let handshake = found.handshake else {
            faults.append("\(expected.client): no accepted upgrade")
            return
        }
        // Some servers log only the path.
        let url = handshake.url ?? "no URL"
        if let path = expected.path, !url.hasSuffix(path), !url.prefix(while: { $0 != "?" }).hasSuffix(path) {
            faults.append("\(expected.client): \(url) instead of \(path)")
        }
        if let subprotocol = expected.subprotocol, handshake.subprotocol != subprotocol {
            faults.append(
                "\(expected.client): subprotocol \(handshake.subprotocol ?? "none") instead of \(subprotocol)")
        }
        if let refused = expected.refused, found.refused != refused {
            faults.append("\(expected.client): refused with \(found.refused) instead of \(refused)")
        }
    }

    /// Checks that the Close frames an end knows of are on the wire, with code and reason.
    private mutating func compareCloses(_ expected: ExpectedConnection, _ found: TraceConnection) {
        guard !hasHoles, !isOpen(found) else { return }
        for close in expected.closes {
            let isThere = found.frames.contains { frame in
                frame.from == close.from && frame.close?.code == close.code
                    && (close.reason == nil || frame.close?.reason == close.reason)
            }
            if !isThere { faults.append("\(expected.client): not on the wire: \(close)") }
        }
    }

    /// RFC 6455 7.1.5: an application gets the code of the Close frame that its end received; 1005 if the frame is
    /// empty, 1006 if there is none or if its end failed the connection.
    ///
    /// A capture that ended before the session does not contradict this.
    private mutating func compareEnds(_ expected: ExpectedConnection, _ found: TraceConnection) {
        guard let verdict = found.verdict, let events = found.closeEvents else { return }
        let rows = [
            (ExpectedMessage.Sender.client, expected.clientSees, expected.clientReason, events.client),
            (.server, expected.serverSees, expected.serverReason, events.server),
        ]
        for (who, code, reason, reported) in rows {
            guard let code else { continue }
            guard let reported else {
                if !hasHoles, verdict.layer != "capture-end" { faults.append("\(expected.client): no event at \(who)") }
                continue
            }
            if reported.code != code {
                faults.append("\(expected.client): the \(who) sees \(reported.code), not \(code)")
            }
            if let reason, reported.reason ?? "" != reason {
                faults.append("\(expected.client): the \(who) sees \(reported.reason ?? "no reason"), not \(reason)")
            }
        }
        if let wasClean = expected.clientWasClean, let reported = events.client, reported.wasClean != wasClean {
            faults.append("\(expected.client): the client's close event was\(wasClean ? "" : " not") clean")
        }
    }

    /// Whether the capture ended before the session, or the ends' close events are unknown for another reason.
    private func isOpen(_ connection: TraceConnection) -> Bool {
        connection.verdict?.clientSees == nil || connection.verdict?.serverSees == nil
    }

    private mutating func comparePings(_ expected: ExpectedConnection, _ found: TraceConnection) {
        var seen: [ExpectedMessage: Int] = found.pings.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        for ping in expected.pings {
            seen[ping, default: 0] -= 1
            if seen[ping, default: 0] < 0, !hasHoles, !isOpen(found) {
                faults.append("\(expected.client): not found: \(ping)")
            }
        }
        for ping in expected.unconfirmed { seen[ping, default: 0] -= 1 }
        for (ping, count) in seen where count > 0 && loggingPings.contains(ping.from) {
            faults.append("\(expected.client): \(count) more than logged: \(ping)")
        }
    }
}
