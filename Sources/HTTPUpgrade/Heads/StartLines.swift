import WireFormat

/// A request line (RFC 9112 3), as ranges of its head.
struct RequestLine {
    /// The method.
    let method: Range<Int>
    /// The request target; white space in it is an error, but is kept.
    let target: Range<Int>
    /// The version without "HTTP/": "1.1".
    let version: Range<Int>
    /// Where the next line begins.
    let end: Int

    /// Whether this is the first line of the HTTP/2 preface, "PRI * HTTP/2.0" (RFC 9113 3.4).
    let isHTTP2Preface: Bool

    /// Reads the first line of `head`; nil if it is not a request line.
    init?(_ head: Span<UInt8>) {
        let lineFeed = head.index(of: UInt8(ascii: "\n"), in: 0..<head.count)
        end = min(lineFeed + 1, head.count)
        let line = head.trimmed(0..<lineFeed)
        var versionStart = line.upperBound
        while versionStart > line.lowerBound, !head[versionStart - 1].isWhiteSpace { versionStart -= 1 }
        guard let version = head.httpVersion(in: versionStart..<line.upperBound) else { return nil }
        method = line.lowerBound..<head.index(of: UInt8(ascii: " "), in: line)
        guard method.upperBound < versionStart else { return nil }
        target = head.trimmed(method.upperBound..<versionStart)
        self.version = version
        guard !target.isEmpty else { return nil }
        isHTTP2Preface = head.equals("PRI", in: method) && head.equals("2.0", in: version)
        guard isHTTP2Preface || head[version.lowerBound] == UInt8(ascii: "1") else { return nil }
    }
}

/// A status line (RFC 9112 4), as ranges of its head.
struct StatusLine {
    /// The status, 100 to 999.
    let status: Int
    /// The version without "HTTP/": "1.1".
    let version: Range<Int>
    /// Where the next line begins.
    let end: Int

    /// Reads the first line of `head`; nil if it is not a status line.
    init?(_ head: Span<UInt8>) {
        let lineFeed = head.index(of: UInt8(ascii: "\n"), in: 0..<head.count)
        end = min(lineFeed + 1, head.count)
        let line = head.trimmed(0..<lineFeed)
        let versionEnd = head.index(of: UInt8(ascii: " "), in: line)
        guard let version = head.httpVersion(in: line.lowerBound..<versionEnd),
            head[version.lowerBound] == UInt8(ascii: "1")
        else { return nil }
        let rest = head.trimmed(versionEnd..<line.upperBound)
        let digits = rest.lowerBound..<head.index(of: UInt8(ascii: " "), in: rest)
        guard digits.count == 3, digits.allSatisfy({ head[$0].isDigit }) else { return nil }
        status = digits.reduce(0) { $0 * 10 + Int(head[$1] - UInt8(ascii: "0")) }
        self.version = version
        guard status >= 100 else { return nil }
    }
}

extension Span<UInt8> {
    /// The range of "1.1" in "HTTP/1.1" (RFC 9112 2.3); nil if `range` holds something else.
    func httpVersion(in range: Range<Int>) -> Range<Int>? {
        guard range.count == 8, starts(with: "HTTP/", at: range.lowerBound, in: range) else { return nil }
        let version = range.dropFirst(5)
        guard self[version.lowerBound].isDigit, self[version.lowerBound + 1] == UInt8(ascii: "."),
            self[version.lowerBound + 2].isDigit
        else { return nil }
        return version
    }
}
