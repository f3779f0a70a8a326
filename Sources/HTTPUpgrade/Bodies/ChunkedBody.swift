import WireFormat

/// Finds the end of a body in the chunked coding (RFC 9112 7.1), keeping none of it.
struct ChunkedBody {
    /// What the next byte belongs to.
    private enum Place: UInt8 {
        case size, afterSize, chunkExtension, data, afterData, afterCarriageReturn, trailers
    }

    /// How far a call got.
    enum Progress {
        /// All bytes belong to the body.
        case incomplete
        /// The body has ended.
        case complete
        /// This is not the chunked coding.
        case broken
    }

    private var place = Place.size
    private var hasDigit = false
    private var trailerEnd = HeadEnd(in: .empty)
    /// The size read so far, or the bytes of the chunk that are still to come.
    private var remaining: UInt64 = 0

    /// Reads on from `offset`, which moves to the end of the body or of the bytes.
    mutating func read(_ bytes: Span<UInt8>, from offset: inout Int) -> Progress {
        while offset < bytes.count {
            switch place {
            case .data:
                let taken = min(remaining, UInt64(bytes.count - offset))
                offset += Int(taken)
                _ = skip(taken)
            case .trailers:
                guard let end = trailerEnd.find(in: bytes, from: offset, to: bytes.count) else {
                    offset = bytes.count
                    return .incomplete
                }
                offset = end
                return .complete
            default:
                guard read(bytes[offset]) else { return .broken }
                offset += 1
            }
        }
        return .incomplete
    }

    /// Skips bytes of a chunk that are missing from the capture; false if they are not all within one chunk.
    mutating func skip(_ length: UInt64) -> Bool {
        guard place == .data, length <= remaining else { return false }
        remaining -= length
        if remaining == 0 { place = .afterData }
        return true
    }

    /// Reads one byte outside of chunk data; false if it is not allowed there.
    private mutating func read(_ byte: UInt8) -> Bool {
        switch (place, byte) {
        case (.afterData, UInt8(ascii: "\r")):
            place = .afterCarriageReturn
        case (.afterData, UInt8(ascii: "\n")), (.afterCarriageReturn, UInt8(ascii: "\n")):
            place = .size
        case (.size, UInt8(ascii: "\n")), (.afterSize, UInt8(ascii: "\n")), (.chunkExtension, UInt8(ascii: "\n")):
            guard hasDigit else { return false }
            place = remaining > 0 ? .data : .trailers
            hasDigit = false
        case (.size, UInt8(ascii: ";")), (.afterSize, UInt8(ascii: ";")):
            place = .chunkExtension
        case (.size, _) where byte.isWhiteSpace || byte == UInt8(ascii: "\r"),
            (.afterSize, _) where byte.isWhiteSpace || byte == UInt8(ascii: "\r"):
            place = .afterSize
        case (.size, _):
            // RFC 9112 7.1: a recipient must anticipate large numbers.
            guard let digit = byte.hexadecimalValue, remaining >> 60 == 0 else { return false }
            remaining = remaining << 4 | UInt64(digit)
            hasDigit = true
        case (.chunkExtension, _): break
        default: return false
        }
        return true
    }
}
