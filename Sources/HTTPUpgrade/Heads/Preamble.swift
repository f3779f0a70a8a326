import WireFormat

/// The search of a stream for its first head after bytes of no known kind.
///
/// It looks for a complete GET request line (RFC 9112 3) in the initiator's stream and for the beginning of a status
/// line (RFC 9112 4) in the responder's, anywhere in the first 4 KiB.
struct Preamble {
    /// The most bytes before a head.
    static let limit = 4096

    /// How many of those bytes were passed.
    private var count: UInt16 = 0
    /// How many of the latest bytes match the beginning of a status line.
    private var matched: UInt8 = 0
    /// The version digit among them.
    private var version: UInt8 = 0

    /// Whether it is too late for a head to begin.
    var isOver: Bool { count > Self.limit }

    /// The beginning of a status line: "HTTP/1.", a digit, a space, a digit; the two digits may differ.
    private static let status: [10 of UInt8] = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e, 0x30, 0x20, 0x30]

    /// The index of the version digit in it.
    private static let versionIndex = 7

    /// Skips bytes missing from the capture.
    mutating func skip(_ length: UInt64) {
        matched = 0
        advance(Int(clamping: length))
    }

    private mutating func advance(_ length: Int) {
        count = UInt16(min(Int(count) + min(length, Self.limit + 1), Self.limit + 1))
    }

    /// Looks for the beginning of a status line.
    ///
    /// - Returns: The beginning, which ends before `offset`; nil if it is not complete.
    mutating func findStatus(in bytes: Span<UInt8>, from offset: inout Int) -> [UInt8]? {
        var line: [UInt8] = []
        for index in 0..<Int(matched) { line.append(index == Self.versionIndex ? version : Self.status[index]) }
        while offset < bytes.count, !isOver {
            if matched == 0 {
                let next = bytes.index(of: Self.status[0], in: offset..<bytes.count)
                advance(next - offset)
                offset = next
                guard offset < bytes.count, !isOver else { return nil }
            }
            let byte = bytes[offset]
            offset += 1
            advance(1)
            let expected = Self.status[Int(matched)]
            if byte == expected || (expected == UInt8(ascii: "0") && byte.isDigit) {
                line.append(byte)
                if Int(matched) == Self.versionIndex { version = byte }
                matched += 1
                if matched == 10 { return line }
            } else {
                line.removeAll(keepingCapacity: true)
                matched = byte == Self.status[0] ? 1 : 0
                if matched == 1 { line.append(byte) }
            }
        }
        return nil
    }

    /// Looks for a request line.
    ///
    /// - Parameters:
    ///   - line: What may be the line so far; complete if the line was found.
    ///   - bytes: The bytes.
    ///   - offset: Where the search begins; set to where it ended.
    ///   - limit: The longest line.
    /// - Returns: Whether it was found: it ends before `offset`.
    mutating func findRequest(
        _ line: inout [UInt8], in bytes: Span<UInt8>, from offset: inout Int, limit: Int
    ) -> Bool {
        while offset < bytes.count {
            if line.isEmpty {
                guard !isOver else { return false }
                let next = bytes.index(of: UInt8(ascii: "G"), in: offset..<bytes.count)
                advance(next - offset)
                offset = next
                guard offset < bytes.count, !isOver else { return false }
            }
            let byte = bytes[offset]
            offset += 1
            line.append(byte)
            advance(1)
            if line.count <= Self.method.count {
                if byte != Self.method[line.count - 1] { restart(&line, with: byte) }
            } else if line.count == Self.method.count + 1 {
                if !Self.beginsTarget(byte) { restart(&line, with: byte) }
            } else if byte == UInt8(ascii: "\n") {
                if RequestLine(line.span) != nil { return true }
                line.removeAll(keepingCapacity: true)
            } else if byte == UInt8(ascii: "/"), line.span.ends(with: "GET /") {
                // The last one in a line counts, since anything may precede it.
                line.removeFirst(line.count - 5)
            } else if line.count >= limit {
                line.removeAll()
            }
        }
        return false
    }

    /// "GET ".
    private static let method: [4 of UInt8] = [0x47, 0x45, 0x54, 0x20]

    /// Whether a target may begin with a byte: of a path, or of the absolute form (RFC 9112 3.2).
    private static func beginsTarget(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "h") || byte == UInt8(ascii: "w")
    }

    private func restart(_ line: inout [UInt8], with byte: UInt8) {
        line.removeAll(keepingCapacity: true)
        if byte == Self.method[0] { line.append(byte) }
    }
}

extension Span<UInt8> {
    /// Whether it ends with a text.
    func ends(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && starts(with: text, at: count - text.utf8CodeUnitCount, in: 0..<count)
    }

    /// The first index of a text; nil if it does not occur.
    func firstIndex(of text: StaticString) -> Int? {
        (0..<count).first { starts(with: text, at: $0, in: 0..<count) }
    }
}
