import CaptureAnalysis
import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// The lines about a connection as a whole: heading, TCP, HTTP, end.
extension TimelineFormat {
    /// The fewest columns that a URL is shortened to.
    static let usefulURL = 24
    /// The columns of a request's line without its target, for the longest tag and time.
    private static let columnsAroundTarget = 60

    /// The connection's heading, and the lines of its three-way handshake.
    mutating func writeHeader(
        _ start: borrowing ConnectionStart, _ handshake: Handshake?, at context: borrowing EventContext
    ) {
        if headedSession == nil, !isTagged { headedSession = context.session }
        if headedSession != context.session { isTagged = true }
        let style = self.style(.heading)
        output.begin(style)
        let columns = append(context.session)
        output.append(" ")
        let ends = "\(start.client) → \(start.server)"
        output.append(verbatim: ends)
        output.end(style)
        if let handshake {
            let negotiated = negotiated(handshake)
            let used = columns + 1 + TerminalText.columns(of: ends) + 2 + TerminalText.columns(of: negotiated)
            output.append("  ")
            output.append(untrusted: shortened(handshake.url, columns: (options.width ?? .max) - used))
            output.append(untrusted: negotiated)
        } else if start.opening == .midstream {
            output.append("  began before the capture")
        }
        if let encryption = start.encryption { write(encryption) }
        if let proxied = start.proxied {
            output.append(verbatim: "  a proxy's, for \(proxied.client) → \(proxied.server)")
        }
        endLine()
        writeThreeWayHandshake(start.tcp, at: context)
    }

    /// Writes what the connection is encrypted with, at the end of its heading.
    private mutating func write(_ encryption: Encryption) {
        output.append("  TLS")
        if let version = encryption.version {
            output.append(" ")
            output.append(verbatim: version)
        }
        guard options.isVerbose else { return }
        for text in [encryption.cipherSuite, encryption.serverName, encryption.applicationProtocol] {
            guard let text else { continue }
            output.append(" ")
            output.append(untrusted: text)
        }
        if encryption.isResumed { output.append(" resumed") }
    }

    /// Writes what was captured of the three-way handshake (RFC 9293 3.5).
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
        let elapsed = segment.time.nanoseconds(since: captureStart)
        beginLine(context, elapsed: elapsed, packet: segment.packet, "TCP ", .faint, from: from)
        output.append(flags)
        if let openIn {
            beginDetail(after: flags.utf8CodeUnitCount)
            output.append("open in ")
            output.append(verbatim: Quantity.duration(openIn))
        }
        if options.isVerbose {
            let faint = style(.faint)
            output.begin(faint)
            append(sequence: segment.sequence, acknowledgment: segment.acknowledgment)
            output.append("  client ")
            output.append(verbatim: (from == .client ? states.sender : states.receiver).name)
            output.append("  server ")
            output.append(verbatim: (from == .client ? states.receiver : states.sender).name)
            output.end(faint)
        }
        endLine()
    }

    /// Writes the lines of the request and the response.
    ///
    /// What was negotiated is in the connection's heading, or with the response if the heading had an earlier upgrade.
    mutating func writeLines(_ handshake: borrowing Handshake, at context: borrowing EventContext, isInHeader: Bool) {
        beginLine(
            context, elapsed: handshake.requestElapsed, packet: handshake.requestPacket, "HTTP", .faint, from: .client)
        if handshake.requestPacket > 0 {
            var columns = output.append(untrusted: handshake.method).columns
            output.append(" ")
            let target = shortened(handshake.target, columns: (options.width ?? .max) - Self.columnsAroundTarget)
            columns += 1 + output.append(untrusted: target).columns
            beginDetail(after: columns)
            output.append("upgrade: websocket")
            if let version = handshake.version {
                output.append(" ")
                output.append(decimal: Int64(version))
            }
            endLine()
        } else {
            output.append("request not captured\n")
        }
        guard let status = handshake.status else {
            beginLine(context, "HTTP", .faint, from: nil)
            let isMissing = handshake.isAccepted || handshake.isAnswerMissing
            output.append(verbatim: isMissing ? handshake.missingAnswer : "no answer")
            output.append("\n")
            return
        }
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
        if !isInHeader { output.append(untrusted: negotiated(handshake)) }
        endLine(context)
    }

    /// The subprotocol and the extensions, each after two spaces; not yet safe for a terminal.
    private func negotiated(_ handshake: borrowing Handshake) -> String {
        var text = handshake.subprotocol.map { "  subprotocol \($0)" } ?? ""
        for element in handshake.extensions {
            text += "  \(element.name)"
            guard options.isVerbose else { continue }
            for parameter in element.parameters {
                text += "; \(parameter.name)" + (parameter.value.map { "=\($0)" } ?? "")
            }
        }
        guard handshake.isAccepted else { return text }
        for name in handshake.refusedExtensions { text += "  \(name) declined" }
        return text
    }

    /// A URL or a part of one, shortened in the middle if it is wider than `columns`; some columns always remain.
    func shortened(_ url: String, columns: Int) -> String {
        TerminalText.cut(url, toWidth: max(columns, Self.usefulURL))
    }
}
