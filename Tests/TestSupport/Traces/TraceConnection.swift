/// What a trace tells of one connection.
public struct TraceConnection: Sendable {
    /// Its number.
    public let number: UInt64
    /// Its events, in order.
    public let events: [TraceEvent]

    /// The client's address and port, as `ExpectedConnection` has it.
    public var client: String? {
        events.first { $0.event == "connection" }?.client.map { end in
            end.ip.contains(":") ? "[\(end.ip)]:\(end.port)" : "\(end.ip):\(end.port)"
        }
    }

    /// The upgrade that was accepted.
    public var handshake: TraceEvent? {
        events.first { $0.event == "handshake" && $0.accepted == true }
    }

    /// The Sec-WebSocket-Key of the upgrade that was accepted.
    public var key: String? {
        handshake?.requestHeaders?.first { $0.first?.lowercased() == "sec-websocket-key" }?.last
    }

    /// The statuses of upgrades that were refused.
    public var refused: [Int] {
        events.compactMap { $0.event == "handshake" && $0.accepted == false ? $0.status : nil }
    }

    /// The frames, of both ends.
    public var frames: [TraceEvent] {
        events.filter { $0.event == "frame" }
    }

    /// The Pings that are shown whole, as endpoints would have logged them.
    public var pings: [ExpectedMessage] {
        frames.compactMap { $0.opcode == "ping" ? $0.payloadSeen : nil }
    }

    /// The first Close frame that an end sent.
    public func close(from sender: ExpectedMessage.Sender) -> TraceEvent.Close? {
        frames.first { $0.opcode == "close" && $0.from == sender }?.close
    }

    /// What the applications are told at its end.
    public var closeEvents: TraceEvent.CloseEvents? {
        events.last { $0.event == "end" }?.closeEvents
    }

    /// How it ended.
    public var verdict: TraceEvent.Verdict? {
        events.last { $0.event == "end" }?.verdict
    }
}
