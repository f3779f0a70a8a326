public import PacketDecoding
import WireFormat

/// What names a session wherever it is reported: in this capture, and in others that hold its connection's SYN.
public final class SessionIdentity: Sendable {
    /// What tells a connection from others between the same ends.
    struct Opening: Sendable {
        /// The initial sequence number of the initiator (RFC 9293 3.4.1).
        var initiatorSequence: UInt32
        /// That of the responder; 0 if its SYN ACK was not seen.
        var responderSequence: UInt32
        /// When the SYN was captured.
        var time: Timestamp
    }

    /// The end that asked for the upgrade.
    public let client: Endpoint
    /// The end that answered it.
    public let server: Endpoint
    /// "ws://HOST/PATH" as the latest request names it; nil if the capture has no request.
    public let url: String?
    /// The stream's number among those of the connection; nil if the connection carries one session.
    let stream: UInt64?
    let opening: Opening

    init(client: Endpoint, server: Endpoint, url: String? = nil, stream: UInt64? = nil, opening: Opening) {
        self.client = client
        self.server = server
        self.url = url
        self.stream = stream
        self.opening = opening
    }

    /// The same session, with the URL that its latest request asked for.
    func asking(for url: String?) -> SessionIdentity {
        SessionIdentity(client: client, server: server, url: url, stream: stream, opening: opening)
    }
}

extension SessionIdentity {
    /// Community ID flow hash version 1, seed 0 ("1:…"); each access works it out.
    public var communityID: String { CommunityID.value(client, server) }

    /// 32 hexadecimal digits that are the same in every capture that holds the connection's SYN, and a stream's number
    /// after a hyphen; each access works it out.
    ///
    /// The digits are the first 16 bytes of the SHA-1 of: the Community ID in ASCII, both initial sequence numbers (4 bytes
    /// each, 0 for a SYN ACK that was not captured), and the nanoseconds from the epoch to the SYN (8 bytes), in network byte
    /// order. Without a SYN, the sequence numbers are those of the first bytes seen of the end that was first seen to send,
    /// and of the other one (0 if it has sent none), and the time is that of the connection's first packet.
    public var sessionID: String {
        var input = Array(communityID.utf8)
        append(opening.initiatorSequence, to: &input)
        append(opening.responderSequence, to: &input)
        append(UInt64(bitPattern: opening.time.nanoseconds), to: &input)
        let digits = String(SHA1.hexadecimal(of: input.span).prefix(32))
        guard let stream else { return digits }
        return "\(digits)-\(stream)"
    }

    /// Appends a number in network byte order.
    private func append(_ number: some FixedWidthInteger & UnsignedInteger, to input: inout [UInt8]) {
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
            input.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
