import HTTPUpgrade
import WireFormat

/// Replaces what may be secret in a stream of HTTP/1.1 before a session: line by line, so that a body is not taken for
/// a head.
///
/// What stays is on lists (``HarmlessWords``), or has a form that leaves no room for secrets. The rest is replaced, or
/// left to be filled.
struct HeadRedaction: Sendable {
    /// A part of the stream, and what replaces it.
    struct Piece: Sendable {
        var offset: UInt64
        var bytes: [UInt8]
    }

    enum Place: Sendable {
        /// Before the first head.
        case preamble
        /// Before a head, in a body, or in something else.
        case outside
        /// After the head of a response that switches protocols: any line there is text, since frames are not read
        /// here.
        case afterSwitch
        case head
        /// Before the size of a chunk.
        case chunkSize
        /// In a chunk, with this many bytes to come.
        case chunk(UInt64)
        /// Before the end of a chunk's line.
        case chunkEnd
        /// In a body, with this many bytes to come.
        case body(UInt64)
    }

    /// What comes next.
    var place = Place.preamble
    /// What the latest head says about what follows it.
    var head = Head()
    /// The line so far, and where it begins.
    private(set) var line: [UInt8] = []
    private(set) var lineOffset: UInt64 = 0
    private var isOverlong = false
    /// Whether only messages of SOCKS have come.
    private var mayBeSOCKS = true

    /// Bytes of a line beyond which it cannot be part of a head.
    private static var longestLine: Int { 65_536 }

    /// Where bytes begin in which no head is expected; nil if that is not known.
    var endOfHeads: UInt64? {
        switch place {
        case .outside where line.isEmpty, .afterSwitch where line.isEmpty: lineOffset
        default: nil
        }
    }

    /// Takes the next bytes of the stream.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - offset: The stream offset of the first.
    ///   - proxies: Redacts messages to proxies, and replaces values.
    ///   - exchanges: What the connection's requests say about responses.
    /// - Returns: What replaces some of these bytes, or of earlier ones.
    mutating func take(
        _ bytes: Span<UInt8>, at offset: UInt64, _ proxies: inout SOCKSRedaction, _ exchanges: inout Exchanges
    ) -> [Piece] {
        let values = proxies.values
        if offset > 0, lineOffset == 0, line.isEmpty { mayBeSOCKS = false }
        var pieces: [Piece] = []
        if offset != lineOffset &+ UInt64(line.count) {
            // Something was left out: a body, or bytes missing from the capture.
            if let piece = finishCutLine(values) { pieces.append(piece) }
            if resume(at: offset) { exchanges.forgetRequests() }
        }
        var index = 0
        while mayBeSOCKS, line.isEmpty, index < bytes.count {
            guard let message = proxies.message(in: bytes.extracting(index...)) else {
                mayBeSOCKS = false
                break
            }
            pieces.append(Piece(offset: lineOffset, bytes: message))
            index += message.count
            lineOffset &+= UInt64(message.count)
        }
        while index < bytes.count {
            let passed = passBody(bytes.extracting(index...))
            guard passed == 0 else {
                index += passed
                continue
            }
            let byte = bytes[index]
            index += 1
            guard line.count < Self.longestLine else {
                lineOffset &+= UInt64(line.count) &+ 1
                line.removeAll()
                isOverlong = byte != 0x0a
                place = .outside
                continue
            }
            line.append(byte)
            guard byte == 0x0a else { continue }
            if isOverlong {
                isOverlong = false
            } else if let piece = finishLine(values, &exchanges) {
                pieces.append(piece)
            }
            lineOffset &+= UInt64(line.count)
            line.removeAll(keepingCapacity: true)
        }
        return pieces
    }

    /// Continues after bytes that were left out.
    ///
    /// - Returns: Whether heads may be among them.
    private mutating func resume(at offset: UInt64) -> Bool {
        let skipped = offset &- lineOffset
        line.removeAll()
        lineOffset = offset
        isOverlong = false
        switch place {
        case .body(let remaining) where skipped < remaining: place = .body(remaining - skipped)
        case .body(skipped): place = .outside
        case .chunk(let remaining) where skipped < remaining: place = .chunk(remaining - skipped)
        case .chunk(let remaining) where skipped < remaining + 2: place = .chunkEnd
        case .chunk(let remaining) where skipped == remaining + 2: place = .chunkSize
        case .preamble: return true
        default:
            place = .outside
            return true
        }
        return false
    }

    /// Skips the bytes of a body or chunk, if those come next.
    ///
    /// - Returns: How many bytes those are.
    private mutating func passBody(_ bytes: Span<UInt8>) -> Int {
        guard line.isEmpty else { return 0 }
        let taken: UInt64
        switch place {
        case .chunk(let remaining):
            taken = min(remaining, UInt64(bytes.count))
            place = remaining == taken ? .chunkEnd : .chunk(remaining - taken)
        case .body(let remaining):
            // The response to HEAD has the length of a body that does not come.
            let isAbsent = head.mayAnswerHEAD && head.bodyLength == remaining && bytes.starts(with: "HTTP/1.")
            taken = isAbsent ? 0 : min(remaining, UInt64(bytes.count))
            place = isAbsent || remaining == taken ? .outside : .body(remaining - taken)
        case .preamble, .outside, .afterSwitch, .head, .chunkSize, .chunkEnd: return 0
        }
        lineOffset &+= taken
        return Int(taken)
    }

    /// What replaces a line whose end is missing from the capture: in a head, or where one begins.
    mutating func finishCutLine(_ values: HeadValues) -> Piece? {
        defer { line.removeAll() }
        guard !isOverlong, !line.isEmpty else { return nil }
        switch place {
        case .head:
            var nobody = Exchanges()
            return Piece(offset: lineOffset, bytes: field(line[...], values, &nobody))
        case .outside where Self.mayBeginHead(line), .preamble where Self.mayBeginHead(line):
            return values.startOfLine(line[...]).map { Piece(offset: lineOffset, bytes: $0) }
        default: return nil
        }
    }

    private static func mayBeginHead(_ line: [UInt8]) -> Bool {
        line.starts(with: "HTTP/1.".utf8) || line.starts(with: "GET ".utf8)
    }

}

extension Span<UInt8> {
    fileprivate func starts(with text: String) -> Bool {
        count >= text.utf8.count && zip(indices, text.utf8).allSatisfy { self[$0] == $1 }
    }
}
