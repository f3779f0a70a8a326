/// The parts of a status line (RFC 9112 4) that matter.
struct StatusLine {
    /// The status, 100 to 999.
    let status: Int
    /// The place of the version without "HTTP/": "1.1".
    let version: Range<Int>
    /// Where the next line begins.
    let end: Int

    /// Reads the first line of `head`; nil when it is none.
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
    /// The place of "1.1" in "HTTP/1.1" (RFC 9112 2.3); nil when `range` holds something else.
    func httpVersion(in range: Range<Int>) -> Range<Int>? {
        guard range.count == 8, starts(with: "HTTP/", at: range.lowerBound, in: range) else { return nil }
        let version = range.dropFirst(5)
        guard self[version.lowerBound].isDigit, self[version.lowerBound + 1] == UInt8(ascii: "."),
            self[version.lowerBound + 2].isDigit
        else { return nil }
        return version
    }
}
