import CZlib

/// Bytes that go into the page as one block of data: deflated, in base64, in a `script` element that no browser runs.
///
/// The page unpacks a block when it needs the contents.
struct DataBlock: ~Copyable {
    /// What the blocks of a page hold.
    enum Kind: String {
        /// Columns of rows (``RowColumns``).
        case rows
        /// Payloads of rows, one after the other.
        case payloads
        /// Sessions: one JSON object per line.
        case sessions
        /// Lines of the trace, each preceded by its session's index and a tab.
        case details
        /// What the page needs to know about the capture: one JSON object.
        case meta
        /// The script that draws the page.
        case script
    }

    let kind: Kind
    /// The bytes so far.
    var bytes = OutputBuffer(capacity: 1 << 12)

    /// Begins an empty block.
    init(_ kind: Kind) {
        self.kind = kind
    }

    /// Appends the block to a page, unless it is empty, and empties it.
    ///
    /// - Parameters:
    ///   - page: The page.
    ///   - firstRow: The row whose payload is the first of the block.
    mutating func write(into page: inout OutputBuffer, firstRow: Int? = nil) {
        guard !bytes.isEmpty else { return }
        page.append("<script type=\"application/octet-stream\" data-block=\"")
        page.append(verbatim: kind.rawValue)
        if let firstRow {
            page.append("\" data-first=\"")
            page.append(decimal: UInt64(firstRow))
        }
        page.append("\">")
        let packed = bytes.withBytes { Self.deflated($0) }
        page.append(base64: packed.span)
        page.append("</script>\n")
        bytes.removeAll(keeping: 1 << 19)
    }

    /// The bytes in the form of zlib (RFC 1950), which browsers call "deflate".
    private static func deflated(_ bytes: Span<UInt8>) -> [UInt8] {
        let room = Int(compressBound(UInt(bytes.count)))
        return unsafe [UInt8](unsafeUninitializedCapacity: room) { target, count in
            var length = UInt(room)
            let result = unsafe bytes.withUnsafeBufferPointer {
                unsafe compress2(target.baseAddress, &length, $0.baseAddress, UInt($0.count), 6)
            }
            precondition(result == Z_OK, "compress2: \(result)")
            count = Int(length)
        }
    }
}
