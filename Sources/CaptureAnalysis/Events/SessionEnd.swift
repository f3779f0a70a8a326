public import WebSocketProtocol

/// The end of a session: who ended it, how, and what it came to.
public struct SessionEnd: Sendable {
    /// Who ended a session, at which layer, and what the applications are told.
    public struct Verdict: Sendable {
        /// Who.
        public enum Party: String, Sendable {
            case client, server, network, unknown
        }

        /// At which layer.
        public enum Layer: String, Sendable {
            case closeFrame = "close-frame"
            case fin, rst, timeout
            case captureEnd = "capture-end"
        }

        /// Who ended it.
        public var by: Party
        /// How.
        public var layer: Layer
        /// Whether both ends sent a Close frame (RFC 6455 7.1.4).
        public var isClean: Bool
        /// The code of the first Close frame; nil where there was none, or it had none.
        public var code: CloseCode?
        /// The reason in the first Close frame, where it is UTF-8.
        public var reason: String?
        /// The code that the client's application gets; nil while its session is open, and where a gap hides what it
        /// received.
        public var clientSees: CloseCode?
        /// The code that the server's application gets; nil while its session is open, and where a gap hides what it
        /// received.
        public var serverSees: CloseCode?
        /// Nanoseconds without a frame before the end.
        public var silence: Int64?
        /// Pings without a Pong, of both ends.
        public var unansweredPings: UInt64
    }

    /// A step in the life of an end's WebSocket.
    public struct ReadyStateChange: Sendable {
        /// The new state.
        public var state: ReadyState
        /// Nanoseconds since the capture's first packet.
        public var elapsed: Int64
    }

    /// What one end sent.
    public struct Traffic: Sendable {
        /// Frames.
        public var frames: UInt64 = 0
        /// Complete data messages.
        public var messages: UInt64 = 0
        /// Decoded bytes of those.
        public var payloadBytes: UInt64 = 0
        /// Bytes of the stream after the upgrade: headers and payloads, as far as captured.
        public var wireBytes: UInt64 = 0
        /// Frames by opcode value, 16 counts.
        public var framesByOpcode: InlineArray<16, UInt64> = .init(repeating: 0)
        /// The time from each complete data message to the next; nil where there were fewer than two, and where it is
        /// not asked for (``AnalysisOptions/measuresIntervals``).
        public var messageInterval: Durations?
    }

    /// Durations in nanoseconds, and how they are distributed.
    public struct Durations: Sendable {
        /// How many there were.
        public var count: UInt64
        /// The shortest.
        public var min: Int64
        /// The one that half of them do not exceed.
        public var p50: Int64
        /// The one that 90 % of them do not exceed.
        public var p90: Int64
        /// The one that 99 % of them do not exceed.
        public var p99: Int64
        /// The longest.
        public var max: Int64
    }

    /// How the TCP connection fared.
    public struct TCPHealth: Sendable {
        /// Segments that brought only bytes already seen.
        public var retransmittedSegments: UInt64
        /// Segments that arrived after a later one.
        public var outOfOrderSegments: UInt64
        /// Bytes that the capture does not hold, both streams.
        public var gapBytes: UInt64
        /// The packets with each end's first FIN, in order.
        public var finPackets: [UInt64]
        /// The packet with the first RST.
        public var resetPacket: UInt64?
    }

    /// Why it ended.
    public var verdict: Verdict
    /// The life of the client's WebSocket.
    public var clientReadyStates: [ReadyStateChange]
    /// The life of the server's WebSocket.
    public var serverReadyStates: [ReadyStateChange]
    /// Nanoseconds from the connection's first packet to its last.
    public var duration: Int64
    /// What the client sent.
    public var fromClient: Traffic
    /// What the server sent.
    public var fromServer: Traffic
    /// Round trips; nil when no Ping was answered.
    public var pingRoundTrip: Durations?
    /// The TCP connection's health.
    public var tcp: TCPHealth
}
