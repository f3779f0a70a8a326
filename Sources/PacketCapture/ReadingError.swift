/// What ended the reading of a file's records, as the reader of its format sees it.
struct ReadingError: Error {
    /// What the reader was at.
    enum Place {
        /// The header of the file.
        case header
        /// The packet after those read so far.
        case packet
        /// Something between two packets.
        case betweenPackets
    }

    var kind: CaptureError.Kind
    var place: Place
    /// Where in the capture, in bytes from its start.
    var offset: UInt64
    /// More about it; or empty.
    var detail = ""

    /// Something at `offset` cannot be true.
    static func damaged(_ place: Place, at offset: UInt64, _ detail: String) -> ReadingError {
        ReadingError(kind: .damaged, place: place, offset: offset, detail: detail)
    }

    /// The input came to its end inside something.
    static func ended(_ place: Place, _ input: borrowing ReadBuffer, _ detail: String = "") -> ReadingError {
        ReadingError(kind: .cutShort, place: place, offset: input.endOffset, detail: detail)
    }
}
