import BasicContainers

/// What the streams of many sessions share: room to work in, and a bound on what they keep together.
public struct StreamResources: ~Copyable {
    /// Room for one piece of an unmasked payload.
    var unmasked = UniqueArray<UInt8>(minimumCapacity: pieceLength)
    /// Room for one piece of an inflated payload.
    var inflated = UniqueArray<UInt8>(minimumCapacity: pieceLength)
    /// Payload bytes that may still be kept, by all streams together.
    public var keepable: Int

    /// The bytes that are unmasked or inflated at a time: they stay in the processor's first cache.
    static let pieceLength = 16 << 10

    /// - Parameter keptPayload: The bytes of unfinished messages that all streams together may keep.
    public init(keptPayload: Int) {
        keepable = keptPayload
    }
}
