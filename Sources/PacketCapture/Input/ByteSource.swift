/// Where a capture's bytes come from: a file, or what unpacks one.
protocol ByteSource: AnyObject {
    /// Reads at most `buffer.count` bytes, and waits for no more than the first; returns how many, 0 at the end.
    @unsafe func read(into buffer: UnsafeMutableRawBufferPointer) -> Int

    /// Why the bytes ended before their end; nil where they did not.
    var failure: InputFailure? { get }
}

/// Why a source's bytes ended before their end.
enum InputFailure: Equatable {
    /// The system failed to read, with this error number.
    case system(Int32)
    /// The compressed data end in the middle, after so many bytes of the file.
    case compressionCutShort(offset: UInt64)
    /// The compressed data are damaged near this byte of the file; the words are their library's.
    case compressionDamaged(String, offset: UInt64)
}
