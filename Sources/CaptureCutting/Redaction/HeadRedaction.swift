import WireFormat

/// Replaces what may be secret in one stream of HTTP/1.1 before a session: line by line, so that a body is not taken for a head.
///
/// Kept are methods, versions, statuses, names of fields, values of fields that are known to be harmless, paths but for segments
/// that look like secrets, names in queries, and what frames bodies. All else is left to be filled.
struct HeadRedaction: Sendable {
    /// A part of the stream, and what takes its place.
    struct Piece: Sendable {
        var offset: UInt64
        var bytes: [UInt8]
    }

    private enum Place: Sendable {
        /// Before a head, in a body, or in something else.
        case outside
        case head
        /// Before the size of a chunk.
        case chunkSize
        /// In a chunk, with this many bytes to come, its line end included.
        case chunk(UInt64)
        /// In a body, with this many bytes to come.
        case body(UInt64)
    }

    private var place = Place.outside
    private var line: [UInt8] = []
    private var lineOffset: UInt64 = 0
    private var isChunked = false
    private var bodyLength: UInt64 = 0
    /// Whether the head cannot have a body: a response with such a status.
    private var hasNoBody = false
    private var isOverlong = false
    /// Whether only messages of SOCKS have come.
    private var mayBeSOCKS = true

    /// Bytes of a line beyond which it is no head's.
    private static var longestLine: Int { 65_536 }

    /// What bytes of unfinished lines take in memory.
    var cost: Int { line.count }

