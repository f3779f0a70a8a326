import CaptureAnalysis
import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// The lines about a connection as a whole: its header, TCP, HTTP, its end.
extension TimelineFormat {
    /// The connection's own line, and those of the three-way handshake that came before it.
    mutating func writeHeader(
        _ start: borrowing ConnectionStart, _ handshake: Handshake?, at context: borrowing EventContext
    ) {
        let style = self.style(.heading)
        output.begin(style)
        output.append("#")
        output.append(decimal: context.connection)
        output.append(" ")
        output.append(verbatim: "\(start.client) → \(start.server)")
        output.end(style)
        if let handshake {
            output.append("  ")
            output.append(untrusted: handshake.url)
            writeNegotiated(handshake)
        } else if start.opening == .midstream {
            output.append("  began before the capture")
        }
        endLine()
        writeThreeWayHandshake(start.tcp, at: context)
    }

    /// The three-way handshake (RFC 9293 3.5), as far as the capture holds it.
    private mutating func writeThreeWayHandshake(
        _ tcp: ConnectionStart.ThreeWayHandshake, at context: borrowing EventContext
    ) {
        let initiator: Role = tcp.isClientInitiator == false ? .server : .client
        if let syn = tcp.syn { write(syn, "SYN", from: initiator, leaving: (.synSent, .listen), at: context) }
        if let synAck = tcp.synAck {
            write(synAck, "SYN ACK", from: initiator.peer, leaving: (.synReceived, .synSent), at: context)
        }
        if let ack = tcp.ack {
            let states = (TCPState.established, TCPState.established)
            write(ack, "ACK", from: initiator, leaving: states, at: context, openIn: tcp.connectTime)
        }
    }

    private mutating func write(
        _ segment: ConnectionStart.ThreeWayHandshake.Segment, _ flags: StaticString, from: Role,
        leaving states: (sender: TCPState, receiver: TCPState), at context: borrowing EventContext, openIn: Int64? = nil
    ) {
        let captureStart = Timestamp(nanoseconds: context.time.nanoseconds &- context.elapsed)
        beginLine(context, elapsed: segment.time.nanoseconds(since: captureStart), "TCP ", .faint, from: from)
        output.append(flags)
        var columns = flags.utf8CodeUnitCount
        if let openIn {
            beginDetail(after: columns)
            columns = Self.middleWidth
            output.append("open in ")
            output.append(verbatim: Quantity.duration(openIn))
        }
        if options.isVerbose {
            beginDetail(after: columns)
            output.append("packet ")
            output.append(decimal: segment.packet)
            output.append(" seq ")
            output.append(decimal: UInt64(segment.sequence))
            if let acknowledgment = segment.acknowledgment {
                output.append(" ack ")
                output.append(decimal: UInt64(acknowledgment))
            }
            output.append("  client ")
            output.append(verbatim: (from == .client ? states.sender : states.receiver).name)
            output.append("  server ")
            output.append(verbatim: (from == .client ? states.receiver : states.sender).name)
        }
        endLine()
    }

    /// The request's line and the response's.
    ///
    /// What was negotiated stands in the connection's own line, or with the response where that line was about an
    /// earlier upgrade.
    mutating func writeLines(_ handshake: borrowing Handshake, at context: borrowing EventContext, isInHeader: Bool) {
        beginLine(context, elapsed: handshake.requestElapsed, "HTTP", .faint, from: .client)
        output.append("GET ")
        let columns = 4 + output.append(untrusted: handshake.target).columns
        beginDetail(after: columns)
        output.append("upgrade: websocket")
        if let version = handshake.version {
            output.append(" ")
            output.append(decimal: Int64(version))
        }
        endLine()
        guard let status = handshake.status else {
            beginLine(context, "HTTP", .faint, from: nil)
            output.append("no answer\n")
            return
        }
        writePacket(context)
        beginLine(context, "HTTP", .faint, from: .server)
        output.append(decimal: Int64(status))
        beginDetail(after: 3)
        switch handshake.isAcceptValid {
        case true?: output.append("accept valid")
        case false?: append("accept wrong", .error)
        case nil: output.append(handshake.isAccepted ? "accepted" : "refused")
        }
        if let time = handshake.responseTime {
            output.append(" after ")
            output.append(verbatim: Quantity.duration(time))
        }
        if !isInHeader { writeNegotiated(handshake) }
        endLine()
    }

