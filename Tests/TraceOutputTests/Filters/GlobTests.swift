import TestSupport
import Testing

@testable import TraceOutput

struct GlobTests {
    @Test(arguments: [
        ("", "", true), ("", "a", false), ("*", "", true), ("*", "anything", true), ("a*c", "abbc", true),
        ("a*c", "abbd", false), ("?", "é", true), ("?", "", false), ("/room*", "/room?id=7", true),
        ("*.example", "chat.example", true), ("*.example", "chat.example.org", false), ("[a-c]x", "bx", true),
        ("[!a-c]x", "bx", false), ("[^a-c]x", "dx", true), ("[]]", "]", true), ("[a-]", "-", true),
        ("[ab", "[ab", true),
        ("\\*", "*", true), ("\\*", "a", false), ("a\\", "a\\", true), ("**", "ab", true), ("[::1]*", ":80", true),
        ("*a*b*c", "xaxbxc", true), ("*a*b*c", "xaxbxcx", false),
    ])
    func `A pattern matches the whole text`(pattern: String, text: String, matches: Bool) {
        #expect(Glob(pattern).matches(text) == matches)
    }

    @Test func `The case of ASCII letters is ignored on request`() {
        #expect(Glob("CHAT.[a-z]*", ignoresCase: true).matches("chat.EXAMPLE"))
        #expect(!Glob("CHAT", ignoresCase: false).matches("chat"))
    }

    @Test func `Random patterns match as in the slow model`() {
        var random = SeededGenerator()
        for _ in 0..<5000 {
            let pattern = Self.word(of: ["a", "b", "*", "?"], upTo: 8, using: &random)
            let text = Self.word(of: ["a", "b"], upTo: 10, using: &random)
            #expect(Glob(pattern).matches(text) == Self.slow(pattern[...], text[...]), "\(pattern) \(text)")
        }
    }

    @Test func `Many stars do not make matching slow`() {
        let pattern = String(repeating: "*a", count: 200) + "b"
        #expect(!Glob(pattern).matches(String(repeating: "a", count: 20_000)))
    }

    /// Matches by the definition, slowly.
    private static func slow(_ pattern: Substring, _ text: Substring) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            return slow(pattern.dropFirst(), text) || (!text.isEmpty && slow(pattern, text.dropFirst()))
        }
        guard let character = text.first, first == "?" || first == character else { return false }
        return slow(pattern.dropFirst(), text.dropFirst())
    }

    private static func word(of letters: [Character], upTo length: Int, using random: inout SeededGenerator) -> String {
        String((0..<Int.random(in: 0...length, using: &random)).map { _ in letters.randomElement(using: &random)! })
    }
}
