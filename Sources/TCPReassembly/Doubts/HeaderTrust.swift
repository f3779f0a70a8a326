import PacketDecoding
import WireFormat

/// What the headers around TCP's own fields have looked like in one direction, so that a segment whose headers differ
/// stands out.
struct HeaderTrust: Sendable {
    /// The link address that Ethernet frames go to, in the low 48 bits in host byte order, then bit 48, then the VLAN
    /// (IEEE 802.1Q); 0 until one is seen (``PacketWay/address``).
    private var linkAddress: UInt64 = 0
    /// The timestamp (RFC 7323 3) that the receiver remembers: that of the last segment that began at or before the
    /// last acknowledged byte (TS.Recent, 4.3).
    private var timestamp: UInt32 = 0
    /// Where IP headers begin in their packets, which depends on the tunnels around them.
    private var place: UInt16 = 0
    private var known = Known()
    /// The paths of the SYNs, if they took several, by ``mark(_:_:)``; all paths if the answers took several too.
    private var synWays: UInt8 = 0

    private struct Known: OptionSet {
        let rawValue: UInt8

        /// A timestamp.
        static let timestamp = Known(rawValue: 1)
        /// IPv4 headers have correct checksums.
        static let headerChecksum = Known(rawValue: 2)
        /// Segments have the ACK flag.
        static let acknowledgment = Known(rawValue: 4)
        /// Segments are signed.
        static let signature = Known(rawValue: 8)
        /// Where IP headers begin.
        static let place = Known(rawValue: 16)
        /// A SYN.
        static let opening = Known(rawValue: 32)
        /// No SYN has a timestamp.
        static let noTimestamps = Known(rawValue: 64)
        /// The path of an answer to a SYN.
        static let answer = Known(rawValue: 128)
    }

    /// Whether a SYN without a timestamp was seen, so that timestamps mean nothing (RFC 7323 3.2).
    var refusesTimestamps: Bool { known.contains(.noTimestamps) }

    /// Whether a data segment is like those before, so that it needs no closer look.
    ///
    /// - Parameters:
    ///   - segment: The segment; not changed.
    ///   - start: Where its IP header begins.
    ///   - bytes: The buffer that holds it.
    /// - Returns: Whether nothing stands out.
    @inline(__always)
    func agrees(_ segment: inout TCPSegment, _ start: Int, in bytes: Span<UInt8>) -> Bool {
        guard UInt16(truncatingIfNeeded: start) == place else { return false }
        if start == 14, PacketWay.linkAddress(in: bytes) != linkAddress { return false }
        if known.contains(.headerChecksum) {
            guard segment.networkHeaderWords == 5, TCPSegment.hasRightChecksum(headerAt: start, in: bytes) else {
                return false
            }
        } else if segment.networkHeaderWords != (segment.source.address.isIPv6 ? 10 : 5) {
            return false
        }
        guard segment.headerLength != 20 else { return true }
        let options = segment.payload.lowerBound &- 12
        guard segment.headerLength == 32, known.contains(.timestamp),
            bytes.bigEndianUInt32(at: options) == Self.timestampAlone
        else { return false }
        let value = bytes.bigEndianUInt32(at: options &+ 4)
        return Int32(bitPattern: timestamp &- value) <= 0
    }

    /// Whether ``examine(_:in:excused:isExpected:usesTimestamps:)`` would certainly find nothing in a segment with ACK
    /// and without SYN or RST, and learn nothing but its timestamp.
    ///
    /// - Parameters:
    ///   - segment: The segment; not changed.
    ///   - start: Where its IP header begins.
    ///   - bytes: The buffer that holds it.
    /// - Returns: Whether that is certain.
    @inline(__always)
    func isUnsuspicious(_ segment: inout TCPSegment, _ start: Int, in bytes: Span<UInt8>) -> Bool {
        let needed: Known = segment.source.address.isIPv6 ? .acknowledgment : [.acknowledgment, .headerChecksum]
        return known.isSuperset(of: needed) && start != 18 && agrees(&segment, start, in: bytes)
    }

    /// Takes the timestamp of a segment that ``agrees(_:_:in:)``.
    @inline(__always)
    mutating func follow(_ segment: inout TCPSegment, in bytes: Span<UInt8>) {
        if segment.headerLength != 20 { timestamp = bytes.bigEndianUInt32(at: segment.payload.lowerBound &- 8) }
    }

