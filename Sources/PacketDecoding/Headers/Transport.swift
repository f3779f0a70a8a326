internal import WireFormat

extension HeaderWalk {
    /// Reads a TCP header (RFC 9293 3.1); the rest of IP's payload is the segment's.
    ///
    /// - Returns: Why there is none; nil if there is.
    @inline(__always)
    func readTCP(_ bytes: Span<UInt8>, into segment: inout TCPSegment) -> WalkEnd? {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(20, in: header) else { return lack(of: 20) }
        let headerLength = Int(header[12] &>> 4) &* 4
        guard headerLength >= 20 else { return .malformed }
        guard holds(headerLength, in: header) else { return lack(of: headerLength) }
        let start = offset &+ headerLength
        segment.source = Endpoint(address: source(in: bytes), port: header.bigEndianUInt16(at: 0))
        segment.destination = Endpoint(address: destination(in: bytes), port: header.bigEndianUInt16(at: 2))
        segment.sequence = header.bigEndianUInt32(at: 4)
        segment.acknowledgment = header.bigEndianUInt32(at: 8)
        segment.flags = TCPFlags(rawValue: header[13])
        segment.headerLength = UInt8(truncatingIfNeeded: headerLength)
        segment.window = header.bigEndianUInt16(at: 14)
        // RFC 7323 2.2: the option is valid on SYN segments only.
        segment.windowScale = segment.flags.contains(.syn) ? header.extracting(20..<headerLength).windowScale : nil
        segment.networkHeaderWords =
            isLengthless ? .max : UInt16(clamping: (offset &- addresses &+ (isIPv6 ? 8 : 12)) &>> 2)
        segment.tunnel = tunnel
        segment.payload = start..<min(end, bytes.count)
        segment.payloadLength = end &- start
        return nil
    }
}

extension Span<UInt8> {
    /// The window scale among TCP options (RFC 7323 2.2); nil if there is none.
    ///
    /// An option that overruns the header ends the search.
    fileprivate var windowScale: UInt8? {
        var cursor = ByteCursor(self)
        while let kind = cursor.readUInt8() {
            // RFC 9293 3.1: end of options and no-operation are the two without a length.
            if kind == 0 { return nil }
            if kind == 1 { continue }
            guard let length = cursor.readUInt8(), length >= 2 else { return nil }
            if kind == 3, length == 3 {
                // RFC 7323 2.3: more than 14 counts as 14.
                return cursor.readUInt8().map { Swift.min($0, 14) }
            }
            cursor.skip(Int(length) &- 2)
        }
        return nil
    }
}

extension HeaderWalk {
    /// Reads a UDP header (RFC 768), and finds a tunnel by the receiver's port.
    mutating func readUDP(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        let tunnel: NextHeader? =
            switch header.bigEndianUInt16(at: 2) {
            // RFC 7348 5; 8472 is what Linux used before a port was assigned, and what many networks still use.
            case 4789, 8472: .vxlan
            // RFC 8926 3.3.
            case 6081: .geneve
            // 3GPP TS 29.281 4.4.2.
            case 2152: .gtpUser
            // RFC 2661 8.1, RFC 3931 4.1.2.
            case 1701: .l2tp
            case 37008: .tzsp
            // Through a NAT, an L2TP server answers to any port.
            default: header.bigEndianUInt16(at: 0) == 1701 ? .l2tp : nil
            }
        let length = Int(header.bigEndianUInt16(at: 4))
        // Length 0 is that of a datagram over 65,535 bytes (RFC 2675 4): it ends with IP's payload.
        guard length == 0 || length >= 8 && limit(to: length) else {
            // Without a tunnel, no TCP can follow, whatever is wrong.
            return .none(tunnel == nil ? .other : .malformed)
        }
        offset &+= 8
        return tunnel ?? .none(.udp)
    }

    /// Fills in the ends and the payload of the UDP datagram whose payload the walk has reached.
    func takeUDP(_ bytes: Span<UInt8>, into segment: inout TCPSegment) {
        let header = bytes.extracting(droppingFirst: offset &- 8)
        segment.source = Endpoint(address: source(in: bytes), port: header.bigEndianUInt16(at: 0))
        segment.destination = Endpoint(address: destination(in: bytes), port: header.bigEndianUInt16(at: 2))
        segment.tunnel = tunnel
        segment.payload = offset..<min(end, bytes.count)
        segment.payloadLength = end &- offset
    }
}
