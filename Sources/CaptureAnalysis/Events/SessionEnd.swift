public import WebSocketProtocol
public import WireFormat

/// The end of a session: what ended it, and its totals.
public struct SessionEnd: Sendable {
    /// Who ended a session, at which layer, and what the applications observe.
    public struct Verdict: Hashable, Sendable {
        /// The party that ended a session.
        public enum Party: String, Sendable {
            /// The end that requested the upgrade.
            case client
            /// The end that answered.
            case server
            /// Neither end: one end's segments went unanswered.
            case network
            /// Unknown, for example at the capture's end.
            case unknown
        }

        /// The layer at which a session ended.
        public enum Layer: String, Sendable {
            /// By a Close frame (RFC 6455 5.5.1).
            case closeFrame = "close-frame"
            /// By a FIN, without a Close frame.
            case fin
            /// By a RST.
            case rst
            /// By silence: retransmissions or probes were never answered.
            case timeout
            /// It did not end before the capture did.
            case captureEnd = "capture-end"
            /// By a fatal TLS alert (RFC 8446 6.2).
            case tlsAlert = "tls-alert"
        }

        /// Who ended it.
        public var by: Party
        /// The layer at which it ended.
        public var layer: Layer
        /// Whether both ends sent a Close frame and neither failed the connection (RFC 6455 7.1.4).
        public var isClean: Bool
        /// The code of the first Close frame; nil if there was no such frame, or no code in it.
        public var code: CloseCode?
        /// The reason in the first Close frame, if it is UTF-8.
        public var reason: String?
        /// The end that failed the connection; nil if neither did.
        public var failure: Failure?
        /// What the client's application observes; nil while its session is open, and if a gap hides what it received.
        public var clientEvent: CloseEvent?
        /// What the server's application observes; nil in the same cases.
        public var serverEvent: CloseEvent?
        /// The code that the client's application gets.
        public var clientSees: CloseCode? { clientEvent?.code }
        /// The code that the server's application gets.
        public var serverSees: CloseCode? { serverEvent?.code }
        /// Nanoseconds before the end in which neither end sent a new byte of a frame; nil if the capture has neither a
        /// frame nor the response to the upgrade.
        public var silence: Int64?
        /// Nanoseconds from the last data message to the end; nil if there was none.
        public var messageSilence: Int64?
        /// Pings of both ends that got no Pong for at least a second (RFC 6455 5.5.3).
        public var unansweredPings: UInt64
        /// Further Pings that waited as long, but whose Pong may be hidden by a gap.
        public var uncertainPings: UInt64 = 0
        /// The segments that were never answered, if the layer is a timeout.
        public var timeout: Unanswered?
        /// What TLS showed; nil if TLS did not carry the session.
        public var tls: SessionEnd.TLS?
    }

    /// What TLS showed before a session's connection was over.
    public struct TLS: Hashable, Sendable {
        /// The first alert that ended the connection.
        public var fatalAlert: Alert?
        /// Whether the client has sent close_notify (RFC 8446 6.1).
        public var clientHasClosed: Bool
        /// Whether the server has sent close_notify.
        public var serverHasClosed: Bool
        /// The end whose bytes could not be decrypted, so that none of its alerts are known; nil if there is none.
        public var undecrypted: Role?

        /// Creates a description.
        public init(fatalAlert: Alert?, clientHasClosed: Bool, serverHasClosed: Bool, undecrypted: Role? = nil) {
            self.fatalAlert = fatalAlert
            self.clientHasClosed = clientHasClosed
            self.serverHasClosed = serverHasClosed
            self.undecrypted = undecrypted
        }

        /// Whether an end has sent close_notify.
        ///
        /// - Parameter role: The end.
        /// - Returns: Whether it has.
        public func hasClosed(_ role: Role) -> Bool { role == .client ? clientHasClosed : serverHasClosed }
    }

    /// A connection failed by an end (RFC 6455 7.1.7): that end read no more, and its application gets code 1006.
    public struct Failure: Hashable, Sendable {
        /// The end that failed the connection.
        public var by: Role
        /// The rule that the other end had broken; nil if none was seen.
        public var rule: Rule?

        /// Creates a failure.
        public init(by role: Role, rule: Rule?) {
            by = role
            self.rule = rule
        }
    }

