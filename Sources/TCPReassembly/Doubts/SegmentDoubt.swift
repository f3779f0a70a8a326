import WireFormat

/// Why the receiver of a segment may not have accepted it, although it was captured.
///
/// The reasons are those of Linux. Anyone who can send to the receiver can use such segments to hide others from an
/// observer: their bytes wait until they are acknowledged, and give way to other copies (``TCPStream``).
package struct SegmentDoubt: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// It may have expired on the way (``HopLimitVote``).
    package static let hopLimit = SegmentDoubt(rawValue: 1)
    /// It has no ACK, unlike earlier ones (RFC 9293 3.10.7.4).
    package static let noAcknowledgment = SegmentDoubt(rawValue: 2)
    /// It acknowledges what the other end has not sent (RFC 9293 3.10.7.4).
    package static let unsentAcknowledgment = SegmentDoubt(rawValue: 4)
    /// It acknowledges less than was acknowledged before, by more than the largest window (RFC 5961 5.2).
    package static let oldAcknowledgment = SegmentDoubt(rawValue: 8)
    /// It is signed, unlike its SYN: TCP MD5 (RFC 2385).
    ///
    /// Few kernels implement TCP-AO; the others accept its segments.
    package static let signature = SegmentDoubt(rawValue: 16)
    /// Its timestamp is older than that of earlier bytes (PAWS, RFC 7323 5.3).
    package static let oldTimestamp = SegmentDoubt(rawValue: 32)
    /// The checksum of its IPv4 header is wrong, unlike earlier ones (RFC 1122 3.2.1.2).
    package static let headerChecksum = SegmentDoubt(rawValue: 64)
    /// Its frame goes to another link address than earlier ones, or comes through another VLAN or other tunnels.
    package static let linkAddress = SegmentDoubt(rawValue: 128)
    /// It is data in a SYN, or came before the SYN was answered: without TCP Fast Open (RFC 7413) it must be sent
    /// again.
    package static let atStart = SegmentDoubt(rawValue: 256)
    /// The other end's window was closed (RFC 9293 3.8.6.1).
    package static let closedWindow = SegmentDoubt(rawValue: 512)
    /// Its IPv4 header asks for a source route (RFC 791 3.1), which hosts refuse.
    package static let sourceRoute = SegmentDoubt(rawValue: 1024)
    /// Its checksum is wrong, as many others are, unlike the first ones.
    package static let checksum = SegmentDoubt(rawValue: 2048)

    /// The options of its IPv4 header are invalid (RFC 1122 3.2.1.8), or hosts refuse its IPv6 extension headers.
    package static let networkOptions = SegmentDoubt(rawValue: 4096)
    /// A TCP option has an impossible length.
    package static let malformedOptions = SegmentDoubt(rawValue: 8192)
    /// It is out of order, and ends beyond the largest window that was seen (RFC 9293 3.10.7.4).
    package static let beyondWindow = SegmentDoubt(rawValue: 16384)

    /// Its IP header gives no length, as if a network card were to split the segment.
    package static let networkLength = SegmentDoubt(rawValue: 32768)

    /// The reasons that leave no doubt once other segments were accepted without them; the rest may be due to the
    /// capture or the route.
    static let certain: SegmentDoubt = [
        .noAcknowledgment, .oldAcknowledgment, .signature, .oldTimestamp, .headerChecksum, .closedWindow, .sourceRoute,
        .networkOptions,
    ]
    /// All of them.
    static let all = SegmentDoubt(rawValue: .max)
    /// The reasons that say nothing about further segments if one such segment is accepted.
    static let single: SegmentDoubt = [.hopLimit, .atStart, .closedWindow, .beyondWindow]

    /// The reasons as phrases that complete "they".
    package var reasons: [String] {
        let words: [(SegmentDoubt, String)] = [
            (.noAcknowledgment, "have no ACK flag"), (.unsentAcknowledgment, "acknowledge bytes never sent"),
            (.oldAcknowledgment, "acknowledge less than the other end can accept"),
            (.signature, "are signed (TCP MD5) unlike the SYN"),
            (.oldTimestamp, "have an old timestamp (PAWS)"), (.headerChecksum, "have a wrong IP header checksum"),
            (.linkAddress, "went to another link address, VLAN or tunnel"),
            (.atStart, "came in the SYN, or before its answer"),
            (.closedWindow, "came while the window was closed"), (.sourceRoute, "ask for a source route"),
            (.checksum, "have a wrong checksum"), (.networkOptions, "have invalid IP options or extension headers"),
            (.malformedOptions, "have malformed TCP options"), (.beyondWindow, "lie beyond the window"),
            (.networkLength, "have an IP header without a length"),
        ]
        return words.filter { contains($0.0) }.map(\.1)
    }
}

/// What a stream needs to know of a segment besides its bytes.
struct SegmentContext {
    /// Its packet.
    var origin: Origin
    /// Why its receiver may not have accepted it.
    var doubt = SegmentDoubt()
    /// The identification of its IPv4 header (RFC 791 3.2); 0 for IPv6, which has none.
    var identification: UInt16 = 0
    /// Its acknowledgment number; 0 if it has none.
    var acknowledgment: UInt32 = 0
    /// Nanoseconds since the connection's previous packet.
    var silence = Int64.max
}
