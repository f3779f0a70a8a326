import CaptureAnalysis
import WebSocketProtocol

/// What a filter says of a single event, whatever its connection.
extension EventFilter {
    /// Whether an event's sender passes, if it has one.
    func passesSender(_ event: borrowing Event) -> Bool {
        guard let from else { return true }
        let sender: Role? =
            switch event {
            case .frame(let frame): frame.from
            case .message(let message): message.from
            case .gap(let gap): gap.from
            case .resync(let resync): resync.from
            case .delivery(let delivery): delivery.from
            case .alert(let alert): alert.from
            case .segment(let segment): segment.from
            case .finding(let finding): finding.from
            case .capture, .connection, .encrypted, .exchange, .handshake, .end, .summary: nil
            }
        return sender == nil || sender == from
    }

    /// Whether a frame or message passes, but for its payload.
    func passes(_ event: borrowing Event) -> Bool {
        guard passesSender(event) else { return false }
        let opcode: Opcode
        switch event {
        case .frame(let frame): opcode = frame.frame.header.opcode
        case .message(let message): opcode = message.message.isText ? .text : .binary
        default: return false
        }
        if let opcodes, !opcodes.contains(opcode) { return false }
        return grep == nil || EventKind(event) != .frame || opcode.isControl
    }
}
