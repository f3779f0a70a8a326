extension Span<UInt8> {
    /// Whether all bytes are valid UTF-8.
    var isValidUTF8: Bool {
        do {
            _ = try UTF8Span(validating: self)
            return true
        } catch {
            return false
        }
    }

    /// The number of bytes before a scalar that is cut off at the end; those bytes must be valid UTF-8.
    package var countOfWholeScalars: Int {
        var start = count
        while start > 0, count &- start < 3 {
            start &-= 1
            let byte = self[start]
            if byte & 0xc0 != 0x80 {
                return start &+ Self.scalarLength(lead: byte) <= count ? count : start
            }
        }
        return count
    }

    /// The scalar that begins at `position`, and its length; nil if none does (RFC 3629 4: overlong forms and
    /// surrogates are invalid).
    func scalar(at position: Int) -> (scalar: Unicode.Scalar, length: Int)? {
        let lead = self[position]
        if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
        let length = Self.scalarLength(lead: lead)
        guard length > 1, position &+ length <= count else { return nil }
        var value = UInt32(lead) & (0x7f &>> UInt32(length))
        for place in 1..<length {
            let byte = self[position &+ place]
            guard byte & 0xc0 == 0x80 else { return nil }
            value = value &<< 6 | UInt32(byte & 0x3f)
        }
        let smallest: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, length)
    }

    /// The length of the scalar that begins with `lead`; 1 if none does.
    private static func scalarLength(lead: UInt8) -> Int {
        switch lead {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 1
        }
    }
}
