import PacketDecoding
import TestSupport
import WireFormat

/// A decoder, and what it has output.
struct FragmentFeed {
    var decoder: PacketDecoder
    /// The segments' payloads.
    private(set) var payloads: [[UInt8]] = []

    init(limits: DecodingLimits = DecodingLimits()) {
        decoder = PacketDecoder(limits: limits)
    }

    /// Decodes a datagram in an Ethernet packet.
    @discardableResult
    mutating func receive(_ datagram: some IPDatagram, seconds: Int64 = 0, snapLength: Int = .max) -> Decoded {
        let whole = datagram.ethernet()
        let bytes = whole.count > snapLength ? Array(whole[..<snapLength]) : whole
        let time = Timestamp(nanoseconds: seconds * 1_000_000_000)
        let decoded = bytes.withPacket(time: time, originalLength: whole.count) { decoder.decode($0) }
        if let segment = decoded.segment { payloads.append(Array(bytes[segment.payload])) }
        if let segment = decoded.reassembled { payloads.append(Array(decoder.datagram[segment.payload])) }
        return decoded
    }

    var totals: FragmentTotals { decoder.fragmentTotals }
}

/// A fragment with a change in its IP header, and without IPv4's checksum.
struct MarkedDatagram: IPDatagram {
    var datagram: [UInt8]

    /// Sets the two congestion bits (RFC 3168 5).
    init(_ fragment: some IPDatagram, mark: UInt8) {
        datagram = fragment.datagram
        datagram[1] |= fragment.isIPv6 ? mark << 4 : mark
        leaveOutChecksum()
    }

    /// Adds options to an IPv4 header, and replaces every byte of the payload.
    init(_ fragment: some IPDatagram, options: [UInt8], payload: UInt8) {
        let bytes = fragment.datagram
        datagram = bytes[..<20] + options + Array(repeating: payload, count: bytes.count - 20)
        datagram[0] += UInt8(options.count / 4)
        datagram[3] += UInt8(options.count)
        leaveOutChecksum()
    }

    private mutating func leaveOutChecksum() {
        if !isIPv6 { (datagram[10], datagram[11]) = (0, 0) }
    }
}

/// A simple model that reassembles a datagram byte by byte.
struct FragmentModel {
    let isIPv6: Bool
    private var bytes: [Int: UInt8] = [:]
    /// The fragments held, each with the run that it belongs to.
    private var parts: [(range: Range<Int>, run: Int)] = []
    private var length: Int?
    private var furthest = 0
    /// The number of contradictions between fragments.
    private(set) var contradictions: UInt64 = 0

    init(isIPv6: Bool) {
        self.isIPv6 = isIPv6
    }

    /// Inserts a fragment like ip_frag_queue and inet_frag_queue_insert of Linux 6; returns whether the datagram is
    /// then complete.
    mutating func insert(_ range: Range<Int>, _ payload: [UInt8], isLast: Bool) -> Bool {
        let end = range.upperBound
        let fits = isLast ? end >= furthest && (length ?? end) == end : end <= (length ?? end)
        let overlapped = parts.filter { $0.range.overlaps(range) }
        if fits, let run = overlapped.first?.run {
            let covered = Set(parts.filter { $0.run == run }.flatMap { Array($0.range) })
            if range.allSatisfy({ covered.contains($0) }) { return false }
        }
        guard fits, overlapped.isEmpty else {
            contradictions += 1
            (bytes, parts, length, furthest) = ([:], [], nil, 0)
            return false
        }
        let last = parts.max { $0.range.upperBound < $1.range.upperBound }
        let newRun = (parts.map(\.run).max() ?? 0) + 1
        parts.append((range, last?.range.upperBound == range.lowerBound ? last!.run : newRun))
        for (index, byte) in zip(range, payload) { bytes[index] = byte }
        if isLast { length = end }
        furthest = max(furthest, end)
        return bytes.count == length
    }
}
