/// How much of the payloads the user wants to see; what nobody wants is not kept.
public struct PayloadDemand: Sendable {
    /// Bytes of each decoded message.
    public var messageBytes: Int
    /// Bytes of each data frame's own payload.
    public var frameBytes: Int

    /// Makes a demand.
    public init(messageBytes: Int, frameBytes: Int) {
        self.messageBytes = messageBytes
        self.frameBytes = frameBytes
    }
}
