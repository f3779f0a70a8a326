import BasicContainers

/// What the streams of many sessions share: working memory, and a limit on what they keep together.
public struct StreamResources: ~Copyable {
    /// Room for one piece of an unmasked payload.
    var unmasked = UniqueArray<UInt8>(minimumCapacity: pieceLength)
    /// Room for one piece of an inflated payload.
    var inflated = UniqueArray<UInt8>(minimumCapacity: pieceLength)
    /// Payload bytes that all streams together may still keep.
    package var keepable: Int {
        get { payloads.room }
        set { payloads.room = newValue }
    }
    /// The same, with buffers to keep them in.
    var payloads: PayloadStore
    /// Bytes that the decompression contexts of all streams together may still take.
    package var compressible: Int
    /// Long compressed messages that all streams together may still begin.
    ///
    /// Each takes 87 KB while it lasts. Any beyond these are inflated like short ones.
    package var longMessages = StreamResources.maximumLongMessages
    /// How much of `keepable` is reserved for messages: HTTP heads and searches may take only what is left beyond it.
    private var reserve: Int
    private let fullReserve: Int

    /// Bytes that HTTP heads and searches for frames may still take.
    package var searchable: Int { keepable &- reserve }

    /// The most that a head of common size costs, in bytes: it gets room where longer ones, and searches, do not any
    /// more.
    private static let commonHead = 4096
    /// What heads of common size take of `keepable` by now.
    private var headBytes = 0
    /// A small part of `keepable` is theirs: unfinished messages that fill the rest keep no new session from being
    /// seen.
    private var headShare: Int { reserve / 13 }

    /// Counts what a reader of HTTP heads takes by now.
    ///
    /// - Parameters:
    ///   - cost: The bytes.
    ///   - former: The same before.
    package mutating func countHead(_ cost: Int, inPlaceOf former: Int) {
        keepable &-= cost &- former
        headBytes &+= (cost <= Self.commonHead ? cost : 0) &- (former <= Self.commonHead ? former : 0)
        shareWithHeads()
    }

    /// Whether such a reader may keep what it was counted with.
    package func mayKeepHead(_ cost: Int) -> Bool {
        guard cost <= Self.commonHead else { return searchable >= 0 }
        return searchable &+ reserve / 4 >= 0 || headBytes <= headShare && keepable >= 0
    }

    /// Whether a head may be kept that is only shown: it leaves half of their room to upgrades and searches.
    package func mayKeepPlainHead(_ cost: Int) -> Bool { searchable &- cost >= reserve / 8 }

    private mutating func shareWithHeads() {
        payloads.heldBack = max(0, headShare &- headBytes)
    }

    /// Long compressed messages at a time.
    package static let maximumLongMessages = 32

    /// What one of them takes, in bytes: ISA-L's state, and compressed bytes that wait for it.
    package static let longMessageCost = 120 << 10

    /// Histograms of round trips that sessions may still begin: with many sessions, they must not take what further
    /// ones need.
    package var roundTripHistograms = 128

    /// Bytes that sessions take beside what counts against the other bounds, such as Pings that wait.
    package var sessionBytes = 0

    /// Bytes of buffers in which nothing is kept.
    package var spareByteCount: Int { payloads.spareByteCount }

    /// Learns that of what may be kept `withheld` bytes are taken by others, so that `free` are left.
    ///
    /// What is withheld comes out of the part for messages first; half of what is left stays theirs.
    package mutating func share(withheld: Int, free: Int) {
        reserve = min(fullReserve, max(fullReserve &- withheld, free / 2))
        shareWithHeads()
    }

    /// How many bytes are unmasked or inflated at a time: few enough to stay in the processor's first-level cache.
    static let pieceLength = 16 << 10

    /// Creates resources with limits for all streams together.
    ///
    /// - Parameters:
    ///   - keptPayload: Bytes of unfinished messages; 3/16 of them are also open to HTTP heads and searches.
    ///   - compression: Bytes of decompression contexts.
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
/// Beyond a limit decoding goes on with less detail.
public struct StreamLimits: Sendable {
    /// Bytes kept of one control frame's payload, of which RFC 6455 5.5 allows 125.
    public var controlPayload = 4096
    /// Bytes kept of one message.
    public var message = 16 << 20
    /// Bytes that one message may inflate to.
    public var inflatedMessage: UInt64 = 256 << 20
    /// How many times its compressed size a message may inflate to, once it has passed ``ratioThreshold``.
    public var inflateRatio: UInt64 = 256
    /// Inflated bytes up to which ``inflateRatio`` does not apply.
    public var ratioThreshold: UInt64 = 1 << 20

    /// Creates the documented defaults.
    public init() {}

    /// Whether a compressed message is a decompression bomb.
    ///
    /// - Parameters:
    ///   - inflated: The bytes that it has inflated to.
    ///   - compressed: The bytes that these came from.
    ///   - slack: How many more inflated bytes than the ratio allows are put up with.
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
    /// The most bytes of each payload, counted from its first; `Int.max` for all.
    public var bytes: Int
    /// Whether data frames carry their own payloads, in addition to their messages'.
    public var includesFrames: Bool

    /// Creates a demand.
    public init(bytes: Int, includesFrames: Bool) {
        self.bytes = bytes
        self.includesFrames = includesFrames
    }
}
