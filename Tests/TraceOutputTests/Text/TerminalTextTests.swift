import TestSupport
import Testing

@testable import TraceOutput

struct TerminalTextTests {
    @Test(arguments: [
        ("plain text", "plain text"), ("a\nb\tc\rd", "a\\nb\\tc\\rd"), ("\u{1b}[2J", "\\x1b[2J"),
        ("\u{0}\u{7f}", "\\x00\\x7f"),
        ("\u{9b}31m", "\\u{9b}31m"), ("\u{202e}abc", "\\u{202e}abc"), ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
        ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"), ("\u{2066}\u{61c}\u{200e}", "\\u{2066}\\u{61c}\\u{200e}"),
        ("\u{e0041}", "\\u{e0041}"), ("back\\slash", "back\\\\slash"), ("é漢😀❤️", "é漢😀❤️"),
        ("\u{ad}\u{34f}", "\\u{ad}\\u{34f}"),
        ("\u{e000}\u{10ffff}", "\\u{e000}\\u{10ffff}"),
    ])
    func `Invisible, moving and control characters become visible`(text: String, safe: String) {
        var buffer = OutputBuffer()
        let outcome = buffer.append(untrusted: text)
        #expect(buffer.text == safe)
        #expect(!outcome.isCut)
    }

    @Test(
        arguments: [
            ([0xff], "\\xff"), ([0x61, 0xc3], "a\\xc3"), ([0xc0, 0x80], "\\xc0\\x80"),
            ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"),
            ([0xe2, 0x82, 0x41], "\\xe2\\x82A"), ([0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"),
            ([0x80, 0x62], "\\x80b"),
            ([0xf0, 0x9f, 0x98, 0x80], "😀"),
        ] as [([UInt8], String)])
    func `Invalid UTF-8 is shown byte by byte`(bytes: [UInt8], safe: String) {
        var buffer = OutputBuffer()
        _ = TerminalText.append(bytes.span, to: &buffer)
        #expect(buffer.text == safe)
    }

    @Test(arguments: [
        ("hello", 5, "hello"), ("hello", 4, "hel…"), ("hello", 1, "…"), ("hello", 0, ""), ("漢字", 4, "漢字"),
        ("漢字", 3, "漢…"),
        ("a\u{1b}b", 5, "a…"), ("a\u{1b}b", 6, "a\\x1bb"),
    ])
    func `Text is cut to columns, but never inside a character or an escape`(text: String, width: Int, safe: String) {
        var buffer = OutputBuffer()
        let columns = buffer.append(untrusted: text, fitting: width)
        #expect(buffer.text == safe)
        #expect(columns <= width)
    }

    @Test func `Scalars are decoded as Swift decodes them`() {
        var random = SeededGenerator()
        for _ in 0..<5000 {
            let bytes =
                (0..<4).map { _ in
                    [0x41, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff].randomElement(
                        using: &random)!
                } as [UInt8]
            var iterator = bytes.makeIterator()
            var decoder = UTF8()
            let model: Unicode.Scalar? =
                if case .scalarValue(let scalar) = decoder.decode(&iterator) { scalar } else { nil }
            #expect(bytes.span.scalar(at: 0)?.scalar == model, "\(bytes)")
        }
    }

    @Test(arguments: [
        (0, "0.00 ms"), (90_000, "0.09 ms"), (-1_500_000, "-1.50 ms"), (999_994_999, "999.99 ms"),
        (999_995_000, "1.000 s"), (5_002_520_000, "5.003 s"), (Int64.max, "9223372036.855 s"),
        (Int64.min, "-9223372036.855 s"),
    ])
    func `Durations are in milliseconds, then in seconds`(nanoseconds: Int64, text: String) {
        #expect(Quantity.duration(nanoseconds) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"),
            (1 << 30, "1.1 GB"),
            (UInt64.max, "18.4 EB"),
        ] as [(UInt64, String)])
    func `Bytes are in powers of a thousand`(count: UInt64, text: String) {
        #expect(Quantity.bytes(count) == text)
    }
}

struct TerminalFittingTests {
    @Test(arguments: [
        ("abcdefgh", 8, "abcdefgh"), ("abcdefgh", 7, "abc…fgh"), ("abcdefgh", 4, "ab…h"), ("abcdefgh", 1, "…"),
        ("abcdefgh", 0, ""), ("房间房间", 8, "房间房间"), ("房间房间", 7, "房…房间"), ("房间房间", 4, "房…"),
        ("a\u{1b}bcd", 6, "a…bcd"), ("", 0, ""),
    ])
    func `Text loses its middle, between characters`(text: String, width: Int, cut: String) {
        #expect(TerminalText.cut(text, toWidth: width) == cut)
        #expect(TerminalText.columns(of: TerminalText.cut(text, toWidth: width)) <= width)
    }

    @Test(arguments: [
        ("one two three", 0, 2, 7, "one two\n  three"), ("one two", 4, 2, 7, "one\n  two"),
        ("one", 5, 2, 7, "\n  one"), ("abcdefghij", 0, 2, 7, "ab…ij"), ("a  b", 0, 0, 9, "a  b"), ("", 0, 0, 9, ""),
        ("房间 房间", 0, 0, 4, "房间\n房间"), ("a\nb c", 0, 0, 4, "a\\nb\nc"),
    ])
    func `Text is wrapped at spaces, and long words are cut`(
        text: String, column: Int, indent: Int, width: Int, lines: String
    ) {
        var output = OutputBuffer()
        output.append(wrapping: text, from: column, indent: indent, width: width)
        #expect(output.text == lines)
    }
}
