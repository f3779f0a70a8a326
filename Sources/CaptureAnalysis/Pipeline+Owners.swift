package import PacketDecoding
import TCPReassembly
package import WireFormat

/// The connection that a packet belongs to, for callers that write the packets of some connections from the first to
/// the last.
package enum PacketOwner: Sendable {
    /// A TCP segment, in the packet or in the datagram that it completed.
    case segment(SegmentOwner)
    /// A fragment of an incomplete datagram.
    case fragment
    /// A UDP datagram between these ends.
    case datagram(ConnectionEnds)
    /// Anything else, or unreadable.
    case other
}

/// The connection that a TCP segment belongs to.
package struct SegmentOwner: Sendable {
    /// The connection's ends.
    package var ends: ConnectionEnds
    /// ``ConnectionStart/record`` of the connection; nil if it belongs to none.
    package var record: UInt64?
    /// Whether the connection certainly carries something other than WebSocket (``Pipeline/othersForSure``).
    package var isOther = false
    /// Who sent it.
    package var direction: Direction
    /// The offset of its first byte in its stream, as in ``WebSocketProtocol/Frame/streamOffset``; nil before the
    /// stream's first byte.
    package var streamOffset: UInt64?
    /// How many segments of the stream have brought only delivered bytes with other values, modulo 65,536: one more
    /// than before if this segment has.
    package var conflictingRepeats: UInt16 = 0
    /// The segment.
    package var segment: TCPSegment
    /// Whether it is in a datagram that the packet completed (``Pipeline/latestDatagram``).
    package var isReassembled: Bool
}

extension Pipeline {
    /// The connection that the last packet received belongs to, unless it was part of a batch.
    ///
    /// `mutating` so that the tables are read in place, not copied.
    package mutating func latestOwner() -> PacketOwner {
        guard workspace.packet > 0 else { return .other }
        let isReassembled: Bool
        switch ahead[0].packet {
        case .tcp: isReassembled = false
        case .reassembledTCP: isReassembled = true
        case .fragment: return .fragment
        case .udp, .reassembledUDP:
            return .datagram(ConnectionEnds(ahead[0].segment.source, ahead[0].segment.destination))
        case .other, .tunnel, .truncated, .malformed, .unsupportedLinkType: return .other
        }
        let shard = ahead[0].shard
        var owner = SegmentOwner(
            ends: ConnectionEnds(ahead[0].segment.source, ahead[0].segment.destination), record: nil,
            direction: .fromInitiator, streamOffset: nil, segment: ahead[0].segment, isReassembled: isReassembled)
        guard var place = shards[shard].table.find(&ahead[0].segment, hash: ahead[0].hash) else {
            return .segment(owner)
        }
        if let late = shards[shard].table.formerPlace(of: &ahead[0].segment, before: place) { place = late }
        let record = shards[shard].readers.records[place.slot.index]
        owner.record = record
        owner.isOther = shards[shard].totals.others?.contains(record) ?? false
        owner.direction = place.direction
        // RFC 9293 3.4: a SYN takes the sequence number before that of the first byte.
        let first = owner.segment.sequence &+ (owner.segment.flags.contains(.syn) ? 1 : 0)
        owner.streamOffset = shards[shard].table.connections[place.slot][place.direction].offset(of: first)
        owner.conflictingRepeats = shards[shard].table.connections[place.slot][place.direction].conflictingRepeats
        return .segment(owner)
    }

    /// The connections that certainly carry something other than WebSocket, by their ``ConnectionStart/record``.
    ///
    /// Their opening was seen, and they either use a protocol other than HTTP, TLS and HTTP/2, or ended without an
    /// upgrade. Empty unless the options ask for them; those beyond a bound are left out.
    package var othersForSure: Set<UInt64> {
        var found: Set<UInt64> = []
        for shard in 0..<Limits.shards { found.formUnion(shards[shard].totals.others ?? []) }
        return found
    }

    /// The datagram that the last packet completed.
    package var latestDatagram: [UInt8] { decoder.datagram }

    /// The offset of its payload.
    package var latestDatagramPayload: Int { decoder.datagramPayload }

    /// Blanks the headers in that datagram (``HeaderScrub``).
    ///
    /// - Returns: Whether they lead to TCP; if not, the datagram must not be shown.
    package mutating func scrubDatagram(
        _ bytes: inout [UInt8], with scrub: inout HeaderScrub, checksum: ChecksumStatus
    ) -> Bool {
        scrub.scrub(datagram: &bytes, of: decoder, checksum: checksum)
    }

    /// Where the last packet's payload belongs, if it was a fragment or completed a datagram.
    package var latestFragmentPlaces: [FragmentPlace] { decoder.fragmentPlaces }

    /// Whether the last packet is a fragment, or completed a datagram.
    package var isLatestFragment: Bool {
        ahead[0].packet == .fragment || ahead[0].packet.isReassembled
    }
}

extension ConnectionEnds {
    /// A hash of the pair that is the same on every machine.
    ///
    /// 64-bit FNV-1a over the lower end, then the upper one, each as 16 bytes of address (IPv4 in the last four) and
    /// two bytes of port, in network byte order; the two halves of the result are combined by XOR.
    package var stableHash: UInt32 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        Self.add(lower, to: &hash)
        Self.add(upper, to: &hash)
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    private static func add(_ end: Endpoint, to hash: inout UInt64) {
        let bits = end.address.bits
        if bits >> 32 == 0 {
            hash &*= stepsOverTwelveZeros
        } else {
            add(bytesOf: UInt64(truncatingIfNeeded: bits >> 64), to: &hash)
            add(bytesOf: UInt32(truncatingIfNeeded: bits >> 32), to: &hash)
        }
        add(bytesOf: UInt32(truncatingIfNeeded: bits), to: &hash)
        add(bytesOf: end.port, to: &hash)
    }

    @inline(__always)
    private static func add<Number: FixedWidthInteger & UnsignedInteger>(bytesOf number: Number, to hash: inout UInt64)
    {
        var shift = Number.bitWidth
        while shift > 0 {
            shift &-= 8
            hash = (hash ^ UInt64(truncatingIfNeeded: number &>> Number(truncatingIfNeeded: shift)) & 0xff) &* prime
        }
    }

    /// The prime of FNV-1a with 64 bits.
    private static let prime: UInt64 = 0x100_0000_01b3
    /// The prime to the power of 12: what a hash is multiplied by for the twelve zeros of an IPv4 address.
    private static let stepsOverTwelveZeros: UInt64 = 0xf543_83a0_5ace_38b1
}

extension SegmentOwner {
    /// What a segment alone shows: its ends.
    package init(of segment: borrowing TCPSegment, isReassembled: Bool) {
        ends = ConnectionEnds(segment.source, segment.destination)
        record = nil
        direction = .fromInitiator
        streamOffset = nil
        self.segment = copy segment
        self.isReassembled = isReassembled
    }
}
