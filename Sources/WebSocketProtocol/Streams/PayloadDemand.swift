/// How much of the payloads the user wants to see; what nobody wants is not kept.
public struct PayloadDemand: Sendable {
    /// Bytes of each payload, from its first on.
    public var bytes: Int
    /// Whether data frames' own payloads are wanted beside those of their messages.
    public var includesFrames: Bool

    /// Makes a demand.
    public init(bytes: Int, includesFrames: Bool) {
        self.bytes = bytes
        self.includesFrames = includesFrames
    }
}
