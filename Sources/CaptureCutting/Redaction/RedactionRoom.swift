/// What a redaction may still keep in memory.
struct RedactionRoom {
    /// Streams whose replacement is known.
    let streams: Int
    /// Open sessions of whose messages what they inflated to is known.
    let histories: Int
    /// Frames of messages that are not complete.
    var frames: Int
    /// Replacements that wait for a message.
    var pending: Int

    /// Shares out bytes: most are for streams.
    init(bytes: Int) {
        streams = max(bytes / 5 &* 3 / Self.streamSize, 2)
        histories = bytes / 5 / Self.historySize
        frames = bytes / 10 / Self.frameSize
        pending = bytes / 10 / Self.frameSize
    }

    /// What a stream takes, measured.
    private static let streamSize = 240
    /// Of both directions.
    private static let historySize = 2 * DeflateEncoder.longestHistory
    /// A place or an extent, in an array that doubles.
    private static let frameSize = 64
}
