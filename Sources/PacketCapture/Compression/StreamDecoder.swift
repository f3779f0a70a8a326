/// What undoes a compression, fed in pieces.
protocol StreamDecoder: AnyObject {
    /// Decodes the next bytes into the next place for them.
    ///
    /// - Parameters:
    ///   - input: The next compressed bytes, as many as there are.
    ///   - output: Room for at least one byte.
    /// - Returns: How far that went.
    @unsafe func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> DecodingStep
}

/// How far a decoder came in one call.
struct DecodingStep {
    /// How many compressed bytes it has taken.
    var consumed: Int
    /// How many bytes it has written.
    var produced: Int
    /// Where that leaves it.
    var state: State

    enum State: Equatable {
        /// Inside a member (gzip) or frame (zstd, lz4): more must come.
        case inside
        /// At the end of one: the file may end here, or another follow.
        case between
        /// Before data that cannot be decoded; the words are the library's.
        case failed(String)
    }
}
