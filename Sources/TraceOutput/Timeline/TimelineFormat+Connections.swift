import CaptureAnalysis
import PacketDecoding
import TCPReassembly
import WebSocketProtocol
import WireFormat

/// The lines about a connection as a whole: heading, TCP, HTTP, end.
extension TimelineFormat {
    /// The connection's heading, and the lines of its three-way handshake.
    mutating func writeHeader(
        _ start: borrowing ConnectionStart, _ handshake: Handshake?, at context: borrowing EventContext
    ) {
        let style = self.style(.heading)
        output.begin(style)
        append(context.session)
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
        if let encryption = start.encryption { write(encryption) }
        endLine()
        writeThreeWayHandshake(start.tcp, at: context)
    }

    /// What the connection is encrypted with, at the end of its heading.
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

    /// The three-way handshake (RFC 9293 3.5), as far as it was captured.
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

    /// The lines of the request and the response.
    ///
    /// What was negotiated stands in the connection's heading, or with the response if the heading had an earlier upgrade.
    mutating func writeLines(_ handshake: borrowing Handshake, at context: borrowing EventContext, isInHeader: Bool) {
        beginLine(context, elapsed: handshake.requestElapsed, "HTTP", .faint, from: .client)
        if handshake.requestPacket > 0 {
            output.append("GET ")
            let columns = 4 + output.append(untrusted: handshake.target).columns
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
            output.append(handshake.isAccepted || handshake.isAnswerMissing ? "answer not captured\n" : "no answer\n")
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
            output.append("  ")
            output.append(untrusted: name)
            output.append(" declined")
        }
    }
}
