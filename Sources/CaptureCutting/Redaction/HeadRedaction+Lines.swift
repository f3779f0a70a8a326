import HTTPUpgrade
import WireFormat

/// Replaces lines.
extension HeadRedaction {
    /// What replaces the line, which is complete.
    mutating func finishLine(_ values: HeadValues, _ exchanges: inout Exchanges) -> Piece? {
        let text = line.last { $0 != 0x0a } == 0x0d ? line.dropLast(2) : line.dropLast(1)
        let end = Array(line[text.count...])
        switch place {
        case .head where text.isEmpty:
            place = head.sequel
            head.isChunked = false
            return Piece(offset: lineOffset, bytes: end)
        case .head:
            return Piece(offset: lineOffset, bytes: field(text, values, &exchanges) + end)
        case .chunkSize:
            let digits = text.prefix { $0.hexadecimalValue != nil }
            guard let size = UInt64(String(decoding: digits, as: UTF8.self), radix: 16), size < 1 << 40 else {
                place = .outside
                return nil
            }
            // The last chunk is followed by trailers or an empty line, as a head's first line is by fields.
            place = size == 0 ? .head : .chunk(size)
            (head.isChunked, head.bodyLength) = (false, 0)
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
            place = start.starts(with: "PROXY ".utf8) ? .preamble : .head
            head = Head(start, status: text.dropFirst(skipped + 9).prefix(3), &exchanges)
            return Piece(offset: lineOffset &+ UInt64(skipped), bytes: start + end)
        }
    }

    /// The start of a head in a line, and the number of bytes before it; nil if there is none.
    private static func start(of line: ArraySlice<UInt8>, _ values: HeadValues) -> (Int, [UInt8])? {
        if line.first == 0x50 || line.first == 0x47 || line.first == 0x48, let start = values.startLine(line) {
            return (0, start)
        }
        // Other bytes may precede the first head, even on its line: the last request, or the first response, counts.
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
    mutating func field(
        _ line: ArraySlice<UInt8>, _ values: HeadValues, _ exchanges: inout Exchanges
    ) -> [UInt8] {
        guard let colon = line.firstIndex(of: 0x3a), let first = line.first, first.isTokenCharacter else {
            // A continuation of the field above, or no field at all.
            return line.first?.isWhiteSpace == true
                ? [0x20] + values.redacted(line.dropFirst()) : values.redacted(line)
        }
        let name = HeadValues.lowercased(line[..<colon])
        let rest = line[(colon + 1)...]
        let spaces = rest.prefix(while: \.isWhiteSpace)
        let end = rest.dropFirst(spaces.count).reversed().prefix(while: \.isWhiteSpace)
        let value = rest.dropFirst(spaces.count).dropLast(end.count)
        if name == "transfer-encoding" {
            head.isChunked = String(decoding: value, as: UTF8.self).lowercased().contains("chunked")
        }
        if name == "content-length" {
            head.bodyLength = UInt64(String(decoding: value.filter(\.isDigit), as: UTF8.self)) ?? 0
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

extension HeadRedaction {
    /// What a head says about what follows it.
    struct Head: Sendable {
        var isChunked = false
        var bodyLength: UInt64 = 0
        /// Whether it cannot have a body: a response with such a status, or to HEAD.
        var hasNoBody = false
        /// Whether it may answer HEAD, which is not known.
        var mayAnswerHEAD = false
        /// Whether it is that of a 101.
        var switchesProtocols = false

        /// What follows it.
        var sequel: Place {
            if switchesProtocols { return .afterSwitch }
            if hasNoBody { return .outside }
            if isChunked { return .chunkSize }
            return bodyLength > 0 ? .body(bodyLength) : .outside
        }
    }
}

extension HeadRedaction.Head {
    /// Creates it from the first line of a head; `status` is the word that would be its status.
    fileprivate init(_ start: [UInt8], status: ArraySlice<UInt8>, _ exchanges: inout Exchanges) {
        guard start.starts(with: "HTTP/".utf8) else {
            if !start.starts(with: "PROXY ".utf8) {
                exchanges.addRequest(isHEAD: start.starts(with: "HEAD ".utf8))
            }
            return
        }
        let status = String(decoding: status, as: UTF8.self)
        switchesProtocols = status == "101"
        let answersHEAD = exchanges.answersHEAD(status: status)
        hasNoBody = status.hasPrefix("1") || ["204", "304"].contains(status) || answersHEAD == true
        mayAnswerHEAD = answersHEAD == nil
    }
}