    /// Takes a newer timestamp from a segment without data whose header has 20 or 32 bytes, and which begins at or
    /// before the last acknowledged byte.
    ///
    /// A checksum would not pay here: if the receiver ignored the segment, the bytes that its timestamp puts in doubt
    /// are acknowledged all the same.
    @inline(__always)
    mutating func follow(emptySegment segment: inout TCPSegment, in bytes: Span<UInt8>) {
        let options = segment.payload.lowerBound &- 12
        guard segment.headerLength == 32, known.contains(.timestamp),
            bytes.bigEndianUInt32(at: options) == Self.timestampAlone
        else { return }
        let value = bytes.bigEndianUInt32(at: options &+ 4)
        if Int32(bitPattern: timestamp &- value) < 0 { timestamp = value }
    }

    /// Forgets the timestamp, since an older one was accepted.
    mutating func forgetTimestamp() { known.remove(.timestamp) }

    /// Two NOPs, and the kind and length of a timestamp option, as most systems send it (RFC 7323 A).
    private static let timestampAlone: UInt32 = 0x0101_080a

    /// Whether a packet with its IP header at `start` goes to another link address than earlier ones.
    func goesElsewhere(_ start: Int, in bytes: Span<UInt8>) -> Bool {
        linkAddress != 0 && start == 14 && PacketWay.linkAddress(in: bytes) != linkAddress
    }

    /// Learns from the answer to a SYN which SYN arrived.
    ///
    /// If SYNs took several paths, the answer comes back on the path of the one that arrived; both ends sign segments
    /// or neither does (RFC 2385 2); and the answer echoes that SYN's timestamp (RFC 7323 3.2).
    ///
    /// - Parameters:
    ///   - start: Where the answer's IP header begins.
    ///   - bytes: The buffer that holds it.
    ///   - options: Its options.
    mutating func settle(byAnswer start: Int, in bytes: Span<UInt8>, _ options: TCPSegment.Options) {
        if options.isSigned { known.insert(.signature) } else { known.remove(.signature) }
        if let echo = options.echo {
            timestamp = echo
            known.insert(.timestamp)
            known.remove(.noTimestamps)
        }
        let way = PacketWay(start, in: bytes, addressAt: 6)
        guard synWays & Self.mark(way.place, way.address ?? 0) != 0 else { return }
        let isNew = (place, linkAddress) != (way.place, way.address ?? 0)
        if known.contains(.answer), isNew { synWays = .max }
        known.insert(.answer)
        (place, linkAddress) = (way.place, way.address ?? 0)
    }

    /// Whether answers to SYNs came on several ways: one may be forged, or a router's two sides are captured.
    var hasSeveralAnswers: Bool { synWays == .max && known.contains(.answer) }

    /// Lets the segment that ends the three-way handshake decide which way counts, if there are several answers.
    ///
    /// - Parameters:
    ///   - start: Where its IP header begins.
    ///   - bytes: What it was found in.
    mutating func settle(byLastOfHandshake start: Int, in bytes: Span<UInt8>) {
        let way = PacketWay(start, in: bytes)
        (place, linkAddress) = (way.place, way.address ?? 0)
    }

