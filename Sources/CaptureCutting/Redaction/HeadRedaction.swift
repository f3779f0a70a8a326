import HTTPUpgrade
import WireFormat

/// Replaces what may be secret in one stream of HTTP/1.1 before a session: line by line, so that a body is not taken
/// for a head.
///
/// What stays is on lists (``HarmlessWords``), or has a form that leaves no room for more; the rest is replaced, or
/// left to be filled.
struct HeadRedaction: Sendable {
    /// A part of the stream, and what takes its place.
    struct Piece: Sendable {
        var offset: UInt64
        var bytes: [UInt8]
    }

    private enum Place: Sendable {
        /// Before the first head.
        case preamble
        /// Before a head, in a body, or in something else.
        case outside
        /// After the head of an answer that switches protocols: any line there is text, since frames are not read here.
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

    private var place = Place.preamble
    private var line: [UInt8] = []
    private var lineOffset: UInt64 = 0
    private var isChunked = false
    private var bodyLength: UInt64 = 0
    /// Whether the head cannot have a body: a response with such a status, or to HEAD.
    private var hasNoBody = false
    /// Whether it is not known if the head answers HEAD.
    private var mayAnswerHEAD = false
    /// Whether the head is that of a 101.
    private var switchesProtocols = false
    private var isOverlong = false
    /// Whether only messages of SOCKS have come.
    private var mayBeSOCKS = true

    /// Bytes of a line beyond which it is no head's.
    private static var longestLine: Int { 65_536 }

    /// Where bytes begin that no head was expected to hold; nil if that is not known.
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
    ///   - offset: The place of the first.
    ///   - proxies: What redacts messages to proxies, and knows what takes the place of values.
    ///   - exchanges: What the connection's requests say about responses.
    /// - Returns: What replaces some of the bytes, or of those before.
    mutating func take(
        _ bytes: Span<UInt8>, at offset: UInt64, _ proxies: inout SOCKSRedaction, _ exchanges: inout Exchanges
    ) -> [Piece] {
        let values = proxies.values
        if offset > 0, lineOffset == 0, line.isEmpty { mayBeSOCKS = false }
        var pieces: [Piece] = []
        if offset != lineOffset &+ UInt64(line.count) {
            // Something was left out: a body, or what the capture lacks.
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

    /// Goes on after bytes that were left out.
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

    /// Passes over the bytes of a body or chunk, if those come next.
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
            // The answer to HEAD has the length of a body that does not come.
            let isAbsent = mayAnswerHEAD && bodyLength == remaining && bytes.starts(with: "HTTP/1.")
            taken = isAbsent ? 0 : min(remaining, UInt64(bytes.count))
            place = isAbsent || remaining == taken ? .outside : .body(remaining - taken)
        case .preamble, .outside, .afterSwitch, .head, .chunkSize, .chunkEnd: return 0
        }
        lineOffset &+= taken
        return Int(taken)
    }

    /// What takes the place of a line whose end the capture lacks: in a head, or where one begins.
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

