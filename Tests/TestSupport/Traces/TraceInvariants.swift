/// Properties that every trace has, whatever the capture.
package struct TraceInvariants {
    /// The properties that do not hold; empty if all do.
    package private(set) var faults: [String] = []

    /// Checks a whole trace.
    package init(_ trace: Trace) {
        checkOrder(trace.events)
        checkNumbers(trace)
        for connection in trace.connections {
            checkLife(connection)
            for sender in ExpectedMessage.Sender.allCases {
                checkFrames(connection, sender)
                checkMessages(connection, sender)
            }
            checkAnswers(connection)
            checkVerdict(connection)
        }
        checkSummary(trace)
    }

    private mutating func demand(_ condition: Bool, _ fault: @autoclosure () -> String) {
        if !condition { faults.append(fault()) }
    }

    private mutating func checkOrder(_ events: [TraceEvent]) {
        demand(events.first?.event == "capture", "the first event is not capture")
        demand(events.last?.event == "summary", "the last event is not summary")
        demand(events.count { $0.event == "capture" } == 1, "capture is not there once")
        demand(events.count { $0.event == "summary" } == 1, "summary is not there once")
        // An end that is awaited comes late, with what is reported with it.
        let ends = Dictionary(
            events.filter { $0.event == "end" }.map { ($0.connection, $0.packet) }, uniquingKeysWith: { $1 })
        var latest = 0
        for event in events {
            demand(
                event.packet >= latest || ends[event.connection] == event.packet,
                "packet \(event.packet) behind packet \(latest)")
            latest = max(latest, event.packet)
        }
        for event in events {
            let isOfTheWhole = event.event == "capture" || event.event == "summary"
            demand((event.connection == nil) == isOfTheWhole, "\(event.event) of connection \(event.connection ?? 0)")
        }
    }

    /// Checks that connections are numbered from 1 in the order of their first events.
    private mutating func checkNumbers(_ trace: Trace) {
        let numbers = trace.events.filter { $0.event == "connection" }.compactMap(\.connection)
        demand(numbers == (0..<UInt64(numbers.count)).map { $0 + 1 }, "connections are numbered \(numbers)")
        demand(trace.connections.map(\.number) == numbers, "events of connections without connection event")
    }

    private mutating func checkLife(_ connection: TraceConnection) {
        for (earlier, later) in zip(connection.events, connection.events.dropFirst()) {
            demand(
                earlier.packet <= later.packet,
                "#\(connection.number): packet \(later.packet) behind \(earlier.packet)")
        }
        let kinds = connection.events.map(\.event)
        demand(kinds.first == "connection", "#\(connection.number) begins with \(kinds.first ?? "nothing")")
        demand(kinds.last == "end", "#\(connection.number) ends with \(kinds.last ?? "nothing")")
        for kind in ["connection", "end"] {
            demand(kinds.count { $0 == kind } == 1, "#\(connection.number) has \(kind) not once")
        }
        demand(connection.events.count { $0.event == "handshake" && $0.accepted == true } <= 1, "accepted twice")
        let named = connection.events.filter { ["connection", "handshake", "end"].contains($0.event) }
        demand(
            Set(named.map(\.sessionId)).count == 1 && named.first?.sessionId?.isEmpty == false,
            "#\(connection.number) has no session_id, or several")
        if let first = connection.events.first, let last = connection.events.last, last.event == "end" {
            demand(
                first.client == last.client && first.server == last.server && first.communityId == last.communityId,
                "#\(connection.number) ends with other names")
            demand(
                last.url == connection.events.last { $0.event == "handshake" }?.url,
                "#\(connection.number) ends with another URL")
        }
    }

    private mutating func checkFrames(_ connection: TraceConnection, _ sender: ExpectedMessage.Sender) {
        let name = "#\(connection.number) from \(sender)"
        let frames = connection.frames.filter { $0.from == sender }
        demand(frames.map(\.index) == Array(0..<frames.count), "\(name): the frames are not counted up by one")
        let offsets = frames.compactMap(\.streamOffset)
        demand(offsets.count == frames.count, "\(name): a frame without stream_offset")
        for (earlier, later) in zip(frames, frames.dropFirst()) {
            let end = UInt64(earlier.streamOffset ?? 0) + 2 + (earlier.length ?? 0)
            demand(UInt64(later.streamOffset ?? 0) >= end, "\(name): the frame at \(later.streamOffset ?? 0) overlaps")
        }
        for frame in frames {
            demand((frame.firstPacket ?? .max) <= frame.packet, "\(name): a frame ends before it begins")
            demand((frame.missing ?? 1) > 0, "\(name): nothing is missing")
        }
        let gaps = connection.events.filter { $0.event == "gap" && $0.from == sender }.compactMap(\.streamOffset)
        demand(zip(gaps, gaps.dropFirst()).allSatisfy(<), "\(name): gaps at \(gaps)")
    }

    /// Checks that messages agree with their frames.
    private mutating func checkMessages(_ connection: TraceConnection, _ sender: ExpectedMessage.Sender) {
        var parts: [TraceEvent] = []
        let indices = connection.events.filter { $0.event == "message" && $0.from == sender }.map(\.messageIndex)
        demand(
            indices == (0..<UInt64(indices.count)).map { $0 },
            "#\(connection.number) from \(sender): the messages are not counted up by one")
        for event in connection.events where event.from == sender {
            switch (event.event, event.opcode) {
            case ("frame", "text"), ("frame", "binary"): parts = [event]
            case ("frame", "continuation"): parts.append(event)
            case ("message", _):
                let name = "#\(connection.number): the message at \(event.streamOffset ?? 0) from \(sender)"
                let length = parts.reduce(0) { $0 + ($1.length ?? 0) }
                guard event.complete == true else {
                    demand((event.frames ?? 0) >= 1, "\(name) has no frame")
                    continue
                }
                demand(
                    parts.allSatisfy { $0.messageIndex == event.messageIndex },
                    "\(name) has not the number of its frames")
                demand(event.frames == parts.count, "\(name) has \(event.frames ?? 0) frames of \(parts.count)")
                demand(event.wireLength == length, "\(name) has not the length of its frames")
                demand(event.opcode == parts.first?.opcode, "\(name) has not the opcode of its first frame")
                demand(event.streamOffset == parts.first?.streamOffset, "\(name) begins elsewhere than its first frame")
                demand(event.firstPacket == parts.first?.firstPacket, "\(name) begins in another packet")
                demand(parts.last?.fin == true && event.packet == parts.last?.packet, "\(name) has no last frame")
                demand(parts.allSatisfy { $0.missing == nil }, "\(name) is complete, but lacks bytes")
                if let payload = event.shownPayload {
                    demand(UInt64(payload.count) == event.length, "\(name) shows \(payload.count) bytes")
                }
            default: break
            }
        }
    }

    /// Checks that a Pong answers an earlier Ping of the other end.
    private mutating func checkAnswers(_ connection: TraceConnection) {
        for pong in connection.frames {
            guard let packet = pong.answersPacket else { continue }
            let isAnswer = connection.frames.contains { ping in
                ping.opcode == "ping" && ping.from != pong.from && (ping.originPacket ?? ping.packet) == packet
            }
            demand(
                pong.opcode == "pong" && isAnswer && packet <= pong.packet,
                "#\(connection.number): no Ping in \(packet)")
        }
    }

    /// Checks that the verdict follows from what the trace itself shows (RFC 6455 7.1.5).
    private mutating func checkVerdict(_ connection: TraceConnection) {
        guard let verdict = connection.verdict else { return }
        let name = "#\(connection.number)"
        let closes = connection.frames.filter { $0.opcode == "close" }
        let (byClient, byServer) = (connection.close(from: .client), connection.close(from: .server))
        demand((verdict.layer == "close-frame") == !closes.isEmpty, "\(name): layer \(verdict.layer)")
        let isShut = byClient != nil && byServer != nil
        demand(verdict.clean == (isShut && verdict.failedBy == nil), "\(name): clean \(verdict.clean)")
        // The first one on the wire, which may have been reported second.
        let first = closes.min { ($0.originPacket ?? $0.packet) < ($1.originPacket ?? $1.packet) }
        demand(verdict.code == first?.close?.code, "\(name): the code is not that of the first Close frame")
        // A gap, or a direction that was not captured, may hide an earlier one.
        let mayHideClose =
            connection.events.contains { $0.event == "gap" } || Set(connection.frames.compactMap(\.from)).count < 2
        let isUndecided = verdict.by == "unknown" && mayHideClose
        if let first {
            demand(verdict.by == first.from?.rawValue || isUndecided, "\(name): closed by \(verdict.by)")
        }
        let ends = [
            (ExpectedMessage.Sender.client, verdict.clientSees, byServer), (.server, verdict.serverSees, byClient),
        ]
        for (who, sees, received) in ends {
            guard let received, verdict.failedBy != who else {
                demand(sees == nil || sees == 1006, "\(name): \(sees ?? 0) seen, but no Close frame received")
                continue
            }
            let isRefused = sees == 1006 && connection.events.last?.tcp?.rstFrom == who
            demand(isRefused || sees == received.code ?? 1005, "\(name): \(sees ?? 0) seen, \(received) received")
        }
        let events = connection.events.last?.closeEvents
        demand(events?.client?.code == verdict.clientSees, "\(name): the client's close event has another code")
        demand(events?.server?.code == verdict.serverSees, "\(name): the server's close event has another code")
        let isFailureShown = verdict.failedBy == nil || connection.events.contains { $0.rule == verdict.failedOver }
        demand(isFailureShown || verdict.failedOver == nil, "\(name): failed over what was never told")
    }

    private mutating func checkSummary(_ trace: Trace) {
        guard let summary = trace.events.last else { return }
        let frames = trace.events.filter { $0.event == "frame" }
        let messages = trace.events.filter { $0.event == "message" && $0.complete == true }
        demand(summary.frames == frames.count, "the summary counts \(summary.frames ?? 0) frames")
        demand(summary.messages == messages.count, "the summary counts \(summary.messages ?? 0) messages")
        let length = messages.reduce(0) { $0 + ($1.length ?? 0) }
        demand(
            UInt64(summary.payloadBytes ?? 0) == length,
            "the summary counts \(summary.payloadBytes ?? 0) bytes of payload")
        let gaps = trace.events.count { $0.event == "gap" }
        demand(summary.gaps == gaps, "the summary counts \(summary.gaps ?? 0) gaps")
        for (severity, count) in summary.findings ?? [:] {
            let found = trace.events.count { $0.severity == severity }
            demand(found == count, "the summary counts \(count) findings of severity \(severity)")
        }
        let sessions = trace.connections.count { $0.handshake != nil }
        demand((summary.websocketConnections ?? 0) >= sessions, "the summary counts fewer sessions")
        demand((summary.packets ?? 0) <= summary.packet, "the summary counts more packets than there were")
        for connection in trace.connections { checkTraffic(connection) }
    }

    private mutating func checkTraffic(_ connection: TraceConnection) {
        guard let end = connection.events.last else { return }
        for (sender, traffic) in [(ExpectedMessage.Sender.client, end.fromClient), (.server, end.fromServer)] {
            let name = "#\(connection.number) from \(sender)"
            let frames = connection.frames.filter { $0.from == sender }
            let messages = connection.events.filter {
                $0.event == "message" && $0.complete == true && $0.from == sender
            }
            let length = messages.reduce(0) { $0 + ($1.length ?? 0) }
            demand(traffic?.frames == frames.count, "\(name): the end counts other frames")
            demand(traffic?.messages == messages.count, "\(name): the end counts other messages")
            demand(UInt64(traffic?.payloadBytes ?? 0) == length, "\(name): the end counts other bytes of payload")
            for (opcode, count) in traffic?.framesByOpcode ?? [:] {
                demand(frames.count { $0.opcode == opcode } == count, "\(name): the end counts other \(opcode) frames")
            }
            let captured = frames.reduce(0) { $0 + 2 + ($1.length ?? 0) - ($1.missing ?? 0) }
            demand(UInt64(traffic?.wireBytes ?? 0) >= captured, "\(name): fewer bytes on the wire than in the frames")
        }
    }
}
