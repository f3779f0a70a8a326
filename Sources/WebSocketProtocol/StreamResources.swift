import BasicContainers

/// What the streams of many sessions share: room to work in, and a bound on what they keep together.
public struct StreamResources: ~Copyable {
    /// Room for one piece of an unmasked payload.
    var unmasked = UniqueArray<UInt8>(minimumCapacity: pieceLength)
    /// Room for one piece of an inflated payload.
    var inflated = UniqueArray<UInt8>(minimumCapacity: pieceLength)
    /// Payload bytes that may still be kept, by all streams together.
    public var keepable: Int {
        get { payloads.room }
        set { payloads.room = newValue }
    }
    /// The same, and buffers for them.
    var payloads: PayloadStore
    /// Bytes that contexts of decompression may still take, of all streams together.
    public var compressible: Int
    /// Long compressed messages that may still be begun, of all streams together.
    ///
    /// Each takes 87 KB as long as it lasts. Those beyond are inflated as short ones are.
    var longMessages = 32
    /// Of `keepable`, the bytes that are left to messages: heads and searches take only what is beyond them.
    private let reserve: Int

    /// Bytes that heads of HTTP messages and searches for frames may still take.
    public var searchable: Int { keepable &- reserve }

    /// Bytes beyond these that heads of common size may take.
    public var headroom: Int { reserve / 4 }

    /// The bytes that are unmasked or inflated at a time: they stay in the processor's first cache.
    static let pieceLength = 16 << 10

    /// Makes them from what all streams together may take.
    ///
    /// - Parameters:
    ///   - keptPayload: Bytes of unfinished messages; of heads and in searches 3 for every 16, out of the same.
    ///   - compression: Bytes of contexts of decompression.
    public init(keptPayload: Int, compression: Int = .max) {
        payloads = PayloadStore(room: keptPayload)
        reserve = keptPayload / 16 &* 13
        compressible = compression
    }
}

/// Bounds on what one direction of a session keeps and inflates.
///
/// Beyond a bound decoding goes on with less detail.
public struct StreamLimits: Sendable {
    /// Bytes kept of one control frame's payload, of which RFC 6455 5.5 allows 125.
    public var controlPayload = 4096
    /// Bytes kept of one message.
    public var message = 16 << 20
    /// Bytes that one message may inflate to.
    public var inflatedMessage: UInt64 = 256 << 20
    /// Times its compressed size that a message may inflate to, counted once it has passed `ratioThreshold`.
    public var inflateRatio: UInt64 = 256
    /// Inflated bytes below which the ratio does not count.
    public var ratioThreshold: UInt64 = 1 << 20

    /// The documented defaults.
    public init() {}
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