    private mutating func writeNegotiated(_ handshake: borrowing Handshake) {
        if let subprotocol = handshake.subprotocol {
            output.append("  subprotocol ")
            output.append(untrusted: subprotocol)
        }
        for element in handshake.extensions {
            output.append("  ")
            output.append(untrusted: element.name)
            guard options.isVerbose else { continue }
            for parameter in element.parameters {
                output.append("; ")
                output.append(untrusted: parameter.name)
                guard let value = parameter.value else { continue }
                output.append("=")
                output.append(untrusted: value)
            }
        }
        guard handshake.isAccepted else { return }
        for name in handshake.refusedExtensions {
            output.append("  without ")
            output.append(untrusted: name)
        }
    }

    /// A segment with SYN, FIN or RST; others, which only move an end to another state, with `-v` alone.
    mutating func write(_ segment: borrowing ControlSegment, at context: borrowing EventContext) {
        let flags = segment.flags
        guard options.isVerbose || !flags.isDisjoint(with: [.syn, .fin, .rst]) else { return }
        writePacket(context)
        beginLine(context, "TCP ", .faint, from: segment.from)
        var columns = 0
        columns += write(flags, .syn, "SYN", after: columns)
        columns += write(flags, .fin, "FIN", after: columns)
        columns += write(flags, .rst, "RST", after: columns)
        columns += write(flags, .ack, "ACK", after: columns)
        if segment.payloadLength > 0 {
            beginDetail(after: columns)
            output.append("with ")
            output.append(decimal: Int64(segment.payloadLength))
            output.append(" B")
        }
        endLine()
    }

    private mutating func write(_ flags: TCPFlags, _ flag: TCPFlags, _ name: StaticString, after columns: Int) -> Int {
        guard flags.contains(flag) else { return 0 }
        if columns > 0 { output.append(" ") }
        output.append(name)
        return columns > 0 ? 4 : 3
    }

    mutating func write(_ end: borrowing SessionEnd, at context: borrowing EventContext) {
        let row = sessions.end(end, connection: context.connection)
        beginLine(context.connection, elapsed: nil)
        append("end:", .heading)
        output.append(" ")
        output.append(untrusted: VerdictText.sentence(end.verdict, upgrade: row?.upgrade ?? .unseen))
        endLine()
        guard let compression = end.compression else { return }
        beginLine(context.connection, elapsed: nil)
        append("compression:", .heading)
        output.append(" → ")
        output.append(verbatim: CompressionText.words(compression.client))
        output.append("; ← ")
        output.append(verbatim: CompressionText.words(compression.server))
        endLine()
    }

    /// The ways in which sessions ended alike, behind the list of sessions.
    mutating func writePatterns(_ patterns: [EndingPattern]) {
        guard !patterns.isEmpty else { return }
        append("patterns:", .heading)
        endLine()
        for pattern in patterns.prefix(Self.maximumPatternLines) {
            output.append("  ")
            output.append(verbatim: "\(PatternText.ending(pattern)), \(PatternText.cause(pattern))")
            endLine()
        }
        if patterns.count > Self.maximumPatternLines {
            output.append("  … and ")
            output.append(decimal: Int64(patterns.count - Self.maximumPatternLines))
            output.append(" more\n")
        }
    }

    /// The list of sessions behind the last line, where there were several.
    mutating func writeSessions() {
        guard sessions.count > 1 else { return }
        append("sessions:", .heading)
        endLine()
        let rows = sessions.rows
        for row in rows {
            output.append("  #")
            output.append(decimal: row.connection)
            output.append(" ")
            output.append(verbatim: row.peers)
            if !row.url.isEmpty {
                output.append("  ")
                output.append(untrusted: row.url)
            }
            guard let ending = row.ending else { continue }
            output.append("  ")
            output.append(untrusted: VerdictText.sentence(ending.verdict, upgrade: row.upgrade))
            output.append("  (→ ")
            output.append(verbatim: Quantity.count(ending.framesFromClient, "frame"))
            output.append(", ← ")
            output.append(decimal: ending.framesFromServer)
            output.append(")\n")
        }
        if sessions.omitted > 0 {
            output.append("  … and ")
            output.append(decimal: sessions.omitted)
            output.append(" more\n")
        }
    }
}
