public import Foundation

/// A line of a trace, its keys by their own names; those that no test looks at are left out.
public struct TraceEvent: Sendable, Decodable {
    /// An address and a port.
    public struct End: Hashable, Sendable, Decodable {
        /// The address.
        public var ip: String
        /// The port.
        public var port: Int
    }

    /// What a Close frame says.
    public struct Close: Hashable, Sendable, Decodable {
        /// Its code.
        public var code: Int?
        /// Its reason; nil if it is not UTF-8.
        public var reason: String?
    }

    /// Why a session ended.
    public struct Verdict: Hashable, Sendable, Decodable {
        /// Who ended it.
        public var by: String
        /// At which layer.
        public var layer: String
        /// Whether both sent a Close frame.
        public var clean: Bool
        /// The code of the first Close frame.
        public var code: Int?
        /// Its reason.
        public var reason: String?
        /// The code that the client's application gets.
        public var clientSees: Int?
        /// The code that the server's application gets.
        public var serverSees: Int?
        /// Pings without a Pong.
        public var unansweredPings: Int
        /// Who has failed the connection.
        public var failedBy: ExpectedMessage.Sender?
        /// The rule that the other end broke before.
        public var failedOver: String?
    }

    /// The applications' close events.
    public struct CloseEvents: Hashable, Sendable, Decodable {
        /// One of them.
        public struct CloseEvent: Hashable, Sendable, Decodable {
            /// The code.
            public var code: Int
            /// The reason; nil if it is not UTF-8.
            public var reason: String?
            /// Whether both ends sent a Close frame; nil if a gap hides that.
            public var wasClean: Bool?
        }

        /// The client's application.
        public var client: CloseEvent?
        /// The server's application.
        public var server: CloseEvent?
    }

    /// How the TCP connection fared.
    public struct TCPHealth: Hashable, Sendable, Decodable {
        /// Segments that were sent again.
        public var retransmittedSegments: Int?
        /// Who sent the first RST.
        public var rstFrom: ExpectedMessage.Sender?
        /// Who was not answered to the last.
        public var unansweredFrom: ExpectedMessage.Sender?
        /// How many segments were not.
        public var unansweredSegments: Int?
    }

    /// A way in which several sessions ended alike.
    public struct Pattern: Hashable, Sendable, Decodable {
        /// The server's address.
        public var server: String
        /// Who ended them.
        public var by: String
        /// At which layer.
        public var layer: String
        /// How many there are.
        public var sessions: Int
        /// How many sessions with the server have ended.
        public var ended: Int
        /// The shortest silence before the end, in seconds.
        public var silenceMin: Double?
        /// The longest.
        public var silenceMax: Double?
        /// The shortest lifetime, in seconds.
        public var lifetimeMin: Double?
    }

    /// What an end sent.
    public struct Traffic: Hashable, Sendable, Decodable {
        /// Frames.
        public var frames: Int
        /// Complete messages.
        public var messages: Int
        /// Their decoded bytes.
        public var payloadBytes: Int
        /// Bytes after the upgrade.
        public var wireBytes: Int
        /// Frames by the names of their opcodes.
        public var framesByOpcode: [String: Int]
    }

    /// The kind of event.
    public var event: String
    /// When.
    public var time: String
    /// The packet that completed it.
    public var packet: Int
    /// Its connection.
    public var connection: UInt64?
    /// Who sent it.
    public var from: ExpectedMessage.Sender?
    /// Where it begins in its stream.
    public var streamOffset: Int?
    /// The number of the frame in its direction.
    public var index: Int?
    /// Whether the frame is the last of its message.
    public var fin: Bool?
    /// The name of the opcode.
    public var opcode: String?
    /// The number of the opcode.
    public var opcodeValue: Int?
    /// The length of the payload, decoded.
    public var length: UInt64?
    /// The length of the payload on the wire.
    public var wireLength: UInt64?
    /// The packet that the first byte came in.
    public var firstPacket: Int?
    /// Bytes of the payload that the capture lacks.
    public var missing: UInt64?
    /// How many frames a message came in, or there were at all.
    public var frames: Int?
    /// Whether the message is complete.
    public var complete: Bool?
    /// Whether it follows a place found by evidence.
    public var inferred: Bool?
    /// What a Close frame says.
    public var close: Close?
    /// The packet of the Ping that a Pong answers.
    public var answersPacket: Int?
    /// The packet of the message that a delivery is of.
    public var messagePacket: Int?
    /// The packet in which its last byte was sent.
    public var lastBytePacket: Int?
    /// The packet that acknowledged it.
    public var acknowledgedPacket: Int?
    /// Whether it was acknowledged.
    public var outcome: String?
    /// Segments that sent bytes of it again.
    public var retransmissions: Int?
    /// The client of a connection.
    public var client: End?
    /// The server of a connection.
    public var server: End?
    /// Whether the upgrade was accepted.
    public var accepted: Bool?
    /// The status that it was answered with.
    public var status: Int?
    /// What it asked for.
    public var url: String?
    /// What was agreed on.
    public var subprotocol: String?
    /// The header fields of the request.
    public var requestHeaders: [[String]]?
    /// The rule of a finding.
    public var rule: String?
    /// How much it matters.
    public var severity: String?
    /// Where a rule is written.
    public var reference: String?
    /// Why the session ended.
    public var verdict: Verdict?
    /// The applications' close events.
    public var closeEvents: CloseEvents?
    /// How the TCP connection fared.
    public var tcp: TCPHealth?
    /// What the client sent.
    public var fromClient: Traffic?
    /// What the server sent.
    public var fromServer: Traffic?
    /// How many packets there were.
    public var packets: Int?
    /// How many TCP connections there were.
    public var tcpConnections: Int?
    /// How many sessions were opened.
    public var websocketConnections: Int?
    /// Connections without a session that were not looked at to their end.
    public var connectionsGivenUp: Int?
    /// How many complete messages there were.
    public var messages: Int?
    /// Their decoded bytes.
    public var payloadBytes: Int?
    /// How many findings there were, by severity.
    public var findings: [String: Int]?
    /// How many gaps there were.
    public var gaps: Int?
    /// Packets that were lost for want of room, of a live capture.
    public var droppedByKernel: Int?
    /// Packets that the interface lost, of a live capture.
    public var droppedByInterface: Int?
    /// Ways in which sessions ended alike.
    public var patterns: [Pattern]?
    /// A payload that is text.
    public var payload: String?
    /// Another payload.
    public var payloadBase64: Data?
    /// Why a payload is not shown.
    public var payloadWithheld: String?
    /// Whether a payload is cut.
    public var payloadTruncated: Bool?

    /// The payload that the event shows; nil if it shows none, or only part of it.
    public var shownPayload: [UInt8]? {
        guard payloadWithheld == nil, payloadTruncated != true else { return nil }
        return payload.map { [UInt8]($0.utf8) } ?? payloadBase64.map { [UInt8]($0) }
    }

    /// The payload as an endpoint would have logged it, with the length that the event names; nil if it is not shown
    /// whole, or is of no kind that endpoints log.
    var payloadSeen: ExpectedMessage? {
        guard let from, let shownPayload, let length = length.flatMap(Int.init(exactly:)),
            let opcode = opcode.flatMap(ExpectedMessage.Opcode.init)
        else {
            return nil
        }
        let seen = ExpectedMessage(from: from, opcode: opcode, payload: shownPayload)
        return ExpectedMessage(from: from, opcode: opcode, length: length, sha256: seen.sha256)
    }
}