    private mutating func finishLine(_ values: HeadValues, _ exchanges: inout Exchanges) -> Piece? {
        let text = line.last { $0 != 0x0a } == 0x0d ? line.dropLast(2) : line.dropLast(1)
        let end = Array(line[text.count...])
        switch place {
        case .head where text.isEmpty:
            place =
                switchesProtocols
                ? .afterSwitch
                : hasNoBody ? .outside : isChunked ? .chunkSize : bodyLength > 0 ? .body(bodyLength) : .outside
            isChunked = false
            return Piece(offset: lineOffset, bytes: end)
        case .head:
            return Piece(offset: lineOffset, bytes: field(text, values, &exchanges) + end)
        case .chunkSize:
            let digits = text.prefix { $0.hexadecimalValue != nil }
            guard let size = UInt64(String(decoding: digits, as: UTF8.self), radix: 16), size < 1 << 40 else {
                place = .outside
                return nil
            }
            // The last chunk is followed by trailers, or an empty line: as a head is by fields.
            place = size == 0 ? .head : .chunk(size)
            (isChunked, bodyLength) = (false, 0)
            return Piece(
                offset: lineOffset,
                bytes: Array(digits) + [UInt8](repeating: 0x20, count: text.count - digits.count) + end)
        case .chunkEnd where text.isEmpty:
            place = .chunkSize
            return Piece(offset: lineOffset, bytes: end)
        case .afterSwitch:
            return Piece(offset: lineOffset, bytes: values.pseudonyms.shaped(line))
        case .preamble, .outside, .chunk, .chunkEnd, .body:
            guard let (skipped, start) = Self.start(of: text, values) else {
                if case .preamble = place, text.allSatisfy(\.isText) {
                    return Piece(offset: lineOffset, bytes: values.pseudonyms.shaped(line))
                }
                return text.isEmpty ? Piece(offset: lineOffset, bytes: end) : nil
            }
            place = .head
            (isChunked, bodyLength) = (false, 0)
            let status = String(decoding: text.dropFirst(skipped + 9).prefix(3), as: UTF8.self)
            let isResponse = start.starts(with: "HTTP/".utf8)
            hasNoBody = isResponse && (status.hasPrefix("1") || ["204", "304"].contains(status))
            switchesProtocols = isResponse && status == "101"
            mayAnswerHEAD = false
            if isResponse {
                let answersHEAD = exchanges.answersHEAD(status: status)
                hasNoBody = hasNoBody || answersHEAD == true
                mayAnswerHEAD = answersHEAD == nil
            } else if !start.starts(with: "PROXY ".utf8) {
                exchanges.addRequest(isHEAD: start.starts(with: "HEAD ".utf8))
            }
            if start.starts(with: "PROXY ".utf8) { place = .preamble }
            return Piece(offset: lineOffset &+ UInt64(skipped), bytes: start + end)
        }
    }

    /// The line that begins a head, and the number of bytes before it; nil if there is none.
    private static func start(of line: ArraySlice<UInt8>, _ values: HeadValues) -> (Int, [UInt8])? {
        if line.first == 0x50 || line.first == 0x47 || line.first == 0x48, let start = values.startLine(line) {
            return (0, start)
        }
        // Other bytes may precede the first head, even on its line: the last request and the first response count.
        for word in ["GET /", "GET ", "HTTP/1."] {
            let bytes = Array(word.utf8)
            let isStart: (Int) -> Bool = { line[$0...].starts(with: bytes) }
            guard line.count <= 8192,
                let place = word.hasPrefix("G")
                    ? line.indices.last(where: isStart) : line.indices.first(where: isStart),
                let start = values.startLine(line[place...])
            else { continue }
            return (place - line.startIndex, start)
        }
        return values.startLine(line).map { (0, $0) }
    }

    /// A field of a head.
    private mutating func field(
        _ line: ArraySlice<UInt8>, _ values: HeadValues, _ exchanges: inout Exchanges
    ) -> [UInt8] {
        guard let colon = line.firstIndex(of: 0x3a), let first = line.first, first.isTokenCharacter else {
            // The rest of the field above, or none.
            return line.first?.isWhiteSpace == true
                ? [0x20] + values.redacted(line.dropFirst()) : values.redacted(line)
        }
        let name = HeadValues.lowercased(line[..<colon])
        let rest = line[(colon + 1)...]
        let spaces = rest.prefix(while: \.isWhiteSpace)
        let end = rest.dropFirst(spaces.count).reversed().prefix(while: \.isWhiteSpace)
        let value = rest.dropFirst(spaces.count).dropLast(end.count)
        if name == "transfer-encoding" {
            isChunked = String(decoding: value, as: UTF8.self).lowercased().contains("chunked")
        }
        if name == "content-length" {
            bodyLength = UInt64(String(decoding: value.filter(\.isDigit), as: UTF8.self)) ?? 0
        }
        var replacement = values.fieldValue(value, of: name)
        if name == "sec-websocket-key" {
            exchanges.add(
                Exchanges.Accept(
                    original: Array(WebSocketAccept.value(for: String(decoding: value, as: UTF8.self)).utf8),
                    replacement: Array(WebSocketAccept.value(for: String(decoding: replacement, as: UTF8.self)).utf8)))
        }
        if name == "sec-websocket-accept",
            let known = exchanges.accepts.last(where: { $0.original.elementsEqual(value) })
        {
            replacement = known.replacement
        }
        return values.fieldName(line[..<colon]) + [0x3a] + spaces + replacement + end.reversed()
    }
}

extension Span<UInt8> {
    fileprivate func starts(with text: String) -> Bool {
        count >= text.utf8.count && zip(indices, text.utf8).allSatisfy { self[$0] == $1 }
    }
}
