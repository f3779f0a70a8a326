internal import WireFormat

extension HeaderWalk {
    /// Reads a label stack entry (RFC 3032 2.1); after the last one, only the bytes themselves show what follows.
    ///
    /// Each entry counts as a header, which bounds the stack.
    mutating func readMPLSLabel(_ bytes: Span<UInt8>) -> NextHeader {
        let entry = bytes.extracting(droppingFirst: offset)
        guard holds(4, in: entry) else { return .none(lack(of: 4)) }
        offset &+= 4
        let isBottomOfStack = entry[2] & 1 == 1
        guard isBottomOfStack else { return .mplsLabel }

        let payload = bytes.extracting(droppingFirst: offset)
        guard holds(1, in: payload) else { return .none(lack(of: 1)) }
        // RFC 4928 3: a payload other than IP starts with neither version; 1 is an associated channel (RFC 5586 2.1).
        switch payload[0] &>> 4 {
        case 4: return .ipv4
        case 6: return .ipv6
        case 1: return .none(.other)
        default: return readPseudowire(bytes)
        }
    }

    /// Finds an Ethernet frame (RFC 4448 4), and skips the control word if there is one.
    ///
    /// The control word starts with four zero bits (RFC 4385 3) but is optional, and many addresses start with zeros
    /// too: a known EtherType decides.
    private mutating func readPseudowire(_ bytes: Span<UInt8>) -> NextHeader {
        let frame = bytes.extracting(droppingFirst: offset)
        guard holds(18, in: frame) else { return .none(lack(of: 18)) }
        if frame[0] &>> 4 == 0, NextHeader(etherType: frame.bigEndianUInt16(at: 16)) != .none(.other) {
            offset &+= 4
            return .ethernet
        }
        return NextHeader(etherType: frame.bigEndianUInt16(at: 12)) == .none(.other) ? .none(.other) : .ethernet
    }
}
