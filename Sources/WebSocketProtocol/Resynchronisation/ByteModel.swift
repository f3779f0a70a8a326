import BasicContainers

/// What the bytes of a stream would be if they were not WebSocket frames: text of some script, a table, a program.
///
/// It knows how often each byte came, how much of the stream is UTF-8, and how often two bytes stand side by side that
/// could begin a frame. Evidence for frames is weighed against it: what this stream shows everywhere proves nothing.
struct ByteModel: ~Copyable {
    // Not inline: the whole model would be copied for each look at it.
    private var counts = UniqueArray<UInt16>(repeating: 0, count: 256)
    private var total = 0
    /// The logarithm of ``total``, as ``surprise(of:)`` needs it.
    private var totalLogarithm = Self.logarithm(255)
    /// A byte that came this often is common: see ``isCommon(_:)``.
    private var commonCount = Self.commonCount(of: Self.logarithm(255))
    /// Bytes with the top bit set, and those of them that stand in a well-formed UTF-8 sequence.
    private var highBytes = 0
    private var scalarBytes = 0
    /// Places looked at, and those at which a header of a client or a server could stand, by ``Role/index``.
    private var places = 0
    private var headerPlaces: InlineArray<2, Int> = [0, 0]

    /// Counts that grow beyond this are halved: what came last weighs most.
    private static let halvingTotal = 1 << 15

    /// Whether most bytes beyond ASCII stand in UTF-8 sequences; in random bytes one in six does.
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

    /// Counts a place at which a frame of each of `senders` could begin by its first two bytes.
    mutating func countPlace(clientHeader: Bool, serverHeader: Bool) {
        places &+= 1
        if clientHeader { headerPlaces[Role.client.index] &+= 1 }
        if serverHeader { headerPlaces[Role.server.index] &+= 1 }
    }

    /// How surprising one of the stream's bytes is by all the others, in tenths of a bit: 80 if all are equally common.
    func surprise(of byte: UInt8) -> Int {
        min(80, totalLogarithm &- Self.logarithm(max(1, Int(counts[Int(byte)]))))
    }

    /// Whether one of the stream's bytes surprises by at most ``Evidence/characterCost``: unmasked, it proves nothing.
    func isCommon(_ byte: UInt8) -> Bool { Int(counts[Int(byte)]) >= commonCount }

    /// How often a byte must have come to be common, of as many as have this ``totalLogarithm``.
    private static func commonCount(of totalLogarithm: Int) -> Int {
        let least = totalLogarithm &- Evidence.characterCost
        var (first, last) = (0, 1 << 16)
        while first < last {
            let middle = (first &+ last) / 2
            if logarithm(max(1, middle)) >= least { last = middle } else { first = middle &+ 1 }
        }
        return first
    }

    /// What it proves, in bits, that a header of `sender` stands where one is due: how rare such places are, the
    /// `known` headers of the chain itself left out.
    ///
    /// Before any place was looked at, they are as rare as in random bytes.
    func headerEvidence(_ sender: Role, known: Int) -> Int {
        let others = max(0, headerPlaces[sender.index] &- known)
        let tenths = Self.logarithm(places &+ 64) &- Self.logarithm(others &+ 2)
        return max(0, min(Evidence.header, tenths / 10 &+ 1))
    }

    /// The binary logarithm of a positive number in tenths, rounded down.
    private static func logarithm(_ number: Int) -> Int {
        let whole = Int.bitWidth &- 1 &- number.leadingZeroBitCount
        // The fraction is taken as linear in the bits after the first: at most 0.09 too small.
        let fraction = (number &- (1 &<< whole)) &* 10 &>> whole
        return whole &* 10 &+ fraction
    }
}

extension Span<UInt8> {
    /// Whether the byte at `index` stands in a well-formed UTF-8 sequence of two bytes or more (RFC 3629 4), as far as
    /// the span shows both sides of it.
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
