package import Foundation

/// A line of a trace; properties are named like its keys, and keys that no test needs are left out.
package struct TraceEvent: Sendable, Decodable {
    /// An address and a port.
    package struct End: Hashable, Sendable, Decodable {
        /// The address.
        package var ip: String
        /// The port.
        package var port: Int
    }

    /// The body of a Close frame.
    package struct Close: Hashable, Sendable, Decodable {
        /// Its code.
        package var code: Int?
        /// Its reason; nil if it is not UTF-8.
        package var reason: String?
    }

    /// The verdict on a session's end.
    package struct Verdict: Hashable, Sendable, Decodable {
        /// Who ended it.
        package var by: String
        /// The layer at which it ended.
        package var layer: String
        /// Whether both ends sent a Close frame.
        package var clean: Bool
        /// The code of the first Close frame.
        package var code: Int?
        /// Its reason.
        package var reason: String?
        /// The code that the client's application gets.
        package var clientSees: Int?
        /// The code that the server's application gets.
        package var serverSees: Int?
        /// Pings without a Pong.
        package var unansweredPings: Int
        /// The end that failed the connection.
        package var failedBy: ExpectedMessage.Sender?
        /// The rule that the other end had broken.
        package var failedOver: String?
    }

    /// The applications' close events.
    package struct CloseEvents: Hashable, Sendable, Decodable {
        /// A close event of an application.
        package struct CloseEvent: Hashable, Sendable, Decodable {
            /// The code.
            package var code: Int
            /// The reason; nil if it is not UTF-8.
            package var reason: String?
            /// Whether both ends sent a Close frame; nil if a gap hides that.
            package var wasClean: Bool?
        }

        /// The client's application's event.
        package var client: CloseEvent?
        /// The server's application's event.
        package var server: CloseEvent?
    }

    /// The health of the TCP connection.
    package struct TCPHealth: Hashable, Sendable, Decodable {
        /// Retransmitted segments.
        package var retransmittedSegments: Int?
        /// Who sent the first RST.
        package var rstFrom: ExpectedMessage.Sender?
        /// The end whose last segments went unanswered.
        package var unansweredFrom: ExpectedMessage.Sender?
        /// The number of those segments.
        package var unansweredSegments: Int?
    }

    /// A pattern in how several sessions ended.
    package struct Pattern: Hashable, Sendable, Decodable {
        /// The server's address.
        package var server: String
        /// Who ended them.
        package var by: String
        /// The layer at which they ended.
        package var layer: String
        /// The number of these sessions.
        package var sessions: Int
        /// The number of sessions with the server that ended.
        package var ended: Int
        /// The shortest silence before the end, in seconds.
        package var silenceMin: Double?
        /// The longest silence before the end, in seconds.
        package var silenceMax: Double?
        /// The shortest lifetime, in seconds.
        package var lifetimeMin: Double?
    }

    /// An end's traffic.
    package struct Traffic: Hashable, Sendable, Decodable {
        /// The number of frames.
        package var frames: Int
        /// The number of complete messages.
        package var messages: Int
        /// Their decoded bytes.
        package var payloadBytes: Int
        /// Bytes after the upgrade.
        package var wireBytes: Int
        /// Frames by opcode name.
        package var framesByOpcode: [String: Int]
    }

    /// The kind of event.
    package var event: String
    /// Its time.
    package var time: String
    /// The packet that completed it.
    package var packet: Int
    /// Its connection.
    package var connection: UInt64?
    /// Who sent it.
    package var from: ExpectedMessage.Sender?
    /// The offset of its first byte in its stream.
    package var streamOffset: Int?
    /// The number of the frame in its direction.
    package var index: Int?
    /// Whether the frame is the last of its message.
    package var fin: Bool?
    /// The name of the opcode.
    package var opcode: String?
    /// The number of the opcode.
    package var opcodeValue: Int?
    /// The length of the payload, decoded.
    package var length: UInt64?
    /// The length of the payload on the wire.
    package var wireLength: UInt64?
    /// The packet of its first byte.
    package var firstPacket: Int?
    /// Bytes of the payload that the capture lacks.
    package var missing: UInt64?
    /// The number of frames, of a message or in all.
    package var frames: Int?
    /// Whether the message is complete.
    package var complete: Bool?
    /// Whether it follows a place that was inferred, not proven.
    package var inferred: Bool?
    /// The body of a Close frame.
    package var close: Close?
    /// The packet that brought a frame or message, if it differs from the one it was reported with.
    package var originPacket: Int?
    /// The time of that packet.
    package var originTime: String?
    /// The packet of the Ping that a Pong answers.
    package var answersPacket: Int?
    /// The packet of a delivery's message.
    package var messagePacket: Int?
    /// The packet in which its last byte was sent.
    package var lastBytePacket: Int?
    /// The packet that acknowledged it.
    package var acknowledgedPacket: Int?
    /// What happened to the message.
    package var outcome: String?
    /// Segments that retransmitted bytes of it.
    package var retransmissions: Int?
    /// The client of a connection.
    package var client: End?
    /// The server of a connection.
    package var server: End?
    /// The session's name in all traces.
    package var sessionId: String?
    /// The connection's name in all tools.
    package var communityId: String?
    /// The number of the message in its direction.
    package var messageIndex: UInt64?
    /// Whether the upgrade was accepted.
    package var accepted: Bool?
    /// The status of the response.
    package var status: Int?
    /// The requested URL.
    package var url: String?
    /// The negotiated subprotocol.
    package var subprotocol: String?
    /// The header fields of the request.
    package var requestHeaders: [[String]]?
    /// The rule of a finding.
    package var rule: String?
    /// Its severity.
    package var severity: String?
    /// The document that states the rule.
    package var reference: String?
    /// The verdict on the session's end.
    package var verdict: Verdict?
    /// The applications' close events.
    package var closeEvents: CloseEvents?
    /// The health of the TCP connection.
    package var tcp: TCPHealth?
    /// The client's traffic.
    package var fromClient: Traffic?
    /// The server's traffic.
    package var fromServer: Traffic?
    /// The number of packets.
    package var packets: Int?
    /// The number of TCP connections.
    package var tcpConnections: Int?
    /// The number of sessions opened.
    package var websocketConnections: Int?
    /// Connections without a session that were not examined to their end.
    package var connectionsGivenUp: Int?
    /// The number of complete messages.
    package var messages: Int?
    /// Their decoded bytes.
    package var payloadBytes: Int?
    /// The numbers of findings, by severity.
    package var findings: [String: Int]?
    /// The number of gaps.
    package var gaps: Int?
    /// Packets of a live capture that the kernel dropped for lack of room.
    package var droppedByKernel: Int?
    /// Packets of a live capture that the interface dropped.
    package var droppedByInterface: Int?
    /// Patterns in how sessions ended.
    package var patterns: [Pattern]?
    /// A text payload.
    package var payload: String?
    /// A payload that is not text.
    package var payloadBase64: Data?
    /// Why a payload is not shown.
    package var payloadWithheld: String?
    /// Whether a payload is truncated.
    package var payloadTruncated: Bool?

    /// The payload that the event shows; nil if it shows none, or only a part.
    package var shownPayload: [UInt8]? {
        guard payloadWithheld == nil, payloadTruncated != true else { return nil }
        return payload.map { [UInt8]($0.utf8) } ?? payloadBase64.map { [UInt8]($0) }
    }

    /// The payload as an endpoint would have logged it, with the length that the event states; nil if it is not shown
    /// in full, or of a kind that endpoints do not log.
    package var payloadSeen: ExpectedMessage? {
        guard let from, let shownPayload, let length = length.flatMap(Int.init(exactly:)),
            let opcode = opcode.flatMap(ExpectedMessage.Opcode.init)
        else {
            return nil
        }
        let seen = ExpectedMessage(from: from, opcode: opcode, payload: shownPayload)
        return ExpectedMessage(from: from, opcode: opcode, length: length, sha256: seen.sha256)
    }
}
