package import Foundation

/// A line of a trace, its keys by their own names; those that no test looks at are left out.
package struct TraceEvent: Sendable, Decodable {
    /// An address and a port.
    package struct End: Hashable, Sendable, Decodable {
        /// The address.
        package var ip: String
        /// The port.
        package var port: Int
    }

    /// What a Close frame says.
    package struct Close: Hashable, Sendable, Decodable {
        /// Its code.
        package var code: Int?
        /// Its reason; nil if it is not UTF-8.
        package var reason: String?
    }

    /// Why a session ended.
    package struct Verdict: Hashable, Sendable, Decodable {
        /// Who ended it.
        package var by: String
        /// At which layer.
        package var layer: String
        /// Whether both sent a Close frame.
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
        /// Who has failed the connection.
        package var failedBy: ExpectedMessage.Sender?
        /// The rule that the other end broke before.
        package var failedOver: String?
    }

    /// The applications' close events.
    package struct CloseEvents: Hashable, Sendable, Decodable {
        /// One of them.
        package struct CloseEvent: Hashable, Sendable, Decodable {
            /// The code.
            package var code: Int
            /// The reason; nil if it is not UTF-8.
            package var reason: String?
            /// Whether both ends sent a Close frame; nil if a gap hides that.
            package var wasClean: Bool?
        }

        /// The client's application.
        package var client: CloseEvent?
        /// The server's application.
        package var server: CloseEvent?
    }

    /// How the TCP connection fared.
    package struct TCPHealth: Hashable, Sendable, Decodable {
        /// Segments that were sent again.
        package var retransmittedSegments: Int?
        /// Who sent the first RST.
        package var rstFrom: ExpectedMessage.Sender?
        /// Who was not answered to the last.
        package var unansweredFrom: ExpectedMessage.Sender?
        /// How many segments were not.
        package var unansweredSegments: Int?
    }

    /// A way in which several sessions ended alike.
    package struct Pattern: Hashable, Sendable, Decodable {
        /// The server's address.
        package var server: String
        /// Who ended them.
        package var by: String
        /// At which layer.
        package var layer: String
        /// How many there are.
        package var sessions: Int
        /// How many sessions with the server have ended.
        package var ended: Int
        /// The shortest silence before the end, in seconds.
        package var silenceMin: Double?
        /// The longest.
        package var silenceMax: Double?
        /// The shortest lifetime, in seconds.
        package var lifetimeMin: Double?
    }

    /// What an end sent.
    package struct Traffic: Hashable, Sendable, Decodable {
        /// Frames.
        package var frames: Int
        /// Complete messages.
        package var messages: Int
        /// Their decoded bytes.
        package var payloadBytes: Int
        /// Bytes after the upgrade.
        package var wireBytes: Int
        /// Frames by the names of their opcodes.
        package var framesByOpcode: [String: Int]
    }

    /// The kind of event.
    package var event: String
    /// When.
    package var time: String
    /// The packet that completed it.
    package var packet: Int
    /// Its connection.
    package var connection: UInt64?
    /// Who sent it.
    package var from: ExpectedMessage.Sender?
    /// Where it begins in its stream.
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
    /// The packet that the first byte came in.
    package var firstPacket: Int?
    /// Bytes of the payload that the capture lacks.
    package var missing: UInt64?
    /// How many frames a message came in, or there were at all.
    package var frames: Int?
    /// Whether the message is complete.
    package var complete: Bool?
    /// Whether it follows a place found by evidence.
    package var inferred: Bool?
    /// What a Close frame says.
    package var close: Close?
    /// The packet that brought a frame or message, if that is not the one it was reported with.
    package var originPacket: Int?
    /// When it was captured.
    package var originTime: String?
    /// The packet of the Ping that a Pong answers.
    package var answersPacket: Int?
    /// The packet of the message that a delivery is of.
    package var messagePacket: Int?
    /// The packet in which its last byte was sent.
    package var lastBytePacket: Int?
    /// The packet that acknowledged it.
    package var acknowledgedPacket: Int?
    /// Whether it was acknowledged.
    package var outcome: String?
    /// Segments that sent bytes of it again.
    package var retransmissions: Int?
    /// The client of a connection.
    package var client: End?
    /// The server of a connection.
    package var server: End?
    /// What names the session in all traces.
    package var sessionId: String?
    /// What names its connection in all tools.
    package var communityId: String?
    /// The number of the message in its direction.
    package var messageIndex: UInt64?
    /// Whether the upgrade was accepted.
    package var accepted: Bool?
    /// The status that it was answered with.
    package var status: Int?
    /// What it asked for.
    package var url: String?
    /// What was agreed on.
    package var subprotocol: String?
    /// The header fields of the request.
    package var requestHeaders: [[String]]?
    /// The rule of a finding.
    package var rule: String?
    /// How much it matters.
    package var severity: String?
    /// Where a rule is written.
    package var reference: String?
    /// Why the session ended.
    package var verdict: Verdict?
    /// The applications' close events.
    package var closeEvents: CloseEvents?
    /// How the TCP connection fared.
    package var tcp: TCPHealth?
    /// What the client sent.
    package var fromClient: Traffic?
    /// What the server sent.
    package var fromServer: Traffic?
    /// How many packets there were.
    package var packets: Int?
    /// How many TCP connections there were.
    package var tcpConnections: Int?
    /// How many sessions were opened.
    package var websocketConnections: Int?
    /// Connections without a session that were not looked at to their end.
    package var connectionsGivenUp: Int?
    /// How many complete messages there were.
    package var messages: Int?
    /// Their decoded bytes.
    package var payloadBytes: Int?
    /// How many findings there were, by severity.
    package var findings: [String: Int]?
    /// How many gaps there were.
    package var gaps: Int?
    /// Packets that were lost for want of room, of a live capture.
    package var droppedByKernel: Int?
    /// Packets that the interface lost, of a live capture.
    package var droppedByInterface: Int?
    /// Ways in which sessions ended alike.
    package var patterns: [Pattern]?
    /// A payload that is text.
    package var payload: String?
    /// Another payload.
    package var payloadBase64: Data?
    /// Why a payload is not shown.
    package var payloadWithheld: String?
    /// Whether a payload is cut.
    package var payloadTruncated: Bool?

    /// The payload that the event shows; nil if it shows none, or only part of it.
    package var shownPayload: [UInt8]? {
        guard payloadWithheld == nil, payloadTruncated != true else { return nil }
        return payload.map { [UInt8]($0.utf8) } ?? payloadBase64.map { [UInt8]($0) }
    }

    /// The payload as an endpoint would have logged it, with the length that the event names; nil if it is not shown
    /// whole, or is of no kind that endpoints log.
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
