import Foundation
import TestSupport
import Testing
import WireFormat

@testable import TraceOutput

struct JSONStringTests {
    @Test func `Every scalar up to U+3000 is escaped as in the slow model, at every offset`() throws {
        for value in UInt32(0)...0x3000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            // At every position of a block, and of an eight-byte word after the last one.
            for before in value < 0x100 ? Array(0..<42) : Array(0..<9) + [31, 33] {
                let text = String(repeating: "x", count: before) + String(scalar) + "xxxxxxxx"
                #expect(Self.json(text) == Self.slowJSON(text))
            }
        }
    }

    @Test func `Random text is escaped as in the slow model, and reads back`() throws {
        var random = SeededGenerator()
        let alphabet: [Unicode.Scalar] = [
            "a", "b", " ", "\"", "\\", "\n", "\u{7f}", "\u{80}", "\u{9f}", "\u{a0}", "é", "\u{61c}", "\u{61b}",
            "\u{2027}", "\u{2028}",
            "\u{202e}", "\u{202f}", "\u{2066}", "\u{206a}", "漢", "😀", "\u{0}", "â", "\u{263a}",
        ]
        for _ in 0..<2000 {
            let scalars = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                alphabet.randomElement(using: &random)!
            }
            let text = String(String.UnicodeScalarView(scalars))
            let json = Self.json(text)
            #expect(json == Self.slowJSON(text))
            let back = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
            #expect((back as? String).map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    private static func json(_ text: String) -> String {
        var buffer = OutputBuffer()
        buffer.append(jsonString: text)
        return buffer.text
    }

    /// Escapes a text scalar by scalar.
    private static func slowJSON(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x08: json += "\\b"
            case 0x09: json += "\\t"
            case 0x0a: json += "\\n"
            case 0x0c: json += "\\f"
            case 0x0d: json += "\\r"
            case 0x22: json += "\\\""
            case 0x5c: json += "\\\\"
            case 0..<0x20, 0x7f...0x9f, 0x61c, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069:
                json +=
                    "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
                    + String(scalar.value, radix: 16)
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}

struct RFC3339ClockTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
        (Samples.start + 42, "2026-11-20T17:24:00.000000042Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
        (Int64.max, "2262-04-11T23:47:16.854775807Z"), (Int64.min, "1677-09-21T00:12:43.145224192Z"),
    ])
    func `Times have the form of RFC 3339`(nanoseconds: Int64, text: String) {
        var clock = RFC3339Clock()
        var buffer = OutputBuffer()
        clock.append(Timestamp(nanoseconds: nanoseconds), to: &buffer)
        #expect(buffer.text == text)
    }

    @Test func `Random times agree with the system's calendar`() {
        var random = SeededGenerator()
        var clock = RFC3339Clock()
        var buffer = OutputBuffer()
        for _ in 0..<2000 {
            let nanoseconds = Int64.random(in: .min ... .max, using: &random)
            var seconds = Int(nanoseconds / 1_000_000_000)
            if nanoseconds % 1_000_000_000 < 0 { seconds -= 1 }
            var parts = tm()
            gmtime_r(&seconds, &parts)
            let model = String(
                format: "%04d-%02d-%02dT%02d:%02d:%02d.", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                parts.tm_hour, parts.tm_min, parts.tm_sec)
            clock.append(Timestamp(nanoseconds: nanoseconds), to: &buffer)
            #expect(buffer.text.hasPrefix(model))
            buffer.removeAll()
        }
    }
}