    /// A change of an end's readyState.
    public struct ReadyStateChange: Sendable {
        /// The new state.
        public var state: ReadyState
        /// Nanoseconds since the capture's first packet.
        public var elapsed: Int64
    }

    /// The traffic that one end sent.
    public struct Traffic: Sendable {
        /// The number of frames.
        public var frames: UInt64 = 0
        /// The number of complete data messages.
        public var messages: UInt64 = 0
        /// Decoded bytes of those messages.
        public var payloadBytes: UInt64 = 0
        /// Bytes of the stream after the upgrade: headers and payloads, as far as captured.
        public var wireBytes: UInt64 = 0
        /// Frames by opcode value, 16 counts.
        public var framesByOpcode: InlineArray<16, UInt64> = .init(repeating: 0)
        /// The intervals between consecutive complete data messages; nil if there were fewer than two messages, or if
        /// not demanded (``EventDemand/includesIntervals``).
        public var messageInterval: Durations?
    }

    /// A distribution of durations, in nanoseconds.
    public struct Durations: Sendable {
        /// The number of durations.
        public var count: UInt64
        /// The shortest.
        public var min: Int64
        /// The median: half of them do not exceed it.
        public var p50: Int64
        /// The 90th percentile: 90 % of them do not exceed it.
        public var p90: Int64
        /// The 99th percentile: 99 % of them do not exceed it.
        public var p99: Int64
        /// The longest.
        public var max: Int64
    }

    /// An end's retransmissions and keep-alive probes that the other end never answered.
    public struct Unanswered: Hashable, Sendable {
        /// Who sent them.
        public var from: Role
        /// The number of segments.
        public var segments: UInt64
        /// Nanoseconds from the first segment to the last.
        public var span: Int64

        /// Creates a description.
        public init(from role: Role, segments: UInt64, span: Int64) {
            from = role
            self.segments = segments
            self.span = span
        }
    }

    /// The health of the TCP connection.
    public struct TCPHealth: Sendable {
        /// Segments that brought only bytes already seen.
        public var retransmittedSegments: UInt64
        /// Segments that arrived after a later one.
        public var outOfOrderSegments: UInt64
        /// Segments whose packet the capture has twice.
        public var duplicateSegments: UInt64
        /// Bytes of both streams that the capture lacks.
        public var gapBytes: UInt64
        /// The packets of each end's first FIN, in order.
        public var finPackets: [UInt64]
        /// The packet of the first RST.
        public var resetPacket: UInt64?
        /// Who sent that RST.
        public var resetFrom: Role?
        /// An end's retransmissions or probes while the other end was silent to the last; nil if there were none.
        public var unanswered: Unanswered?
    }

    /// The identity of the session.
    public var identity: SessionIdentity
    /// Who ended it, and how.
    public var verdict: Verdict
    /// The readyStates of the client's WebSocket.
    public var clientReadyStates: [ReadyStateChange]
    /// The readyStates of the server's WebSocket.
    public var serverReadyStates: [ReadyStateChange]
    /// Nanoseconds from the connection's first packet to its last.
    public var duration: Int64
    /// The client's traffic.
    public var fromClient: Traffic
    /// The server's traffic.
    public var fromServer: Traffic
    /// Round trips of Pings; nil if no Ping was answered.
    public var pingRoundTrip: Durations?
    /// The TCP connection's health.
    public var tcp: TCPHealth
    /// The compression of both directions; nil if none was negotiated or seen.
    public var compression: (client: Compression, server: Compression)?
    /// The sample by which the end is compared with others; nil if there was no session.
    var sample: EndingPatterns.Sample?
    /// The packet that ended it; nil if that is the event's own packet.
    ///
    /// It is earlier if the end is reported late: after a RST, once it is clear that the ends do not go on; after the
    /// SYN of the next connection between the same ends, once no packet of this one can still be captured late.
    public var origin: Origin? = nil
}

extension SessionEnd.Durations: CustomStringConvertible {
    /// The number, the shortest, the longest and the median: "3 from 0.001 seconds to 0.09 seconds, median 0.002
    /// seconds".
    public var description: String {
        let (shortest, longest) = (Duration.nanoseconds(min), Duration.nanoseconds(max))
        return "\(count) from \(shortest) to \(longest), median \(Duration.nanoseconds(p50))"
    }
}
