import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("UTF-8 in pieces, compared with a decoder of single scalars (RFC 3629)")
struct UTF8ValidatorTests {
    @Test(
        "Tricky texts are judged alike, cut at every two places",
        arguments: [
            "", "41", "00", "7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf",
            "ceba e1bdb9 cf83 cebc ceb5", "f09f918d f09f8fbd", "efbbbf 41",
            // Continuation bytes alone, and starts without continuation.
            "80", "bf", "41 80", "c2", "c2 41", "e2", "e282", "e282 41", "e2 41", "f0", "f09f", "f09f91", "f09f91 41",
            // Overlong forms.
            "c080", "c1bf", "e08080", "e09fbf", "f0808080", "f08fbfbf",
            // Surrogates.
            "eda080", "edbfbf", "eda080 edb080",
            // Beyond U+10FFFF, and bytes that no scalar begins with.
            "f4908080", "f5808080", "f7bfbfbf", "f888808080", "fc8480808080", "fe", "ff",
            // Valid at first, invalid at the end.
            "e282ac e282ac ff", "414141414141414141414141414141414141 c3", "f09f918d f09f91",
        ])
    func tricky(hex: String) {
        let text = [UInt8](hex: hex)
        let expected = isUTF8(text)
        #expect(expected == (String(validating: text, as: UTF8.self) != nil))
        for first in 0...text.count {
            for second in first...text.count {
                let pieces = [Array(text[..<first]), Array(text[first..<second]), Array(text[second...])]
                #expect(validate(pieces) == expected, "cut at \(first) and \(second)")
            }
        }
        #expect(validate(text.map { [$0] }) == expected)
    }

    @Test("Random bytes, often nearly UTF-8, are judged alike")
    func randomTexts() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let parts = ["41", "c3a9", "e282ac", "f09f918d", "ed9fbf", "f48fbfbf"].map { [UInt8](hex: $0) }
        for _ in 0..<3000 {
            var text = (0..<Int.random(in: 0...8, using: &random)).flatMap { _ in parts.randomElement(using: &random)! }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                guard let place = text.indices.randomElement(using: &random) else { break }
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text.remove(at: place)
                case 1: text[place] = UInt8.random(in: 0...255, using: &random)
                default: text[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            }
            let expected = isUTF8(text)
            #expect(validate([text]) == expected, "\(text), seed \(seed)")
            var pieces: [[UInt8]] = []
            var rest = text[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 0...5, using: &random))
                pieces.append(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            #expect(validate(pieces) == expected, "\(pieces), seed \(seed)")
        }
    }

    /// Bytes on both sides of every boundary in RFC 3629 4.
    private static let borders: [UInt8] = [
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
        0xf0,
        0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ]

    @Test("Every sequence of boundary bytes is valid, a valid beginning, or broken at once")
    func borders() {
        // One of these completes every scalar that can be completed.
        let endings = ["", "80", "8080", "808080", "bf", "bf80", "bf8080"].map { [UInt8](hex: $0) }
        var texts: [[UInt8]] = [[]]
        for length in 1...4 {
            texts = texts.flatMap { text in Self.borders.map { text + [$0] } }
            for text in texts {
                var validator = UTF8Validator()
                validator.receive(text.span)
                guard validator.isComplete == isUTF8(text), UTF8Validator.isValid(text.span) == isUTF8(text),
                    validator.isValid == endings.contains(where: { isUTF8(text + $0) })
                else {
                    Issue.record("\(text)")
                    continue
                }
                expectAlikeInBlocks(text, like: validator)
            }
            // Only texts that are not broken yet are worth another byte, and a single ASCII byte is enough.
            texts.removeAll { text in
                length > 1 && text[0] < 0x80 || !endings.contains { isUTF8(text + $0) }
            }
        }
    }

    /// Checks the same bytes at the end and in the middle of a text that is long enough for blocks.
    private func expectAlikeInBlocks(_ text: [UInt8], like short: UTF8Validator) {
        let offset = 16 + text.reduce(0) { ($0 &* 31 &+ Int($1)) % 89 }
        let before = [UInt8](hex: String(repeating: "c3a9", count: offset / 2) + (offset % 2 == 0 ? "" : "41"))
        var validator = UTF8Validator()
        validator.receive((before + text).span)
        guard validator.isComplete == short.isComplete, validator.isValid == short.isValid,
            UTF8Validator.isValid((before + text + before).span) == short.isComplete
        else {
            Issue.record("\(text) after \(offset) bytes")
            return
        }
    }

    @Test("A scalar is judged alike at every place of a text long enough for wide steps")
    func places() {
        for hex in ["c3a9", "e282ac", "f09f918d", "eda080", "c3", "ff"] {
            let scalar = [UInt8](hex: hex)
            for before in 0...70 {
                for after in [0, 1, 7, 8, 9, 31, 33, 70] {
                    let text = [UInt8](repeating: 0x41, count: before) + scalar + [UInt8](repeating: 0x42, count: after)
                    let expected = isUTF8(text)
                    #expect(UTF8Validator.isValid(text.span) == expected, "\(text)")
                    for cut in stride(from: 0, through: text.count, by: 3) {
                        guard validate([Array(text[..<cut]), Array(text[cut...])]) != expected else { continue }
                        Issue.record("\(text), cut at \(cut)")
                    }
                }
            }
        }
    }

    @Test("A new text starts over")
    func reset() {
        var validator = UTF8Validator()
        validator.receive([0xff].span)
        validator.reset()
        #expect(validator.isComplete)
        validator.receive([0xe2].span)
        #expect(validator.isValid)
        #expect(!validator.isComplete)
        validator.reset()
        validator.receive([0x41].span)
        #expect(validator.isComplete)
    }

    private func validate(_ pieces: [[UInt8]]) -> Bool {
        var validator = UTF8Validator()
        for piece in pieces { validator.receive(piece.span) }
        return validator.isComplete
    }

    /// RFC 3629 3: the number of bytes from the first one, the value from their bits, the value in its range.
    private func isUTF8(_ text: [UInt8]) -> Bool {
        var rest = text[...]
        while let first = rest.popFirst() {
            let (more, bits, least): (Int, UInt32, UInt32)
            switch first {
            case 0x00...0x7f: (more, bits, least) = (0, UInt32(first), 0)
            case 0xc0...0xdf: (more, bits, least) = (1, UInt32(first & 0x1f), 0x80)
            case 0xe0...0xef: (more, bits, least) = (2, UInt32(first & 0x0f), 0x800)
            case 0xf0...0xf7: (more, bits, least) = (3, UInt32(first & 0x07), 0x10000)
            default: return false
            }
            var value = bits
            for _ in 0..<more {
                guard let next = rest.popFirst(), next & 0xc0 == 0x80 else { return false }
                value = value << 6 | UInt32(next & 0x3f)
            }
            guard value >= least, value <= 0x10ffff, !(0xd800...0xdfff).contains(value) else { return false }
        }
        return true
    }
}
