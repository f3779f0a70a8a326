/// How senders get the length in a frame's header (RFC 6455 5.2) wrong, judged by a segment that holds one whole frame.
enum LengthForm: UInt8 {
    /// The bytes of the extended length are in the other order.
    case reversed
    /// The second byte is a length of 126 to 255, so that its top bit seems to be the mask bit.
    case oneByte
    /// The mask bit is set, but the key is absent, or counted as payload.
    case withoutKey
    /// The header is counted as payload.
    case withHeader
    /// The length counts characters of text, some of which take several bytes.
    case characters
    /// There are 32 bits after 126 or 127, 64 after 126, or 16 after 127, in either byte order.
    case otherWidth

    /// What would have to be true of the header.
    var condition: String {
        switch self {
        case .reversed: "the bytes of the length have the other order"
        case .oneByte: "the second byte alone is the length, without a mask bit"
        case .withoutKey: "the masking key is absent, or counted as payload"
        case .withHeader: "the header is counted as payload"
        case .characters: "the length counts characters, not bytes"
        case .otherWidth: "the extended length has more or fewer bytes than the second byte says"
        }
    }

    /// The first form in which bytes are one whole frame; nil if there is none.
    @inline(never)
    init?(of bytes: Span<UInt8>) {
        // With other reserved bits or opcodes it is not a header in any form.
        guard bytes.count > 10, bytes[0] & 0x70 == 0, bytes[0] & 0x07 < 3 else { return nil }
        let (count, second) = (UInt64(bytes.count), bytes[1])
        let isMasked = second & 0x80 != 0
        let keySize: UInt64 = isMasked ? 4 : 0
        let short = UInt64(second & 0x7f)
        func number(_ size: Int, isReversed: Bool = false) -> UInt64 {
            (0..<size).reduce(0) { $0 &<< 8 | UInt64(bytes[2 &+ (isReversed ? size &- 1 &- $1 : $1)]) }
        }
        func isWhole(_ header: UInt64, _ length: UInt64) -> Bool { count >= header && count &- header == length }
        let size = short < 126 ? 0 : short == 126 ? 2 : 8
        let length = size == 0 ? short : number(size)
        let start = UInt64(2 &+ size)
        if isWhole(start &+ keySize, length) { return nil }
        if size > 0, isWhole(start &+ keySize, number(size, isReversed: true)) {
            self = .reversed
        } else if second >= 126, isWhole(2, UInt64(second)) {
            self = .oneByte
        } else if isMasked, isWhole(start, length) {
            self = .withoutKey
        } else if isWhole(0, length) {
            self = .withHeader
        } else if !isMasked, bytes[0] & 0x0f == 1, bytes.extracting(Int(start)...).areCharacters(length) {
            self = .characters
        } else if size > 0,
            [2, 4, 8].contains(where: { size in
                [false, true].contains {
                    isWhole(UInt64(2 &+ size) &+ keySize, number(size, isReversed: $0))
                }
            })
        {
            self = .otherWidth
        } else {
            return nil
        }
    }
}

extension Span<UInt8> {
    /// Whether the bytes are UTF-8 text whose length in UTF-16 units is the given one, but which has more bytes.
    fileprivate func areCharacters(_ length: UInt64) -> Bool {
        guard length < count else { return false }
        var (units, pending): (UInt64, Int) = (0, 0)
        for index in indices {
            let byte = self[index]
            guard (byte & 0xc0 == 0x80) == (pending > 0) else { return false }
            if pending > 0 {
                pending &-= 1
                continue
            }
            switch byte {
            case ..<0x80: break
            case 0xc2..<0xe0: pending = 1
            case 0xe0..<0xf0: pending = 2
            case 0xf0..<0xf5: pending = 3
            default: return false
            }
            units &+= pending == 3 ? 2 : 1
        }
        return pending == 0 && units == length
    }
}
