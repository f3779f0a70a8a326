/// What one end of a session sends behind the upgrade, made of a profile and a seed; without TCP around it.
public struct GeneratedStream: Sendable {
    /// The frames.
    public let bytes: [UInt8]
    /// Where in `bytes` the payload of the last frame of each message is.
    public let payloads: [Range<Int>]
    /// What is in them.
    public let truth: CaptureTruth.Sent

    /// Makes messages until there are `byteCount` bytes of frames.
    ///
    /// - Parameters:
    ///   - profile: What they are like; its number of packets and connections does not count.
    ///   - isFromClient: Whether the frames are masked.
    ///   - isCompressed: Whether messages are compressed, with context takeover and the largest window.
    ///   - byteCount: How many bytes to make at least.
    ///   - seed: What makes another stream of the same profile.
    public init(_ profile: CaptureProfile, isFromClient: Bool, isCompressed: Bool, byteCount: Int, seed: UInt64) {
        var world = GeneratedWorld(profile, seed: seed)
        let end: End = isFromClient ? .client : .server
        var ends = [SendingEnd(&world.random), SendingEnd(&world.random)]
        if isCompressed { ends[end.rawValue].deflater = Deflater(windowBits: 15, takesContextOver: true) }
        var payloads: [Range<Int>] = []
        while ends[end.rawValue].outbox.count < byteCount {
            let length = FrameWords.appendMessage(from: end, to: &ends, &world)
            payloads.append(ends[end.rawValue].outbox.count - length..<ends[end.rawValue].outbox.count)
        }
        bytes = ends[end.rawValue].outbox
        truth = world.truth[end]
        self.payloads = payloads
    }
}
