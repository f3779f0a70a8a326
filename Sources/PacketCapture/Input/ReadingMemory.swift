/// What a file is read into.
struct ReadingMemory {
    /// Files are read fastest with about this many bytes at a time.
    static let usualSize = 256 * 1024

    /// How many bytes are read at a time.
    var bufferSize = usualSize
    /// How many blocks of that size take turns.
    var blocks = 1
}
