import CaptureAnalysis
import PacketDecoding
import WebSocketProtocol

/// The lines about TCP: segments, deliveries, gaps, and findings about any layer.
extension TimelineFormat {
    /// A segment with SYN, FIN or RST; with `-v`, also any other that changes an end's state.
    mutating func write(_ segment: borrowing ControlSegment, at context: borrowing EventContext) {
        let flags = segment.flags
        guard options.isVerbose || !flags.isDisjoint(with: [.syn, .fin, .rst]) else { return }
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
        endLine(context)
    }

    /// An alert of TLS.
    mutating func write(_ alert: borrowing Alert, at context: borrowing EventContext) {
        beginLine(context, "TLS ", .faint, from: alert.from)
        append(alert.isFatal ? "FATAL ALERT" : "ALERT", alert.isFatal ? .warning : .faint)
        beginDetail(after: alert.isFatal ? 11 : 5)
        output.append(verbatim: alert.name)
        endLine(context)
    }

    private mutating func write(_ flags: TCPFlags, _ flag: TCPFlags, _ name: StaticString, after columns: Int) -> Int {
        guard flags.contains(flag) else { return 0 }
        if columns > 0 { output.append(" ") }
        output.append(name)
        return columns > 0 ? 4 : 3
    }

    mutating func write(_ delivery: borrowing Delivery, at context: borrowing EventContext) {
        let isAcknowledged = delivery.outcome == .acknowledged
        beginLine(context, "TCP ", .faint, from: isAcknowledged ? delivery.from.peer : delivery.from)
        append(isAcknowledged ? "ACK" : "NO ACK", isAcknowledged ? .faint : .warning)
        beginDetail(after: isAcknowledged ? 3 : 6)
        output.append("message of packet ")
        output.append(decimal: delivery.messagePacket)
        switch delivery.outcome {
        case .acknowledged: output.append(" acknowledged")
        case .reset: output.append(" not acknowledged when the connection was reset")
        case .closed: output.append(" not acknowledged when the connection was closed")
        case .captureEnd: output.append(" not acknowledged when the capture ended")
        }
        if let time = delivery.acknowledgedAfter {
            output.append(" after ")
            output.append(verbatim: Quantity.duration(time))
        }
        if delivery.retransmissions > 0 {
            output.append(", ")
            output.append(verbatim: Quantity.count(delivery.retransmissions, "retransmission"))
        }
        endLine(context)
    }

    mutating func write(_ gap: borrowing Gap, at context: borrowing EventContext) {
        beginLine(context, "TCP ", .faint, from: gap.from)
        append("GAP       ", .warning)
        if let length = gap.length {
            write(length: length)
            output.append("  not captured")
        } else {
            output.append("           earlier bytes not captured")
        }
        endLine(context)
    }

    mutating func write(_ resync: borrowing Resync, at context: borrowing EventContext) {
        beginLine(context, "WS  ", from: resync.from)
        output.append("decoding resumes, ")
        switch resync.confidence {
        case .proven: output.append("proven")
        case .inferred: output.append("inferred")
        }
        if resync.skipped > 0 {
            output.append(", ")
            output.append(decimal: resync.skipped)
            output.append(" B skipped")
        }
        endLine(context)
    }

    mutating func writeLine(_ finding: borrowing Finding, at context: borrowing EventContext) {
        switch finding.severity {
        case .note: beginLine(context, "NOTE", .note, from: finding.from)
        case .warning: beginLine(context, "WARN", .warning, from: finding.from)
        case .error: beginLine(context, "ERR ", .error, from: finding.from)
        }
        output.append(untrusted: finding.text)
        let style = self.style(.faint)
        output.begin(style)
        output.append("  [")
        output.append(untrusted: finding.rule)
        output.append(", ")
        output.append(untrusted: finding.reference)
        if options.isVerbose { writePlace(of: finding) }
        output.append("]")
        output.end(style)
        endLine(context)
    }

    /// For example ", frame 3 at byte 180": the 0-based number of the frame and the offset in its stream.
    private mutating func writePlace(of finding: borrowing Finding) {
        guard let offset = finding.streamOffset else { return }
        output.append(",")
        if let index = finding.frameIndex {
            output.append(" frame ")
            output.append(decimal: index)
        }
        output.append(" at byte ")
        output.append(decimal: offset)
    }
}