    /// Examines a segment.
    ///
    /// - Parameters:
    ///   - segment: The segment; not changed.
    ///   - bytes: The buffer that holds it.
    ///   - excused: The doubts that proved meaningless in this direction.
    ///   - isExpected: Whether it begins at or before the last acknowledged byte, and acknowledges nothing unsent.
    ///   - usesTimestamps: Whether the ends may have agreed on timestamps.
    /// - Returns: Why its receiver may not have accepted its headers.
    mutating func examine(
        _ segment: inout TCPSegment, in bytes: Span<UInt8>, excused: SegmentDoubt, isExpected: Bool,
        usesTimestamps: Bool
    ) -> SegmentDoubt {
        var doubt = SegmentDoubt()
        let isReset = segment.flags.contains(.rst)
        if let start = segment.networkHeader(in: bytes) {
            doubt = examineNetworkHeader(of: &segment, at: start, in: bytes, excused: excused)
        } else if segment.hasUnusualNetworkHeader {
            doubt.insert(.networkLength)
        }
        let options = segment.options(in: bytes)
        // Only the answer shows whether a SYN after the first arrived.
        let isRepeatedSYN = segment.flags.contains(.syn) && known.contains(.opening)
        if options.isSigned {
            if segment.flags.contains(.syn), !isRepeatedSYN { known.insert(.signature) }
            if !known.contains(.signature) { doubt.insert(.signature) }
        }
        if options.isMalformed { doubt.insert(.malformedOptions) }
        if segment.flags.contains(.syn) { learnOpening(hasTimestamp: options.timestamp != nil) }
        if segment.flags.contains(.ack) {
            known.insert(.acknowledgment)
        } else if !isReset, !segment.flags.contains(.syn), !known.isDisjoint(with: [.acknowledgment, .opening]) {
            doubt.insert(.noAcknowledgment)
        }
        doubt.subtract(excused)
        if let value = options.timestamp, usesTimestamps, !isReset {
            // Linux tolerates a timestamp that is one older, and accepts any after 0.
            let age = known.contains(.timestamp) && timestamp != 0 ? Int32(bitPattern: timestamp &- value) : 0
            if age > 1 {
                doubt.insert(.oldTimestamp)
            } else if isExpected, doubt.isEmpty, age != 1, !isRepeatedSYN {
                timestamp = value
                known.insert(.timestamp)
            }
        }
        return doubt
    }

    /// Examines the IP header of a segment, which begins at `start`.
    private mutating func examineNetworkHeader(
        of segment: inout TCPSegment, at start: Int, in bytes: Span<UInt8>, excused: SegmentDoubt
    ) -> SegmentDoubt {
        var doubt = SegmentDoubt()
        if !isOnUsualWay(segment, start, in: bytes, isExcused: excused.contains(.linkAddress)) {
            doubt.insert(.linkAddress)
            if segment.flags.contains(.syn) {
                let way = PacketWay(start, in: bytes)
                synWays |= Self.mark(place, linkAddress) | Self.mark(way.place, way.address ?? 0)
            }
        }
        switch segment.ipv4Options(in: bytes) {
        case .accepted: break
        case .sourceRoute: doubt.insert(.sourceRoute)
        case .invalid: doubt.insert(.networkOptions)
        }
        if !segment.areExtensionHeadersAccepted(in: bytes) { doubt.insert(.networkOptions) }
        switch segment.ipv4HeaderChecksumStatus(in: bytes) {
        case .right: known.insert(.headerChecksum)
        case .unknown: break
        case .wrong, .offloaded:
            if excused.contains(.headerChecksum) { known.remove(.headerChecksum) }
            if known.contains(.headerChecksum) { doubt.insert(.headerChecksum) }
        }
        return doubt
    }

    private mutating func learnOpening(hasTimestamp: Bool) {
        if hasTimestamp {
            known.remove(.noTimestamps)
        } else if !known.contains(.opening) {
            known.insert(.noTimestamps)
        }
        known.insert(.opening)
    }

    /// One of eight bits that stands for a path.
    private static func mark(_ place: UInt16, _ address: UInt64) -> UInt8 {
        1 &<< UInt8(truncatingIfNeeded: ((address ^ UInt64(place)) &* 0x9e37_79b9_7f4a_7c15) &>> 61)
    }

    /// Whether a packet goes to the same link address, and through the same VLAN and tunnels, as earlier ones; if none
    /// are known, its path becomes the usual one.
    private mutating func isOnUsualWay(
        _ segment: borrowing TCPSegment, _ start: Int, in bytes: Span<UInt8>, isExcused: Bool
    ) -> Bool {
        let way = PacketWay(start, in: bytes)
        let here = way.place
        if !known.contains(.place) || isExcused { place = here }
        known.insert(.place)
        // An IPsec authentication header lies in between: only a receiver with its key looks past it.
        let isIPv6 = segment.source.address.isIPv6
        let words = segment.networkHeaderWords
        let isSigned = !isIPv6 && UInt16(bytes[start] & 0x0f) != words
        guard let address = way.address else { return here == place && !isSigned || isExcused }
        if linkAddress == 0 || isExcused { linkAddress = address }
        return address == linkAddress && here == place && (!isSigned || isExcused)
    }
}
