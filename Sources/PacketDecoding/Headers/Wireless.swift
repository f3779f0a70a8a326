internal import WireFormat

extension HeaderWalk {
    /// Reads a header of LINKTYPE_IEEE802_11_RADIOTAP: its length, then which fields are present, in little-endian
    /// numbers.
    mutating func readRadiotap(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        guard header[0] == 0 else { return .none(.other) }
        let length = Int(header.bigEndianUInt16(at: 2).byteSwapped)
        guard length >= 8 else { return .none(.malformed) }
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        let place = header.extracting(first: length).radiotapFlags
        let flags = place.map { header[$0] } ?? 0
        offset &+= length
        // A checksum of 4 bytes ends the frame.
        if flags & 0x10 != 0 {
            guard end &- offset >= 4 else { return .none(.malformed) }
            end &-= 4
        }
        return .wireless(isPadded: flags & 0x20 != 0)
    }

    /// Skips a header of LINKTYPE_IEEE802_11_PRISM, in the byte order of the capturing host, or of
    /// LINKTYPE_IEEE802_11_AVS, in network byte order: a number, the header's length, and more.
    mutating func readWirelessLog(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        let isAVS = header.bigEndianUInt32(at: 0) &>> 12 == 0x80211
        let number = header.bigEndianUInt32(at: 4)
        let length = isAVS || number <= 0xffff ? number : number.byteSwapped
        guard length >= 8 else { return .none(.malformed) }
        guard length <= 0xffff, holds(Int(length), in: header) else { return .none(lack(of: Int(length))) }
        offset &+= Int(length)
        return .wireless(isPadded: false)
    }

    /// Skips a header of LINKTYPE_PPI: version, flags, its length and the link type of what follows, little-endian.
    mutating func readPacketInformation(_ bytes: Span<UInt8>) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(8, in: header) else { return .none(lack(of: 8)) }
        let length = Int(header.bigEndianUInt16(at: 2).byteSwapped)
        guard length >= 8 else { return .none(.malformed) }
        guard holds(length, in: header) else { return .none(lack(of: length)) }
        offset &+= length
        return NextHeader(LinkType(rawValue: header.bigEndianUInt32(at: 4).byteSwapped)) ?? .none(.other)
    }

    /// Reads a MAC header of IEEE 802.11 (9.2.4, 9.3.2.1): a data frame holds IEEE 802.2.
    ///
    /// Of several frames in one (A-MSDU), the first is read. Fragments are not put together.
    ///
    /// - Parameters:
    ///   - bytes: The packet.
    ///   - isPadded: Whether the header is padded to a multiple of 4 bytes, as some drivers do.
    /// - Returns: What follows.
    mutating func readWireless(_ bytes: Span<UInt8>, isPadded: Bool) -> NextHeader {
        let header = bytes.extracting(droppingFirst: offset)
        guard holds(24, in: header) else { return .none(lack(of: 24)) }
        let (control, flags) = (header[0], header[1])
        // Version 0, type 2; without the subtype's bit for no data.
        guard control & 0x4f == 0x08 else { return .none(.other) }
        guard flags & 0x40 == 0 else { return .none(.tunnel(.wirelessEncryption)) }
        guard flags & 0x04 == 0, header[22] & 0x0f == 0 else { return .none(.other) }
        // A fourth address between access points; two bytes about quality of service, and four more if a bit says so.
        var length = flags & 0x03 == 0x03 ? 30 : 24
        var isAggregate = false
        if control & 0x80 != 0 {
            guard holds(length &+ 2, in: header) else { return .none(lack(of: length &+ 2)) }
            isAggregate = header[length] & 0x80 != 0
            length &+= flags & 0x80 == 0 ? 2 : 6
        }
        if isPadded { length = (length &+ 3) & ~3 }
        guard isAggregate else {
            guard holds(length, in: header) else { return .none(lack(of: length)) }
            offset &+= length
            return .logicalLink
        }
        // Two addresses and a length.
        guard holds(length &+ 14, in: header) else { return .none(lack(of: length &+ 14)) }
        offset &+= length &+ 14
        return limit(to: Int(header.bigEndianUInt16(at: length &+ 12))) ? .logicalLink : .none(.malformed)
    }
}

extension Span<UInt8> {
    /// Where the fields of a radiotap header begin: at 8 or more, perhaps beyond the header.
    ///
    /// The words before them say which fields are present; the top bit of each says that another word follows.
    var radiotapFieldsStart: Int {
        var place = 4
        while place &+ 4 <= count, self[place &+ 3] & 0x80 != 0 { place &+= 4 }
        return place &+ 4
    }

    /// Where a radiotap header has its field of flags; nil if there is none.
    var radiotapFlags: Int? {
        let present = bigEndianUInt32(at: 4).byteSwapped
        guard present & 2 != 0 else { return nil }
        var place = radiotapFieldsStart
        // A timestamp of 8 bytes, aligned.
        if present & 1 != 0 { place = ((place &+ 7) & ~7) &+ 8 }
        return place < count ? place : nil
    }
}
