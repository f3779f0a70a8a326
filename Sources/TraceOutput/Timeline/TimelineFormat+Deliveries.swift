import CaptureAnalysis
import WebSocketProtocol

/// The lines about how messages arrived.
extension TimelineFormat {
    mutating func write(_ delivery: borrowing Delivery, at context: borrowing EventContext) {
        writePacket(context)
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
        endLine()
    }
}
