internal import WireFormat

extension HeaderWalk {
    /// Reads a PPP header: address and control (RFC 1662 3.1) unless compressed away, then the protocol.
    mutating func readPPP(_ bytes: Span<UInt8>) -> NextHeader {
        var header = bytes.extracting(droppingFirst: offset)
        guard holds(2, in: header) else { return .none(lack(of: 2)) }
        // RFC 1661 6.6: unless they are compressed away, the frame starts with ff 03, as no protocol does.
        if header.bigEndianUInt16(at: 0) == 0xff03 {
            offset &+= 2
            header = bytes.extracting(droppingFirst: offset)
            guard holds(2, in: header) else { return .none(lack(of: 2)) }
        }
        // RFC 1661 6.5: a compressed protocol is one odd byte; the first of two is even.
        let isCompressed = header[0] & 1 == 1
        offset &+= isCompressed ? 1 : 2
        switch isCompressed ? UInt16(header[0]) : header.bigEndianUInt16(at: 0) {
        case 0x0021: return .ipv4
        case 0x0057: return .ipv6
        // RFC 3032 4.3: MPLS, unicast and multicast.
        case 0x0281, 0x0283: return .mplsLabel
        default: return .none(.other)
        }
    }

    /// Distinguishes the two kinds of LINKTYPE_PPP_HDLC: the address 0x0f (unicast) or 0x8f (broadcast) is Cisco's.
    func readPPPOrCiscoHDLC(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(1, in: header) else { return .none(lack(of: 1)) }
        return header[0] == 0x0f || header[0] == 0x8f ? .ciscoHDLC : .ppp
    }

    /// Skips the direction, which precedes PPP or takes the place of the address before the control byte.
    mutating func readPPPWithDirection(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(2, in: header) else { return .none(lack(of: 2)) }
        // After the direction: the whole frame (ff 03), or only what pppd leaves of it (03).
        offset &+= header[1] == 0x03 ? 2 : 1
        return .ppp
    }

    /// Skips the direction that precedes Cisco HDLC.
    mutating func readCiscoHDLCWithDirection(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(1, in: header) else { return .none(lack(of: 1)) }
        offset &+= 1
        return .ciscoHDLC
    }

    /// Reads a Cisco HDLC header (RFC 1547 4.3.1): address, control, EtherType.
    mutating func readCiscoHDLC(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: header) else { return .none(lack(of: 4)) }
        offset &+= 4
        return NextHeader(etherType: header.bigEndianUInt16(at: 2))
    }
}

extension HeaderWalk {
    /// Reads the header of a PPPoE session (RFC 2516 4): version and type, code, session, length; PPP follows.
    mutating func readPPPoE(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(6, in: header) else { return .none(lack(of: 6)) }
        guard header[0] == 0x11 else { return .none(.malformed) }
        // RFC 2516 6: session data has code 0.
        guard header[1] == 0 else { return .none(.other) }
        offset &+= 6
        guard limit(to: Int(header.bigEndianUInt16(at: 4))) else { return .none(.malformed) }
        return .ppp
    }
}