    /// Takes the next bytes of the stream; returns what replaces some of them, or of those before.
    mutating func take(_ bytes: Span<UInt8>, at offset: UInt64, _ pseudonyms: Pseudonyms) -> [Piece] {
        if offset != lineOffset &+ UInt64(line.count) {
            // Something was left out: a body, or what the capture lacks.
            let skipped = offset &- lineOffset
            line.removeAll()
            lineOffset = offset
            isOverlong = false
            switch place {
            case .body(let remaining) where skipped < remaining: place = .body(remaining - skipped)
            case .chunk(let remaining) where skipped < remaining: place = .chunk(remaining - skipped)
            case .chunk(skipped): place = .chunkSize
            default: place = .outside
            }
        }
        var pieces: [Piece] = []
        var index = 0
        while mayBeSOCKS, line.isEmpty, index < bytes.count {
            guard let message = SOCKSRedaction.message(in: bytes.extracting(index...)) else {
                mayBeSOCKS = false
                break
            }
            pieces.append(Piece(offset: lineOffset, bytes: message))
            index += message.count
            lineOffset &+= UInt64(message.count)
        }
        while index < bytes.count {
            if case .chunk(let remaining) = place, line.isEmpty {
                let taken = min(remaining, UInt64(bytes.count - index))
                place = remaining == taken ? .chunkSize : .chunk(remaining - taken)
                index += Int(taken)
                lineOffset &+= taken
                continue
            }
            if case .body(let remaining) = place, line.isEmpty {
                // The answer to HEAD has the length of a body that does not come.
                if bodyLength == remaining, bytes.extracting(index...).starts(with: "HTTP/1.") {
                    place = .outside
                    continue
                }
                let taken = min(remaining, UInt64(bytes.count - index))
                place = remaining == taken ? .outside : .body(remaining - taken)
                index += Int(taken)
                lineOffset &+= taken
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
            if isOverlong { isOverlong = false } else if let piece = finishLine(pseudonyms) { pieces.append(piece) }
            lineOffset &+= UInt64(line.count)
            line.removeAll(keepingCapacity: true)
        }
        return pieces
    }

    private mutating func finishLine(_ pseudonyms: Pseudonyms) -> Piece? {
        let text = line.last { $0 != 0x0a } == 0x0d ? line.dropLast(2) : line.dropLast(1)
        let end = Array(line[text.count...])
        switch place {
        case .head where text.isEmpty:
            place = hasNoBody ? .outside : isChunked ? .chunkSize : bodyLength > 0 ? .body(bodyLength) : .outside
            isChunked = false
            return Piece(offset: lineOffset, bytes: end)
        case .head:
            return Piece(offset: lineOffset, bytes: field(text, pseudonyms) + end)
        case .chunkSize:
            let digits = text.prefix { $0.hexadecimalValue != nil }
            guard let size = UInt64(String(decoding: digits, as: UTF8.self), radix: 16), size < 1 << 40 else {
                place = .outside
                return nil
            }
            // The last chunk is followed by trailers, or an empty line: as a head is by fields.
            place = size == 0 ? .head : .chunk(size + 2)
            (isChunked, bodyLength) = (false, 0)
            return Piece(
                offset: lineOffset,
                bytes: Array(digits) + [UInt8](repeating: 0x20, count: text.count - digits.count) + end)
        case .outside, .chunk, .body:
            guard let start = startLine(text, pseudonyms) else {
                return text.isEmpty ? Piece(offset: lineOffset, bytes: end) : nil
            }
            place = .head
            (isChunked, bodyLength) = (false, 0)
            let status = String(decoding: text.dropFirst(9).prefix(3), as: UTF8.self)
            hasNoBody = text.starts(with: "HTTP/".utf8) && (status.hasPrefix("1") || ["204", "304"].contains(status))
            return Piece(offset: lineOffset, bytes: start + end)
        }
    }

    /// The line that begins a head; nil if it does not.
    private func startLine(_ line: ArraySlice<UInt8>, _ pseudonyms: Pseudonyms) -> [UInt8]? {
        if line.starts(with: "HTTP/1.".utf8), line.count >= 12 {
            let reason = line.dropFirst(12)
            let isUsual = reason.count <= 40 && reason.allSatisfy { $0.isLetter || $0 == 0x20 || $0 == 0x2d }
            let text = isUsual ? Array(reason) : [0x20] + Filler.text(reason.count - 1)
            return Array(line.prefix(12)) + text
        }
        if line.starts(with: "PROXY ".utf8) { return Array(line) }
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, words[2].starts(with: "HTTP/".utf8), words[2].count == 8,
            !words[0].isEmpty, words[0].count <= 16, words[0].allSatisfy(\.isTokenCharacter)
        else { return nil }
        let target = words[0].elementsEqual("CONNECT".utf8) ? Array(words[1]) : Self.target(words[1], pseudonyms)
        var line = Array(words[0])
        line.append(0x20)
        line += target
        line.append(0x20)
        line += words[2]
        return line
    }

    /// A request target: its path and the names in its query stay.
    static func target(_ target: ArraySlice<UInt8>, _ pseudonyms: Pseudonyms) -> [UInt8] {
        let question = target.firstIndex(of: 0x3f) ?? target.endIndex
        var result: [UInt8] = []
        for (index, segment) in target[..<question].split(separator: 0x2f, omittingEmptySubsequences: false)
            .enumerated()
        {
            if index > 0 { result.append(0x2f) }
            result += isSuspicious(segment) ? pseudonyms.text(for: segment) : Array(segment)
        }
        guard question < target.endIndex else { return result }
        result.append(0x3f)
        for (index, part) in target[(question + 1)...].split(separator: 0x26, omittingEmptySubsequences: false)
            .enumerated()
        {
            if index > 0 { result.append(0x26) }
            guard let sign = part.firstIndex(of: 0x3d), !isSuspicious(part[..<sign]) else {
                result += pseudonyms.text(for: part)
                continue
            }
            result += part[...sign]
            result += pseudonyms.text(for: part[(sign + 1)...])
        }
        return result
    }

    /// Whether a word may be a secret, or name a person: it is long, has letters and digits, or other signs than those of names.
    static func isSuspicious(_ word: ArraySlice<UInt8>) -> Bool {
        guard word.count >= 8 else { return word.contains { $0 == 0x40 || $0 == 0x25 || $0 == 0x3d } }
        let hasDigit = word.contains(where: \.isDigit)
        let hasSign = word.contains { !$0.isLetter && !$0.isDigit && $0 != 0x2d && $0 != 0x5f && $0 != 0x2e }
        return word.count >= 24 || hasSign
            || hasDigit && (word.count >= 12 || !word.contains(0x2e) && !word.contains(0x2d))
    }

    /// A field of a head: its name stays, and its value if it is known to be harmless.
    private mutating func field(_ line: ArraySlice<UInt8>, _ pseudonyms: Pseudonyms) -> [UInt8] {
        guard let colon = line.firstIndex(of: 0x3a), let first = line.first, first.isTokenCharacter else {
            return line.first?.isWhiteSpace == true
                ? [0x20] + Filler.text(line.count - 1) : Filler.text(line.count)
        }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        let value = line[(colon + 1)...]
        let spaces = value.prefix { $0.isWhiteSpace }
        let words = value.dropFirst(spaces.count)
        if name == "transfer-encoding" {
            isChunked = String(decoding: words, as: UTF8.self).lowercased().contains("chunked")
        }
        if name == "content-length" {
            bodyLength = UInt64(String(decoding: words.filter(\.isDigit), as: UTF8.self)) ?? 0
        }
        let head = Array(line[...colon]) + Array(spaces)
        if name == "sec-websocket-protocol" { return head + Self.list(words, pseudonyms) }
        return head + (Self.harmless.contains(name) ? Array(words) : pseudonyms.text(for: words))
    }

    /// A list of names, of which those that look like secrets are replaced, alike in requests and answers.
    private static func list(_ list: ArraySlice<UInt8>, _ pseudonyms: Pseudonyms) -> [UInt8] {
        var result: [UInt8] = []
        for (index, element) in list.split(separator: 0x2c, omittingEmptySubsequences: false).enumerated() {
            if index > 0 { result.append(0x2c) }
            let spaces = element.prefix { $0.isWhiteSpace }
            let end = element.reversed().prefix { $0.isWhiteSpace }.count
            let word = element.dropFirst(spaces.count).dropLast(min(end, element.count - spaces.count))
            result += spaces
            // Tokens of letters and digits; names are shorter or have dots.
            result += isToken(word) ? pseudonyms.text(for: word) : Array(word)
            result += element.dropFirst(spaces.count + word.count)
        }
        return result
    }

    private static func isToken(_ word: ArraySlice<UInt8>) -> Bool {
        if word.count >= 40 { return true }
        let parts = word.split { !$0.isLetter && !$0.isDigit }
        return parts.contains { part in
            part.count >= 20 || part.count >= 10 && part.contains(where: \.isDigit) && part.contains(where: \.isLetter)
        }
    }

    /// Fields whose values stay.
    private static let harmless: Set<String> = [
        "accept-encoding", "access-control-allow-credentials", "cache-control", "connection", "content-encoding",
        "content-length", "content-type", "date", "expect", "host", "keep-alive", "origin", "pragma",
        "proxy-connection",
        "sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-version", "server",
        "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent", "vary",
    ]
}

extension Span<UInt8> {
    fileprivate func starts(with text: String) -> Bool {
        count >= text.utf8.count && zip(indices, text.utf8).allSatisfy { self[$0] == $1 }
    }
}
