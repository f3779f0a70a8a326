public import PacketDecoding
import Synchronization
import WireFormat

/// The identity of a session, the same in this capture and in others that have its connection's SYN.
public final class SessionIdentity: Sendable {
    /// The opening of a connection, which distinguishes it from others between the same ends.
    struct Opening: Sendable {
        /// The initial sequence number of the initiator (RFC 9293 3.4.1).
        var initiatorSequence: UInt32
        /// The initial sequence number of the responder; 0 if its SYN ACK was not seen.
        var responderSequence: UInt32
        /// The time of the SYN.
        var time: Timestamp

        /// Both sequence numbers; 0 if the responder's is not known.
        var sequences: UInt64 {
            responderSequence == 0 ? 0 : UInt64(initiatorSequence) &<< 32 | UInt64(responderSequence)
        }
    }

    /// The end that requested the upgrade.
    public let client: Endpoint
    /// The end that answered.
    public let server: Endpoint
    /// The latest request's "ws://HOST/PATH"; nil if the capture has no request.
    public let url: String?
    /// The stream's number within the connection; nil if the connection carries a single session.
    let stream: UInt64?
    let opening: Opening
    /// The digests of its names, computed once on demand and shared by several events.
    private let digests = AtomicLazyReference<NameDigests>()

    init(client: Endpoint, server: Endpoint, url: String? = nil, stream: UInt64? = nil, opening: Opening) {
        self.client = client
        self.server = server
        self.url = url
        self.stream = stream
        self.opening = opening
    }

    /// The memory that the identity and its URL take, in bytes.
    var cost: Int { 160 &+ (url?.utf8.count ?? 0) }

    /// The same session, with the URL of its latest request.
    func asking(for url: String?) -> SessionIdentity {
        let identity = SessionIdentity(client: client, server: server, url: url, stream: stream, opening: opening)
        if let known = digests.load() { _ = identity.digests.storeIfNil(known) }
        return identity
    }
}

extension SessionIdentity {
    /// FNV-1a of host and path without the query: a 64-bit digest; 0 if the capture has no request.
    var pathDigest: UInt64 {
        guard let url else { return 0 }
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        let bytes = url.utf8.span
        for index in bytes.indices {
            guard bytes[index] != UInt8(ascii: "?") else { break }
            digest = (digest ^ UInt64(bytes[index])) &* 0x100_0000_01b3
        }
        return digest
    }

    /// Community ID flow hash version 1, seed 0 ("1:…").
    public var communityID: String { names.communityID }

    /// The session's name: 32 hexadecimal digits, the same in every capture that has the connection's SYN, followed by
    /// a hyphen and the stream's number if there is one.
    ///
    /// The digits are the first 16 bytes of the SHA-1 of: the Community ID in ASCII, both initial sequence numbers (4
    /// bytes each, 0 for a SYN ACK that was not captured), and the nanoseconds from the epoch to the SYN (8 bytes), in
    /// network byte order. Without a SYN, the sequence numbers are those of the first bytes seen from the end that was
    /// first seen to send, and from the other one (0 if it sent none), and the time is that of the connection's first
    /// packet.
    public var sessionID: String {
        let digits = Base16.encode(names.session.span)
        guard let stream else { return digits }
        return "\(digits)-\(stream)"
    }

    private var names: NameDigests { digests.load() ?? digests.storeIfNil(NameDigests(client, server, opening)) }
}

/// The digests that name a session.
private final class NameDigests: Sendable {
    /// The digest of the Community ID.
    let community: InlineArray<20, UInt8>
    /// The digest of the session's own name.
    let session: InlineArray<16, UInt8>

    init(_ client: Endpoint, _ server: Endpoint, _ opening: SessionIdentity.Opening) {
        community = CommunityID.digest(client, server)
        var input = Array(Self.communityID(community).utf8)
        Self.append(opening.initiatorSequence, to: &input)
        Self.append(opening.responderSequence, to: &input)
        Self.append(UInt64(bitPattern: opening.time.nanoseconds), to: &input)
        let digest = SHA1.digest(of: input.span)
        session = InlineArray { digest[$0] }
    }

    var communityID: String { Self.communityID(community) }

    private static func communityID(_ digest: InlineArray<20, UInt8>) -> String { "1:" + Base64.encode(digest.span) }

    /// Appends a number in network byte order.
    private static func append(_ number: some FixedWidthInteger & UnsignedInteger, to input: inout [UInt8]) {
        for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
            input.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
