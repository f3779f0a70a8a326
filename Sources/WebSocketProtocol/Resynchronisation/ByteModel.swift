import BasicContainers

/// What the bytes of a stream are if they are not WebSocket frames: text in some script, a table, a program.
///
/// The model counts how often each byte came, how much of the stream is UTF-8, and how often two adjacent bytes could
/// begin a frame. Evidence for frames is weighed against it: what occurs throughout the stream proves nothing.
struct ByteModel: ~Copyable {
    // Not inline, since every access would copy the whole model.
    private var counts = UniqueArray<UInt16>(repeating: 0, count: 256)
    private var total = 0
    /// The logarithm of ``total``, as used by ``surprise(of:)``.
    private var totalLogarithm = Self.logarithm(255)
    /// The count from which a byte is common (``isCommon(_:)``).
    private var commonCount = Self.commonCount(of: Self.logarithm(255))
    /// Bytes with the top bit set, and those of them within a well-formed UTF-8 sequence.
    private var highBytes = 0
    private var scalarBytes = 0
    /// Places examined, and those at which a header of a client or a server could begin, by ``Role/index``.
    private var places = 0
    private var headerPlaces: InlineArray<2, Int> = [0, 0]

    /// The total beyond which counts are halved, so that recent bytes weigh most.
    private static let halvingTotal = 1 << 15

    /// Whether most bytes beyond ASCII are in UTF-8 sequences; in random bytes one in six is.
    var isUTF8: Bool { scalarBytes * 2 > highBytes }

    /// Counts the next bytes of the stream.
    mutating func receive(_ bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            counts[Int(byte)] &+= 1
            if byte >= 0x80 {
                highBytes &+= 1
                if bytes.isInUTF8Sequence(index) { scalarBytes &+= 1 }
            }
            index &+= 1
        }
        total &+= bytes.count
        if total > Self.halvingTotal {
            total = 0
            for byte in counts.indices {
                counts[byte] &>>= 1
                total &+= Int(counts[byte])
            }
        }
        totalLogarithm = Self.logarithm(total &+ 255)
        commonCount = Self.commonCount(of: totalLogarithm)
    }

    /// Counts a place, and whether its first two bytes could begin a client's or a server's header.
    mutating func countPlace(clientHeader: Bool, serverHeader: Bool) {
        places &+= 1
        if clientHeader { headerPlaces[Role.client.index] &+= 1 }
        if serverHeader { headerPlaces[Role.server.index] &+= 1 }
    }

    /// How surprising one of the stream's bytes is, given all others, in tenths of a bit: 80 if all are equally common.
    func surprise(of byte: UInt8) -> Int {
        min(80, totalLogarithm &- Self.logarithm(max(1, Int(counts[Int(byte)]))))
    }

    /// Whether one of the stream's bytes surprises by at most ``Evidence/characterCost``: then it proves nothing once
    /// unmasked.
    func isCommon(_ byte: UInt8) -> Bool { Int(counts[Int(byte)]) >= commonCount }

    /// The count from which a byte is common among as many bytes as have this ``totalLogarithm``.
    private static func commonCount(of totalLogarithm: Int) -> Int {
        let least = totalLogarithm &- Evidence.characterCost
        var (first, last) = (0, 1 << 16)
        while first < last {
            let middle = (first &+ last) / 2
            if logarithm(max(1, middle)) >= least { last = middle } else { first = middle &+ 1 }
        }
        return first
    }

    /// The evidence, in bits, that a header of `sender` is where one is due: the rarity of such places, not counting
    /// the `known` headers of the chain itself.
    ///
    /// Before any place is examined, they are as rare as in random bytes.
    func headerEvidence(_ sender: Role, known: Int) -> Int {
        let others = max(0, headerPlaces[sender.index] &- known)
        let tenths = Self.logarithm(places &+ 64) &- Self.logarithm(others &+ 2)
        return max(0, min(Evidence.header, tenths / 10 &+ 1))
    }

    /// The binary logarithm of a positive number, in tenths, rounded down.
    private static func logarithm(_ number: Int) -> Int {
        let whole = Int.bitWidth &- 1 &- number.leadingZeroBitCount
        // The fraction is taken as linear in the lower bits, which is at most 0.09 too small.
        let fraction = (number &- (1 &<< whole)) &* 10 &>> whole
        return whole &* 10 &+ fraction
    }
}

extension Span<UInt8> {
    /// Whether the byte at `index` is in a well-formed UTF-8 sequence of at least two bytes (RFC 3629 4), as far as the
    /// span shows.
    func isInUTF8Sequence(_ index: Int) -> Bool {
        var lead = index
        while lead > 0, index &- lead < 3, self[lead] & 0xc0 == 0x80 { lead &-= 1 }
        let length: Int
        switch self[lead] {
        case 0xc2...0xdf: length = 2
        case 0xe0...0xef: length = 3
        case 0xf0...0xf4: length = 4
        default: return false
        }
        guard lead &+ length > index else { return false }
        for place in (lead &+ 1)..<Swift.min(lead &+ length, count) where self[place] & 0xc0 != 0x80 { return false }
        return true
    }
}
