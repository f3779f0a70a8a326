/// Blanks the options in a packet's headers, each kind in its own way. Lengths stay, so the options can still be read.
extension [UInt8] {
    /// Sets all bytes of a range, as far as the packet has them.
    mutating func fill(_ range: Range<Int>, with byte: UInt8 = 0) {
        for index in range where index < count { self[index] = byte }
    }

    /// Blanks TCP options (RFC 9293 3.2), except those that negotiate the connection.
    mutating func blankTCPOptions(_ range: Range<Int>) {
        var index = range.lowerBound
        while index < range.upperBound {
            let kind = self[index]
            if kind == 1 {
                index &+= 1
                continue
            }
            guard kind != 0, index &+ 1 < range.upperBound else { break }
            let length = Int(self[index &+ 1])
            guard length >= 2, index &+ length <= range.upperBound else { break }
            switch (kind, length) {
            case (2, 4), (3, 3), (4, 2), (5, 10), (5, 18), (5, 26), (5, 34), (8, 10): break
            // Signatures: their kind and length stay.
            case (19, _), (29, _): fill((index &+ 2)..<(index &+ length))
            default: fill(index..<(index &+ length), with: 1)
            }
            index &+= length
        }
        fill(index..<range.upperBound)
    }

    /// Blanks an IPv6 extension header: the contents of options (RFC 8200 4.2), or anything else.
    ///
    /// Kinds and lengths of options stay: hosts refuse some, and would refuse too much padding in their place.
    ///
    /// - Parameters:
    ///   - range: The header.
    ///   - type: Its type: 0 is hop-by-hop options, 60 destination options.
    mutating func blankIPv6Extension(_ range: Range<Int>, _ type: UInt8) {
        guard range.count >= 8 else { return }
        let end = Swift.min(range.upperBound, count)
        var index = range.lowerBound &+ 2
        guard type == 0 || type == 60 else { return fill(index..<end) }
        while index &+ 1 < end {
            // Of one byte.
            guard self[index] != 0 else {
                index &+= 1
                continue
            }
            let contents = (index &+ 2)..<Swift.min(index &+ 2 &+ Int(self[index &+ 1]), end)
            // A jumbo payload's length stays; padding must be zero, or hosts refuse it.
            let isJumbo = self[index] == 0xc2 && contents.count == 4
            let isBadPadding = self[index] == 1 && self[contents].contains { $0 != 0 }
            if !isJumbo { fill(contents, with: isBadPadding ? 1 : 0) }
            index = contents.upperBound
        }
        fill(index..<end)
    }

    /// Blanks the values of Geneve options (RFC 8926 3.5).
    mutating func blankGeneveOptions(_ range: Range<Int>) {
        var index = range.lowerBound
        while index &+ 4 <= range.upperBound {
            let length = Int(self[index &+ 3] & 0x1f) &* 4
            // Reserved bits, after the option's class and type.
            self[index &+ 3] &= 0x1f
            fill((index &+ 4)..<Swift.min(index &+ 4 &+ length, range.upperBound))
            index &+= 4 &+ length
        }
    }

    /// Blanks the contents of extension headers of GTP-U (3GPP TS 29.281 5.2).
    mutating func blankGTPExtensions(_ range: Range<Int>) {
        var index = range.lowerBound &+ 12
        while index &+ 4 <= range.upperBound {
            let length = Int(self[index]) &* 4
            guard length > 0, index &+ length <= range.upperBound else {
                return fill(index..<range.upperBound)
            }
            fill((index &+ 1)..<(index &+ length &- 1))
            index &+= length
        }
    }

    /// Blanks the values of TZSP tags; 0 and 1, padding and end, have none.
    mutating func blankTZSPTags(_ range: Range<Int>) {
        var index = range.lowerBound
        while index &+ 1 < range.upperBound {
            guard self[index] > 1 else {
                index &+= 1
                continue
            }
            let length = Int(self[index &+ 1])
            fill((index &+ 2)..<Swift.min(index &+ 2 &+ length, range.upperBound))
            index &+= 2 &+ length
        }
    }

    /// Blanks the fields of a radiotap header, except for flags, which say where the frame begins and ends.
    mutating func blankRadiotap(_ header: Range<Int>) {
        let flags = span.extracting(header).radiotapFlags.map { header.lowerBound &+ $0 }
        let start = header.lowerBound &+ span.extracting(header).radiotapFieldsStart
        for place in start..<Swift.max(start, header.upperBound) where place != flags { self[place] = 0 }
    }

    /// Blanks the values of NFLOG attributes, except the EtherType.
    mutating func blankNetfilterAttributes(_ range: Range<Int>) {
        var index = range.lowerBound &+ 4
        while index &+ 4 <= range.upperBound {
            let isLittleEndian = self[index &+ 3] == 0
            let (high, low) = isLittleEndian ? (self[index &+ 1], self[index]) : (self[index], self[index &+ 1])
            let type = isLittleEndian ? self[index &+ 2] : self[index &+ 3]
            let length = Int(high) &<< 8 | Int(low)
            guard length >= 4 else { return fill(index..<range.upperBound) }
            let end = Swift.min(index &+ (length &+ 3) & ~3, range.upperBound)
            fill(Swift.min(index &+ (type == 1 ? 6 : 4), end)..<end)
            index = Swift.max(end, index &+ 4)
        }
        fill(index..<Swift.max(index, range.upperBound))
    }
}
