internal import WireFormat

extension HeaderWalk {
    /// Reads the header of a PPPoE session (RFC 2516 4): version and type, code, session, length; PPP follows.
    mutating func readPPPoE(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(6, in: header) else { return .none(lack(of: 6)) }
        guard header[0] == 0x11 else { return .none(.malformed) }
        // RFC 2516 6: the code of what a session carries is 0.
        guard header[1] == 0 else { return .none(.notTCP) }
        offset &+= 6
        guard limit(to: Int(header.bigEndianUInt16(at: 4))) else { return .none(.malformed) }
        return .ppp
    }
}
