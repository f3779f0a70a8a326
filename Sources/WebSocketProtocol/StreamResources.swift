import BasicContainers

/// What the streams of many sessions share: working memory, and limits on what they keep together.
public struct StreamResources: ~Copyable {
    /// Working memory for a piece of an unmasked payload.
    var unmasked = UniqueArray<UInt8>(minimumCapacity: pieceLength)
    /// Working memory for a piece of an inflated payload.
    var inflated = UniqueArray<UInt8>(minimumCapacity: pieceLength)
    /// Payload bytes that all streams together may still keep.
    package var keepable: Int {
        get { payloads.room }
        set { payloads.room = newValue }
    }
    /// The same bytes, with buffers to keep them in.
    var payloads: PayloadStore
    /// Bytes that the decompression contexts of all streams together may still take.
    package var compressible: Int
    /// Long compressed messages that all streams together may still begin.
    ///
    /// Each takes 87 KB while it lasts. Further ones are inflated like short ones.
    package var longMessages = StreamResources.maximumLongMessages
    /// The part of `keepable` that is reserved for messages: HTTP heads and searches may take only the rest.
    private var reserve: Int
    private let fullReserve: Int

    /// Bytes that HTTP heads and searches for frames may still take.
    package var searchable: Int { keepable &- reserve }

    /// The largest head of common size, in bytes: such heads get room even when longer ones and searches no longer do.
    private static let commonHead = 4096
    /// The bytes of `keepable` that heads of common size currently take.
    private var headBytes = 0
    /// The small part of `keepable` reserved for such heads, so that new sessions are seen even if unfinished messages
    /// fill the rest.
    private var headShare: Int { reserve / 13 }

    /// Counts the memory that a reader of HTTP heads now takes.
    ///
    /// - Parameters:
    ///   - cost: The bytes that it takes now.
    ///   - former: The bytes that it took before.
    package mutating func countHead(_ cost: Int, inPlaceOf former: Int) {
        keepable &-= cost &- former
        headBytes &+= (cost <= Self.commonHead ? cost : 0) &- (former <= Self.commonHead ? former : 0)
        shareWithHeads()
    }

    /// Whether such a reader may keep the counted bytes.
    package func mayKeepHead(_ cost: Int) -> Bool {
        guard cost <= Self.commonHead else { return searchable >= 0 }
        return searchable &+ reserve / 4 >= 0 || headBytes <= headShare && keepable >= 0
    }

    /// Whether to keep a head that is only displayed: half of the room of heads and searches stays free for upgrades
    /// and searches.
    package func mayKeepPlainHead(_ cost: Int) -> Bool { searchable &- cost >= reserve / 8 }

    private mutating func shareWithHeads() {
        payloads.heldBack = max(0, headShare &- headBytes)
    }

    /// The most long compressed messages at a time.
    package static let maximumLongMessages = 32

    /// The memory of a long message, in bytes: ISA-L's state, and the compressed bytes that wait for it.
    package static let longMessageCost = 120 << 10

    /// Histograms of round trips that sessions may still begin: if there are many sessions, the first ones must not use
    /// up the memory for the rest.
    package var roundTripHistograms = 128

    /// The bytes that sessions take besides those counted against other bounds, such as waiting Pings.
    package var sessionBytes = 0

    /// The capacity in bytes of buffers that hold nothing.
    package var spareByteCount: Int { payloads.spareByteCount }

    /// Records that others take `withheld` bytes of those that may be kept, so that `free` are left.
    ///
    /// They come out of the part reserved for messages first, but half of what is left stays reserved.
    package mutating func share(withheld: Int, free: Int) {
        reserve = min(fullReserve, max(fullReserve &- withheld, free / 2))
        shareWithHeads()
    }

    /// The number of bytes unmasked or inflated at a time: few enough to stay in the processor's first-level cache.
    static let pieceLength = 16 << 10

    /// Creates resources with limits for all streams together.
    ///
    /// - Parameters:
    ///   - keptPayload: Bytes for unfinished messages; 3/16 of them are also open to HTTP heads and searches.
    ///   - compression: Bytes for decompression contexts.
    public init(keptPayload: Int, compression: Int = .max) {
        payloads = PayloadStore(room: keptPayload)
        reserve = keptPayload / 16 &* 13
        fullReserve = reserve
        compressible = compression
        shareWithHeads()
    }
}

/// Limits on what one direction of a session keeps and inflates.
///
/// Beyond a limit, decoding continues in less detail.
public struct StreamLimits: Sendable {
    /// Bytes kept of a control frame's payload, for which RFC 6455 5.5 allows 125.
    public var controlPayload = 4096
    /// Bytes kept of a message.
    public var message = 16 << 20
    /// Bytes that a message may inflate to.
    public var inflatedMessage: UInt64 = 256 << 20
    /// The most that a message may inflate to, as a multiple of its compressed size, once it exceeds
    /// ``ratioThreshold``.
    public var inflateRatio: UInt64 = 256
    /// Inflated bytes up to which ``inflateRatio`` does not apply.
    public var ratioThreshold: UInt64 = 1 << 20

    /// Creates limits with the documented defaults.
    public init() {}

    /// Whether a compressed message is a decompression bomb.
    ///
    /// - Parameters:
    ///   - inflated: The bytes inflated so far.
    ///   - compressed: The compressed bytes that they came from.
    ///   - slack: The number of inflated bytes tolerated beyond the ratio.
    /// - Returns: Whether it is one.
    func isBomb(inflated: UInt64, from compressed: UInt64, slack: UInt64) -> Bool {
        if inflated > inflatedMessage { return true }
        guard inflated > ratioThreshold else { return false }
        let (allowed, overflow) = compressed.multipliedReportingOverflow(by: inflateRatio)
        return !overflow && inflated &- min(inflated, slack) > allowed
    }
}

/// How much of each payload to keep.
public struct PayloadDemand: Hashable, Sendable {
    /// The most bytes of each payload, counted from its first byte; `Int.max` for all.
    public var bytes: Int
    /// Whether data frames are reported with payloads of their own, in addition to their messages'.
    public var includesFrames: Bool

    /// Creates a demand.
    public init(bytes: Int, includesFrames: Bool) {
        self.bytes = bytes
        self.includesFrames = includesFrames
    }
}
