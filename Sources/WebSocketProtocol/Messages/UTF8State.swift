/// Where in a scalar a text stands (RFC 3629 4).
///
/// All that comes after a byte is in one number: six bits for each state, at the place that its raw value names. So a
/// step is a shift, and does not wait for a table.
enum UTF8State: UInt64, CaseIterable {
    /// Behind a byte that cannot be there: nothing leads out of it.
    case broken = 0
    /// Between scalars.
    case between = 6
    /// One, two or three bytes are missing, of any value.
    case missingOne = 12
    case missingTwo = 18
    case missingThree = 24
    /// The next byte has fewer values: no overlong form, no surrogate, nothing beyond U+10FFFF.
    case behindE0 = 30
    case behindED = 36
    case behindF0 = 42
    case behindF4 = 48

    /// The state behind another byte.
    func next(_ byte: UInt8) -> UTF8State {
        switch (self, byte) {
        case (.between, 0x00...0x7f), (.missingOne, 0x80...0xbf): .between
        case (.between, 0xc2...0xdf), (.missingTwo, 0x80...0xbf): .missingOne
        case (.behindE0, 0xa0...0xbf), (.behindED, 0x80...0x9f): .missingOne
        case (.between, 0xe1...0xec), (.between, 0xee...0xef), (.missingThree, 0x80...0xbf): .missingTwo
        case (.behindF0, 0x90...0xbf), (.behindF4, 0x80...0x8f): .missingTwo
        case (.between, 0xf1...0xf3): .missingThree
        case (.between, 0xe0): .behindE0
        case (.between, 0xed): .behindED
        case (.between, 0xf0): .behindF0
        case (.between, 0xf4): .behindF4
        default: .broken
        }
    }

    /// For each byte, the states behind it: that behind a state stands so many bits from the lowest as its raw value.
    static let steps = InlineArray<256, UInt64> { byte in
        allCases.reduce(0) { $0 | $1.next(UInt8(byte)).rawValue &<< $1.rawValue }
    }
}
