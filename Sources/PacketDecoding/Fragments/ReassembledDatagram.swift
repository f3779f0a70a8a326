/// A datagram reassembled from its fragments.
struct ReassembledDatagram {
    let key: DatagramKey
    /// The protocol or next header number after the IP header.
    let next: UInt8
    /// The path of its first fragment.
    let way: PacketWay
    /// Where its IP header lies in `bytes`.
    let header: Range<Int>
    /// The length of `bytes`, had all of it been captured.
    let length: Int
    /// What preceded the IP header of the fragment that came first, the fixed part of that header, then the payload as
    /// far as it was captured.
    let bytes: [UInt8]

    private var isIPv6: Bool { key.source.isIPv6 }

    /// A walk that has passed the IP header.
    var walk: HeaderWalk {
        var walk = HeaderWalk(end: length)
        walk.isIPv6 = isIPv6
        walk.addresses = header.lowerBound &+ (isIPv6 ? 8 : 12)
        walk.offset = header.upperBound
        walk.tunnel = key.tunnel
        return walk
    }

    /// The header after IP's.
    var nextHeader: NextHeader {
        isIPv6 ? NextHeader(ipv6Next: next) : NextHeader(ipv4Protocol: next)
    }

    /// Whether a fragment, found in `source`, only repeats a part of this datagram.
    func contains(_ fragment: Fragment, from source: Span<UInt8>) -> Bool {
        let end = fragment.range.upperBound &+ header.upperBound
        guard fragment.key == key, fragment.isLast ? end == length : end < length, bytes.count == length else {
            return false
        }
        let own = bytes.span.extracting((fragment.range.lowerBound &+ header.upperBound)..<end)
        return own.startsLike(source.extracting(fragment.captured))
    }
}

extension Span<UInt8> {
    /// The indices of `length` bytes from `start` on, as far as they exist.
    func indices(from start: Int, length: Int) -> Range<Int> {
        let lower = Swift.min(start, count)
        return lower..<Swift.min(lower &+ length, count)
    }

    /// Whether both are equal up to the end of the shorter.
    func startsLike(_ other: Span<UInt8>) -> Bool {
        for index in 0..<Swift.min(count, other.count) where self[index] != other[index] { return false }
        return true
    }
}
