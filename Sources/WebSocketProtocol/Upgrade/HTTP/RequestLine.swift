/// The places of the parts of a request line (RFC 9112 3).
struct RequestLine {
    /// The method.
    let method: Range<Int>
    /// The request target; white space in it, which is an error, is kept.
    let target: Range<Int>
    /// The version without "HTTP/": "1.1".
    let version: Range<Int>
    /// Where the next line begins.
    let end: Int

    /// Whether this is the first line of the HTTP/2 preface, "PRI * HTTP/2.0" (RFC 9113 3.4).
    let isHTTP2Preface: Bool

    /// Reads the first line of `head`; nil when it is none.
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
