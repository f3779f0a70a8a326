import WireFormat

/// An interface described in a pcapng file.
@safe
struct PcapngInterface {
    let linkType: LinkType
    /// Captured bytes per packet at most; 0 means no limit.
    let snapLength: UInt32
    let clock: TickClock
    /// Its name, else its description; empty if the file has neither.
    ///
    /// The bytes belong to an `InterfaceName`.
    let name: UnsafeBufferPointer<UInt8>
}

/// The bytes of an interface's name, at an address that packets can point to.
@safe
final class InterfaceName {
    let bytes: UnsafeBufferPointer<UInt8>

    /// Copies up to 256 bytes of `name`.
    init(_ name: UnsafeBufferPointer<UInt8>) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: min(name.count, 256))
        _ = unsafe copy.initialize(fromContentsOf: name.prefix(copy.count))
        unsafe bytes = UnsafeBufferPointer(copy)
    }

    deinit {
        unsafe bytes.deallocate()
    }
}

/// The options of an Interface Description Block that are used (draft-ietf-opsawg-pcapng 3.5, 4.2).
struct PcapngInterfaceOptions {
    /// if_name.
    private(set) var name: InterfaceName?
    /// if_description.
    private(set) var description: InterfaceName?
    /// if_tsresol.
    private(set) var resolution: UInt8?
    /// if_tsoffset, in seconds.
    private(set) var offset: Int64?

    /// Reads the options of a block, which must be complete in the buffer.
    ///
    /// The first of several options of a kind counts. The list need not have an end-of-options option.
    ///
    /// - Throws: `damaged` if an option runs past the end of the block, or a time option has the wrong length: ignoring
    ///   it would give wrong times.
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
                    .betweenPackets, at: input.offset, "an option of the \(block.type) runs past the block's end")
            }
            switch (code, length) {
            case (2, 1...): unsafe name = name ?? InterfaceName(input.bytes(at: position, count: length))
            case (3, 1...): unsafe description = description ?? InterfaceName(input.bytes(at: position, count: length))
            case (9, 1): resolution = resolution ?? input.load(UInt8.self, at: position, isBigEndian: isBigEndian)
            case (14, 8): offset = offset ?? input.load(Int64.self, at: position, isBigEndian: isBigEndian)
            case (9, _), (14, _):
                throw .damaged(
                    .betweenPackets, at: input.offset, "option \(code) of the \(block.type) has length \(length)")
            default: break
            }
            position &+= (length &+ 3) & ~3
        }
    }
}

/// Converts an interface's time stamps (draft-ietf-opsawg-pcapng 4.2, if_tsresol and if_tsoffset).
struct TickClock {
    /// if_tsresol: the negated exponent of 10, or of 2 if the top bit is set.
    private let resolution: UInt8
    /// Seconds added to every time.
    private let offset: Int64
    /// The length of a tick, for the fast path: a whole number of nanoseconds, and no offset; else 0.
    private let nanosecondsPerTick: UInt64

    /// Creates the clock of an interface; the default unit is microseconds.
    init(resolution: UInt8 = 6, offset: Int64 = 0) {
        self.resolution = resolution
        self.offset = offset
        let isPlain = resolution <= 9 && offset == 0
        nanosecondsPerTick = isPlain ? UInt64(Self.power(9 - Int(resolution))) : 0
    }

    /// The time of a number of ticks, rounded down to nanoseconds and clamped to 64 bits.
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
                // 2^64 ticks of 10^-39 s are less than a nanosecond.
                0
            } else {
                billionths / Self.power(exponent)
            }
        let sum = Int128(nanoseconds) + Int128(offset) * 1_000_000_000
        return Timestamp(nanoseconds: Int64(clamping: sum))
    }

    /// 10 to the power of `exponent`, from 0 to `largestPower`.
    private static func power(_ exponent: Int) -> UInt128 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// 10^38 is the largest power of ten that fits into 128 bits.
    private static let largestPower = 38
}
