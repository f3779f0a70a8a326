/// What a redaction may still hold in memory.
struct RedactionRoom {
    /// Streams with known replacements.
    let streams: Int
    /// Open sessions for which the inflated end of messages is kept.
    let histories: Int
    /// Frames of messages that are not complete.
    var frames: Int
    /// Replacements that wait for a message.
    var pending: Int

    /// Divides bytes; most are for streams.
    init(bytes: Int) {
        streams = max(bytes / 5 &* 3 / Self.streamSize, 2)
        histories = bytes / 5 / Self.historySize
        frames = bytes / 10 / Self.frameSize
        pending = bytes / 10 / Self.frameSize
    }

    /// The measured size of a stream, in bytes, with half of what is kept of its connection to check the copy.
    private static let streamSize = 290
    /// For both directions.
    private static let historySize = 2 * DeflateEncoder.longestHistory
    /// A frame's place or an extent, in an array that doubles.
    private static let frameSize = 64
}
