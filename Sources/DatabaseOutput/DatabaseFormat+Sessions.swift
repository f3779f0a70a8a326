import CaptureAnalysis
import PacketDecoding
import TraceOutput
import WebSocketProtocol
import WireFormat

/// The capture and its sessions.
extension DatabaseFormat {
    func add(_ start: borrowing CaptureStart, at context: borrowing EventContext, to tables: Tables) {
        let row = tables.capture
        row.bind("wstap " + options.version)
        row.bind(JSONText.list(start.sources))
        row.bind(context.time.nanoseconds)
        tables.add(row)
    }

    func add(_ summary: borrowing Summary, to tables: Tables) {
        let row = tables.captureTotals
        row.bind(summary.duration)
        for count in [
            summary.packets, summary.bytes, summary.tcpConnections, summary.webSocketConnections, summary.frames,
            summary.messages, summary.payloadBytes, summary.notes, summary.warnings, summary.errors, summary.gaps,
            summary.unreadablePackets, summary.connectionsGivenUp,
        ] { row.bind(count) }
        row.bind(summary.losses?.droppedByKernel)
        row.bind(summary.losses?.droppedByInterface)
        // There is one capture.
        row.bind(Int64(1))
        tables.add(row)
    }

    func add(_ start: borrowing ConnectionStart, at context: borrowing EventContext, to tables: Tables) {
        let row = tables.session
        row.bind(context.session.rowID)
        row.bind(context.session.connection)
        row.bind(context.session.stream)
        row.bind(start.identity.sessionID)
        row.bind(context.packet)
        row.bind(context.time.nanoseconds)
        row.bind(start.opening.rawValue)
        row.bind(String(describing: start.client.address))
        row.bind(UInt64(start.client.port))
        row.bind(String(describing: start.server.address))
        row.bind(UInt64(start.server.port))
        row.bind(start.communityID)
        row.bind(start.linkType.name)
        row.bind(start.interface)
        row.bind(start.tcp.connectTime)
        tables.add(row)
        if start.opening == .handshake { tables.unaccepted[context.session] = .pending }
    }

    func add(_ handshake: borrowing Handshake, at context: borrowing EventContext, to tables: Tables) {
        let row = tables.upgrade
        row.bind(handshake.isAccepted)
        row.bind(handshake.status.map { Int64($0) })
        row.bind(handshake.isAnswerMissing)
        row.bind(handshake.url)
        row.bind(handshake.host)
        row.bind(handshake.target)
        row.bind(handshake.method)
        row.bind(handshake.httpVersion)
        row.bind(handshake.subprotocol)
        row.bind(handshake.extensions.isEmpty ? nil : Self.text(of: handshake.extensions))
        row.bind(handshake.isAcceptValid)
        row.bind(handshake.requestPacket)
        row.bind(handshake.responsePacket)
        row.bind(handshake.responseTime)
        row.bind(JSONText.pairs(handshake.requestHeader))
        row.bind(JSONText.pairs(handshake.responseHeader))
        row.bind(context.session.rowID)
        tables.add(row)
        tables.unaccepted[context.session] =
            handshake.isAccepted ? nil : SessionRow.Upgrade(handshake)
    }

    /// Formats extensions as in their header field.
    private static func text(of extensions: [WebSocketExtension]) -> String {
        extensions.map { element in
            let parameters = element.parameters.map { "; " + $0.name + ($0.value.map { "=" + $0 } ?? "") }
            return element.name + parameters.joined()
        }.joined(separator: ", ")
    }

    func add(_ end: borrowing SessionEnd, at context: borrowing EventContext, to tables: Tables) {
        let row = tables.ending
        let verdict = end.verdict
        // Not where it is reported: that depends on other traffic, and so on how a capture is split into shards.
        let place = context.place(of: end.origin)
        row.bind(place.packet)
        row.bind(place.time.nanoseconds)
        let upgrade = tables.unaccepted.removeValue(forKey: context.session) ?? .accepted
        row.bind(VerdictMessage.text(verdict, upgrade: upgrade))
        row.bind(verdict.by.rawValue)
        row.bind(verdict.layer.rawValue)
        row.bind(verdict.isClean)
        row.bind((verdict.code?.rawValue).map { UInt64($0) })
        row.bind(verdict.code?.name)
        row.bind(verdict.reason)
        row.bind((verdict.clientSees?.rawValue).map { UInt64($0) })
        row.bind((verdict.serverSees?.rawValue).map { UInt64($0) })
        row.bind(verdict.silence)
        row.bind(verdict.messageSilence)
        row.bind(verdict.unansweredPings)
        row.bind(verdict.uncertainPings)
        row.bind(role: verdict.failure?.by)
        row.bind(verdict.failure?.rule?.id)
        row.bind(end.duration)
        bind(end.fromClient, to: row)
        bind(end.fromServer, to: row)
        row.bind(end.pingRoundTrip?.count ?? 0)
        row.bind(end.pingRoundTrip?.p50)
        row.bind(end.pingRoundTrip?.p99)
        row.bind(end.pingRoundTrip?.max)
        row.bind(end.tcp.retransmittedSegments)
        row.bind(end.tcp.outOfOrderSegments)
        row.bind(end.tcp.gapBytes)
        row.bind(end.tcp.resetPacket)
        row.bind(role: end.tcp.resetFrom)
        row.bind(context.session.rowID)
        tables.add(row)
    }

    private func bind(_ traffic: SessionEnd.Traffic, to row: Statement) {
        row.bind(traffic.frames)
        row.bind(traffic.messages)
        row.bind(traffic.payloadBytes)
        row.bind(traffic.wireBytes)
    }
}

extension SessionID {
    /// The session's key: the connection's number or, if the connection carries several sessions, that times 2^32 plus
    /// the stream's number.
    var rowID: Int64 {
        let connection = Int64(truncatingIfNeeded: connection)
        guard let stream else { return connection }
        return connection &<< 32 | Int64(truncatingIfNeeded: stream & 0xffff_ffff)
    }
}

extension Statement {
    /// Binds an end of a connection.
    @inline(__always)
    func bind(role: Role?) {
        switch role {
        case .client: bind(word: "client")
        case .server: bind(word: "server")
        case nil: bindNull()
        }
    }
}
