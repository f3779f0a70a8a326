public import WebSocketProtocol
public import WireFormat

/// The end of a session: who ended it, how, and what it came to.
public struct SessionEnd: Sendable {
    /// Who ended a session, at which layer, and what the applications are told.
    public struct Verdict: Hashable, Sendable {
        /// Who.
        public enum Party: String, Sendable {
            /// The end that asked for the upgrade.
            case client
            /// The end that answered it.
            case server
            /// Neither: what one end sent was not answered.
            case network
            /// Not known, such as at the capture's end.
            case unknown
        }

        /// At which layer.
        public enum Layer: String, Sendable {
            /// By a Close frame (RFC 6455 5.5.1).
            case closeFrame = "close-frame"
            /// By a FIN, without a Close frame.
            case fin
            /// By a reset of the TCP connection.
            case rst
            /// By silence: what was sent again and again, or probed for, was never answered.
            case timeout
            /// It did not end before the capture did.
            case captureEnd = "capture-end"
            /// By a fatal alert of TLS (RFC 8446 6.2).
            case tlsAlert = "tls-alert"
        }

        /// Who ended it.
        public var by: Party
        /// How.
        public var layer: Layer
        /// Whether both ends sent a Close frame and neither has failed the connection (RFC 6455 7.1.4).
        public var isClean: Bool
        /// The code of the first Close frame; nil if there was none, or it had none.
        public var code: CloseCode?
        /// The reason in the first Close frame, if it is UTF-8.
        public var reason: String?
        /// Which end has failed the connection; nil if neither has.
        public var failure: Failure?
        /// What the client's application is told; nil while its session is open, and if a gap hides what it received.
        public var clientEvent: CloseEvent?
        /// What the server's application is told; nil likewise.
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
        /// Pings of both ends that got no Pong within a second or more (RFC 6455 5.5.3).
        public var unansweredPings: UInt64
        /// Further Pings that waited as long, but whose Pong a gap may hide.
        public var uncertainPings: UInt64 = 0
        /// What was never answered, if the layer is a timeout.
        public var timeout: Unanswered?
        /// What TLS said; nil if TLS did not carry the session.
        public var tls: SessionEnd.TLS?
    }

    /// What TLS said before a session's connection was over.
    public struct TLS: Hashable, Sendable {
        /// The first alert that ended the connection.
        public var fatalAlert: Alert?
        /// Whether the client has sent close_notify (RFC 8446 6.1).
        public var clientHasClosed: Bool
        /// Whether the server has sent close_notify.
        public var serverHasClosed: Bool
        /// The end whose bytes could not be decrypted, so that no alert of it is known; nil if there is none.
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

    /// An end has failed the connection (RFC 6455 7.1.7): it read nothing more, and its application was told 1006.
    public struct Failure: Hashable, Sendable {
        /// Which end.
        public var by: Role
        /// The rule that the other end broke before; nil if that was not seen.
        public var rule: Rule?

        /// Creates a failure.
        public init(by role: Role, rule: Rule?) {
            by = role
            self.rule = rule
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
        /// The time from each complete data message to the next; nil if there were fewer than two, or if it is
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

        /// Creates a description.
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
        /// Segments whose packet the capture holds a second time.
        public var duplicateSegments: UInt64
        /// Bytes that the capture does not hold, both streams.
        public var gapBytes: UInt64
        /// The packets with each end's first FIN, in order.
        public var finPackets: [UInt64]
        /// The packet with the first RST.
        public var resetPacket: UInt64?
        /// Who sent it.
        public var resetFrom: Role?
        /// What an end sent again, or probed with, while the other end was silent to the last; nil if none did.
        public var unanswered: Unanswered?
    }

    /// What names the session.
    public var identity: SessionIdentity
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
    /// What compression came to, of the client and the server; nil if none was negotiated or seen.
    public var compression: (client: Compression, server: Compression)?
    /// What the end is compared with others by; nil if there was no session.
    var sample: EndingPatterns.Sample?
    /// The packet that ended it; nil if that is the event's own.
    ///
    /// It is an earlier one if the end is reported late: after a RST, once it is clear that the ends do not go on;
    /// after the SYN of the next connection between the same ends, once no packet of this one can be captured late any
    /// more.
    public var origin: Origin? = nil
}

extension SessionEnd.Durations: CustomStringConvertible {
    /// How many, from the shortest to the longest, and the median: "3 from 0.001 seconds to 0.09 seconds, median 0.002
    /// seconds".
    public var description: String {
        let (shortest, longest) = (Duration.nanoseconds(min), Duration.nanoseconds(max))
        return "\(count) from \(shortest) to \(longest), median \(Duration.nanoseconds(p50))"
    }
}
