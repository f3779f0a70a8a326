import WireFormat

/// An interface as a pcapng file describes it.
@safe
struct PcapngInterface {
    let linkType: LinkType
    /// How many bytes of a packet were captured at most; 0 is no limit.
    let snapLength: UInt32
    let clock: TickClock
    /// Its name, or what describes it where it has none; empty where the file tells neither.
    ///
    /// The bytes are an `InterfaceName`'s.
    let name: UnsafeBufferPointer<UInt8>
}

/// The bytes of an interface's name, in a place that packets can point to; freed with their owner.
@safe
final class InterfaceName {
    /// The first bytes of the name.
    let bytes: UnsafeBufferPointer<UInt8>

    /// Copies at most 256 bytes of `name`.
    init(_ name: UnsafeBufferPointer<UInt8>) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: min(name.count, 256))
        _ = unsafe copy.initialize(fromContentsOf: name.prefix(copy.count))
        unsafe bytes = UnsafeBufferPointer(copy)
    }

    deinit {
        unsafe bytes.deallocate()
    }
}

/// The options of an interface description that matter here (draft-ietf-opsawg-pcapng 3.5, 4.2).
struct PcapngInterfaceOptions {
    /// if_name.
    private(set) var name: InterfaceName?
    /// if_description.
    private(set) var description: InterfaceName?
    /// if_tsresol.
    private(set) var resolution: UInt8?
    /// if_tsoffset, in seconds.
    private(set) var offset: Int64?

    /// Reads the options of a block, which must be here as a whole; of several of a kind the first counts, and a list
    /// that just ends is as good as one with an end.
    ///
    /// - Throws: `damaged` where an option runs past the block, or a time option has not its length: without them the
    ///   packets' times would be wrong.
    init(of block: PcapngBlock, in input: borrowing ReadBuffer, isBigEndian: Bool) throws(ReadingError) {
        var position = 16
        let end = block.length &- 4
        while end &- position >= 4 {
            let code = input.load(UInt16.self, at: position, isBigEndian: isBigEndian)
            let length = Int(input.load(UInt16.self, at: position &+ 2, isBigEndian: isBigEndian))
            guard code != 0 else { return }
            position &+= 4
            guard length <= end &- position else {
                throw .damaged(
                    .betweenPackets, at: input.offset, "an option of the \(block.type) runs past its end")
            }
            switch (code, length) {
            case (2, 1...): unsafe name = name ?? InterfaceName(input.bytes(at: position, count: length))
            case (3, 1...): unsafe description = description ?? InterfaceName(input.bytes(at: position, count: length))
            case (9, 1): resolution = resolution ?? input.load(UInt8.self, at: position, isBigEndian: isBigEndian)
            case (14, 8): offset = offset ?? input.load(Int64.self, at: position, isBigEndian: isBigEndian)
            case (9, _), (14, _):
                throw .damaged(
                    .betweenPackets, at: input.offset, "option \(code) of the \(block.type) has a length of \(length)")
            default: break
            }
            position &+= (length &+ 3) & ~3
        }
    }
}

/// What the ticks of an interface's time stamps are (draft-ietf-opsawg-pcapng 4.2, if_tsresol and if_tsoffset).
struct TickClock {
    /// The exponent as if_tsresol has it: of 10, or with the top bit set of 2, negated.
    private let resolution: UInt8
    /// Seconds that are added to every time.
    private let offset: Int64
    /// The length of a tick where that is all there is to it; 0 where it is not.
    private let nanosecondsPerTick: UInt64

    /// Makes the clock of an interface; microseconds are the default.
    init(resolution: UInt8 = 6, offset: Int64 = 0) {
        self.resolution = resolution
        self.offset = offset
        let isPlain = resolution <= 9 && offset == 0
        nanosecondsPerTick = isPlain ? UInt64(Self.power(9 - Int(resolution))) : 0
    }

    /// The moment of a number of ticks, fractions of a nanosecond cut off; clamped to 64 bits.
    @inline(__always)
    func time(_ ticks: UInt64) -> Timestamp {
        let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: nanosecondsPerTick)
        guard !overflow, nanoseconds <= UInt64(Int64.max), nanosecondsPerTick > 0 else { return exactTime(ticks) }
        return Timestamp(nanoseconds: Int64(nanoseconds))
    }

    @inline(never)
    private func exactTime(_ ticks: UInt64) -> Timestamp {
        let exponent = Int(resolution & 0x7F)
        let billionths = UInt128(ticks) * 1_000_000_000
        let nanoseconds: UInt128 =
            if resolution & 0x80 != 0 {
                billionths >> UInt128(exponent)
            } else if exponent > Self.largestPower {
                // Below 2^64 billionths of a second: less than a nanosecond.
                0
            } else {
                billionths / Self.power(exponent)
            }
        let sum = Int128(nanoseconds) + Int128(offset) * 1_000_000_000
        return Timestamp(nanoseconds: Int64(clamping: sum))
    }

    /// 10 to the power of `exponent`, which is not negative and at most `largestPower`.
    private static func power(_ exponent: Int) -> UInt128 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// 10^38 is the largest power of ten in 128 bits.
    private static let largestPower = 38
}
