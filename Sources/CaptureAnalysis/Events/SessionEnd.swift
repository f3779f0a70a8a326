public import WebSocketProtocol

/// The end of a session: who ended it, how, and what it came to.
public struct SessionEnd: Sendable {
    /// Who ended a session, at which layer, and what the applications are told.
    public struct Verdict: Hashable, Sendable {
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
        /// Whether both ends sent a Close frame and neither has failed the connection (RFC 6455 7.1.4).
        public var isClean: Bool
        /// The code of the first Close frame; nil where there was none, or it had none.
        public var code: CloseCode?
        /// The reason in the first Close frame, where it is UTF-8.
        public var reason: String?
        /// Which end has failed the connection; nil where neither has.
        public var failure: Failure?
        /// What the client's application is told; nil while its session is open, and where a gap hides what it received.
        public var clientEvent: CloseEvent?
        /// What the server's application is told; nil likewise.
        public var serverEvent: CloseEvent?
        /// The code that the client's application gets.
        public var clientSees: CloseCode? { clientEvent?.code }
        /// The code that the server's application gets.
        public var serverSees: CloseCode? { serverEvent?.code }
        /// Nanoseconds without a frame before the end.
        public var silence: Int64?
        /// Pings without a Pong, of both ends.
        public var unansweredPings: UInt64
        /// What was never answered, where the layer is a timeout.
        public var timeout: Unanswered?
    }

    /// An end has failed the connection (RFC 6455 7.1.7): it read nothing more, and its application was told 1006.
    public struct Failure: Hashable, Sendable {
        /// Which end.
        public var by: Role
        /// The rule that the other end broke before; nil where that was not seen.
        public var violation: Violation?

        /// Makes a failure.
        public init(by role: Role, violation: Violation?) {
            by = role
            self.violation = violation
        }
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
        /// not asked for (``EventDemand/includesIntervals``).
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

    /// Segments that an end sent again, and keep-alive probes, to which the other end never said a word.
    public struct Unanswered: Hashable, Sendable {
        /// Who sent them.
        public var from: Role
        /// How many there were.
        public var segments: UInt64
        /// Nanoseconds from the first to the last.
        public var span: Int64

        /// Makes a description.
        public init(from role: Role, segments: UInt64, span: Int64) {
            from = role
            self.segments = segments
            self.span = span
        }
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
        /// Who sent it.
        public var resetFrom: Role?
        /// What an end sent again, or probed with, while the other end was silent to the last; nil where none did.
        public var unanswered: Unanswered?
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
    /// What compression came to, of the client and the server; nil where none was negotiated or seen.
    public var compression: (client: Compression, server: Compression)?
    /// What the end is compared with others by; nil where there was no session.
    var sample: EndingPatterns.Sample?
}
