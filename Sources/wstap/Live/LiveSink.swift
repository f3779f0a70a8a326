import CaptureAnalysis
import PacketDecoding
import TraceOutput

/// Hands events on to a format, and notes on which connections WebSocket was seen.
struct LiveSink<Format: OutputFormat & ~Copyable>: EventSink, ~Copyable {
    /// The format.
    var format: Format
    /// The ends of connections that were told of; only where they are wanted.
    private var announced: [ConnectionEnds] = []
    /// Whether they are wanted.
    let notesConnections: Bool

    init(_ format: consuming Format, notesConnections: Bool) {
        self.format = format
        self.notesConnections = notesConnections
    }

    /// Hands over the ends of connections that were told of since this was asked.
    mutating func takeAnnounced() -> [ConnectionEnds] {
        guard !announced.isEmpty else { return [] }
        defer { announced = [] }
        return announced
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        if notesConnections {
            switch event {
            case .connection(let start): announced.append(ConnectionEnds(start.client, start.server))
            default: break
            }
        }
        format.receive(event, at: context, payload: payload)
    }
}
