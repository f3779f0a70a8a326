import PacketDecoding
import TestSupport
import WireFormat

/// A decoder, and what has come out of it.
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

/// The obvious way to reassemble a datagram: byte by byte.
struct FragmentModel {
    let isIPv6: Bool
    private var bytes: [Int: UInt8] = [:]
    private var ranges: [Range<Int>] = []
    private var length: Int?
    private(set) var isSpoiled = false

    init(isIPv6: Bool) {
        self.isIPv6 = isIPv6
    }

    /// Takes a fragment; returns whether the datagram is complete then.
    mutating func insert(_ range: Range<Int>, _ payload: [UInt8], isLast: Bool) -> Bool {
        guard !isSpoiled else { return false }
        let overlaps = ranges.filter { $0.overlaps(range) }
        let furthest = ranges.map(\.upperBound).max() ?? 0
        if isLast {
            if let length, length != range.upperBound { isSpoiled = true }
            if furthest > range.upperBound { isSpoiled = true }
        } else if let length, range.upperBound >= length {
            isSpoiled = true
        }
        if isIPv6, overlaps.contains(where: { $0 != range }) { isSpoiled = true }
        for (index, byte) in zip(range, payload) {
            if let old = bytes[index], old != byte { isSpoiled = true }
            bytes[index] = byte
        }
        ranges.append(range)
        if isLast { length = range.upperBound }
        return !isSpoiled && bytes.count == length
    }
}
