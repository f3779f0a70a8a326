internal import WireFormat

extension HeaderWalk {
    /// Reads a VXLAN header (RFC 7348 5): flags and the network identifier; an Ethernet frame follows.
    mutating func readVXLAN(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        // RFC 7348 5: flag I must be set, the others are ignored; without it, this is something else on this port.
        guard header[0] & 0x08 != 0 else { return .none(.udp) }
        offset &+= 8
        enter(network: header.bigEndianUInt32(at: 4) &>> 8)
        return .ethernet
    }
}

extension HeaderWalk {
    /// Reads a Geneve header (RFC 8926 3.4) and skips its options, critical ones too: they instruct the end of the
    /// tunnel, and none changes where the payload starts.
    mutating func readGeneve(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        // RFC 8926 3.4: version 0 is the only one; flag O marks messages between the ends of the tunnel.
        guard header[0] &>> 6 == 0, header[1] & 0x80 == 0 else { return .none(.udp) }
        let length = 8 &+ Int(header[0] & 0x3f) &* 4
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        enter(network: header.bigEndianUInt32(at: 4) &>> 8)
        return NextHeader(etherType: header.bigEndianUInt16(at: 2))
    }
}

extension HeaderWalk {
    /// Reads a GTP-U header (3GPP TS 29.281 5.1) and its extension headers; an IP packet follows.
    ///
    /// The tunnel endpoint identifier does not mark the segment: it differs between the directions and changes under
    /// way.
    mutating func readGTPUser(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        // Version 1, protocol type GTP; message type 255 carries a packet, the others are between the tunnel's ends.
        guard header[0] & 0xf0 == 0x30, header[1] == 255 else { return .none(.udp) }
        guard limit(to: 8 &+ Int(header.bigEndianUInt16(at: 2))) else { return .none(.malformed) }
        var length = 8
        if header[0] & 0x07 != 0 {
            guard holds(12, in: header) else { return .none(lack(of: 12)) }
            length = 12
            // 5.2.1: an extension header starts with its length in units of 4 bytes, and ends with the type of the
            // next.
            var next = header[0] & 0x04 == 0 ? 0 : header[11]
            while next != 0 {
                guard holds(length &+ 4, in: header) else { return .none(lack(of: length &+ 4)) }
                let extensionLength = Int(header[length]) &* 4
                guard extensionLength > 0 else { return .none(.malformed) }
                length &+= extensionLength
                guard holds(length, in: header) else { return .none(lack(of: length)) }
                next = header[length &- 1]
            }
        }
        offset &+= length
        let payload = bytes.extracting(droppingFirst: offset)
        guard holds(1, in: payload) else { return .none(lack(of: 1)) }
        return switch payload[0] &>> 4 {
        case 4: .ipv4
        case 6: .ipv6
        default: .none(.other)
        }
    }
}

extension HeaderWalk {
    /// Reads a TZSP header and skips its fields; a frame that a router or access point captured follows.
    mutating func readTZSP(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: header) else { return .none(lack(of: 4)) }
        // Version 1; types 0 and 1 are a packet received and one to send.
        guard header[0] == 1, header[1] <= 1 else { return .none(.udp) }
        let next: NextHeader
        switch header.bigEndianUInt16(at: 2) {
        case 0x01: next = .ethernet
        case 0x12: next = .wireless(isPadded: false)
        case 0x77: next = .wirelessLog
        default: return .none(.udp)
        }
        var length = 4
        while true {
            guard holds(length &+ 1, in: header) else { return .none(lack(of: length &+ 1)) }
            switch header[length] {
            case 0: length &+= 1
            case 1:
                offset &+= length &+ 1
                return next
            default:
                guard holds(length &+ 2, in: header) else { return .none(lack(of: length &+ 2)) }
                length &+= 2 &+ Int(header[length &+ 1])
            }
        }
    }
}

extension HeaderWalk {
    /// Reads an L2TP header over UDP: of version 2 (RFC 2661 3.1), which precedes PPP, or of version 3 (RFC 3931
    /// 4.1.2).
    mutating func readL2TP(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(6, in: header) else { return .none(lack(of: 6)) }
        let flags = header.bigEndianUInt16(at: 0)
        // Bit T marks a control message.
        guard flags & 0x8000 == 0 else { return .none(.udp) }
        switch flags & 0x000f {
        case 2: break
        case 3:
            offset &+= 4
            return .l2tpSession
        default: return .none(.udp)
        }
        if flags & 0x4000 != 0, !limit(to: Int(header.bigEndianUInt16(at: 2))) { return .none(.malformed) }
        var length = (flags & 0x4000 == 0 ? 6 : 8) &+ (flags & 0x0800 == 0 ? 0 : 4)
        if flags & 0x0200 != 0 {
            guard holds(length &+ 2, in: header) else { return .none(lack(of: length &+ 2)) }
            length &+= 2 &+ Int(header.bigEndianUInt16(at: length))
        }
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        return .ppp
    }

    /// Reads the session header of L2TPv3 (RFC 3931 4.1) and finds the frame after it.
    ///
    /// Only control messages give the length of the cookie (0, 4 or 8 bytes), whether a sublayer of 4 bytes follows,
    /// and the type of the frame. So the first position counts where Ethernet or PPP around a known protocol starts.
    mutating func readL2TPSession(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: header) else { return .none(lack(of: 4)) }
        // RFC 3931 4.1.1.2: session 0 is that of control messages.
        guard header.bigEndianUInt32(at: 0) != 0 else { return .none(.other) }
        for length in stride(from: 4, through: 16, by: 4) {
            guard let next = header.extracting(droppingFirst: length).frameStart else { continue }
            offset &+= length
            return next
        }
        return .none(bytes.count < end ? .truncated : .other)
    }
}

extension Span<UInt8> {
    /// What starts here, if that is clear: an Ethernet or PPP frame that holds IP or ARP.
    fileprivate var frameStart: NextHeader? {
        guard count >= 5 else { return nil }
        switch (bigEndianUInt32(at: 0), self[4] &>> 4) {
        case (0xff03_0021, 4), (0xff03_0057, 6): return .ppp
        default: break
        }
        switch (bigEndianUInt16(at: 0), self[2] &>> 4) {
        case (0x0021, 4), (0x0057, 6): return .ppp
        default: break
        }
        var type = 12
        while count >= type &+ 3 {
            switch (bigEndianUInt16(at: type), self[type &+ 2] &>> 4) {
            case (0x0800, 4), (0x86dd, 6), (0x0806, 0): return .ethernet
            case (0x8100, _) where type < 20, (0x88a8, _) where type < 20: type &+= 4
            default: return nil
            }
        }
        return nil
    }
}
