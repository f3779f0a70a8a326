internal import WireFormat

extension HeaderWalk {
    /// Reads a GRE header of version 0 (RFC 2784 2.1, RFC 2890 2), or of version 1, which is PPTP's.
    mutating func readGRE(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: header) else { return .none(lack(of: 4)) }
        let flags = header.bigEndianUInt16(at: 0)
        let etherType = header.bigEndianUInt16(at: 2)
        switch flags & 0x0007 {
        case 0: break
        case 1 where etherType == 0x880b: return readPPTP(bytes)
        default: return .none(.tunnel(.gre))
        }
        // RFC 2784 2.3: only RFC 1701 gave these bits a meaning, source routes among them.
        guard flags & 0x4c00 == 0 else { return .none(.tunnel(.gre)) }

        let checksumLength = flags & 0x8000 == 0 ? 0 : 4
        let keyLength = flags & 0x2000 == 0 ? 0 : 4
        let sequenceLength = flags & 0x1000 == 0 ? 0 : 4
        let length = 4 &+ checksumLength &+ keyLength &+ sequenceLength
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        if keyLength > 0 { enter(network: header.bigEndianUInt32(at: 4 &+ checksumLength)) }
        switch etherType {
        // draft-foschiano-erspan-03 4.1, 4.2: type I has neither a sequence number nor a header of its own.
        case 0x88be: return sequenceLength == 0 ? .ethernet : .erspan
        case 0x22eb: return .erspan
        case 0x880b: return .ppp
        case 0x883e: return .redirect
        // Keep-alives, IS-IS, CDP, NHRP and ARP: messages between the tunnel's ends.
        case 0, 0x00fe, 0x2000, 0x2001, 0x0806: return .none(.other)
        default:
            let next = NextHeader(etherType: etherType)
            return next == .none(.other) ? .none(.tunnel(.gre)) : next
        }
    }

    /// Reads a packet that WCCP redirects in GRE: version 2 has four bytes before it, version 1 none.
    mutating func readRedirect(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(5, in: header) else { return .none(lack(of: 5)) }
        if header[0] &>> 4 != 4 { offset &+= 4 }
        return .ip
    }

    /// Reads the enhanced GRE header of PPTP (RFC 2637 4.1): the length of the payload, a call, and numbers if flags
    /// say so; a PPP frame follows.
    private mutating func readPPTP(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        let flags = header.bigEndianUInt16(at: 0)
        // RFC 2637 4.1: the key is mandatory; without a sequence number there is no payload.
        guard flags & 0x2000 != 0, flags & 0x1000 != 0 else { return .none(.other) }
        let length = flags & 0x0080 == 0 ? 12 : 16
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        guard limit(to: Int(header.bigEndianUInt16(at: 4))) else { return .none(.malformed) }
        return .ppp
    }

    /// Reads an ERSPAN header of type II or III (draft-foschiano-erspan-03 4.2, 4.3), which precedes a mirrored frame.
    ///
    /// The session number does not mark the segment: it says where the frame was mirrored, not which network it belongs
    /// to.
    mutating func readERSPAN(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        var length = 8
        var isIP = false
        switch header[0] &>> 4 {
        case 1: break
        case 2:
            guard holds(12, in: header) else { return .none(lack(of: 12)) }
            // The frame type, and whether a platform-specific subheader follows.
            isIP = header[10] &>> 2 & 0x1f == 2
            length = header[11] & 1 == 0 ? 12 : 20
        default: return .none(.other)
        }
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        // Bit T: the mirrored frame was cut. What follows was longer on its own wire, as with a snap length.
        if header[2] & 0x04 != 0, bytes.count <= end { end = max(end, offset &+ 65_553) }
        return isIP ? .ip : .ethernet
    }
}
