import CVectors
import Foundation
import TestSupport
import Testing

/// Each function is held against a model that takes one byte at a time, in blocks of the processor's width and of 16
/// bytes.
@Suite("Blocks of bytes")
struct VectorTests {
    private static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test("UTF-8 is in order if Swift can read it, with one byte changed anywhere")
    func utf8() {
        var random = SeededGenerator()
        let scalars = Array("aé漢😀 \u{7ff}\u{800}\u{ffff}\u{10ffff}\u{d7ff}\u{e000}~").map(String.init)
        for _ in 0..<4000 {
            var text = "abc"
            while text.utf8.count < Int.random(in: 19...300, using: &random) {
                text += scalars.randomElement(using: &random) ?? ""
            }
            var bytes = Array(text.utf8)
            if bytes.count < 19 { bytes += [UInt8](repeating: 0x61, count: 19) }
            if Bool.random(using: &random) {
                bytes[Int.random(in: 3..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            // What is cut off at the end is in order too.
            let endings: [[UInt8]] = [
                [], [0x80], [0x80, 0x80], [0x80, 0x80, 0x80], [0xbf], [0xbf, 0x80], [0xbf, 0x80, 0x80],
            ]
            let expected = endings.contains { String(validating: bytes + $0, as: UTF8.self) != nil }
            #expect(utf8_is_in_order(bytes, bytes.count, 3) == expected, "\(bytes)")
            #expect(utf8_is_in_order_narrow(bytes, bytes.count, 3) == expected, "\(bytes)")
        }
    }

    @Test("Words are added without a carry being lost")
    func wordSum() {
        var random = SeededGenerator()
        for count in stride(from: 0, through: 70_000, by: 64).shuffled(using: &random).prefix(100) + [65_536] {
            for bytes in [Self.bytes(count, &random), [UInt8](repeating: 0xff, count: count)] {
                var expected: UInt64 = 0
                for start in stride(from: 0, to: count, by: 4) {
                    expected += UInt64(bytes[start..<start + 4].withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
                }
                #expect(word_sum(bytes, count) == expected)
                #expect(word_sum_narrow(bytes, count) == expected)
            }
        }
    }

    @Test("Text is copied as the inside of a JSON string, up to what needs more")
    func jsonText() {
        var random = SeededGenerator()
        let plain = Array("abc \"\\xyz0~".utf8) + [0xc3, 0xa9, 0xff, 0x80]
        let others: [UInt8] = [0x00, 0x0a, 0x1f, 0x7f, 0xc2, 0xd8, 0xe2]
        for _ in 0..<4000 {
            var text = (0..<Int.random(in: 0...200, using: &random)).map { _ in plain.randomElement(using: &random) ?? 0
            }
            if Bool.random(using: &random), let place = text.indices.randomElement(using: &random) {
                text[place] = others.randomElement(using: &random) ?? 0
            }
            for (copy, width) in [(json_text_copy, 32), (json_text_copy_narrow, 16)] {
                var target = [UInt8](repeating: 0, count: 2 * text.count + 64)
                let (taken, written) = target.withUnsafeMutableBufferPointer { target in
                    var end = target.baseAddress!
                    let taken = text.withUnsafeBufferPointer {
                        copy($0.baseAddress ?? UnsafePointer(end), $0.count, &end)
                    }
                    return (taken, end - target.baseAddress!)
                }
                let expected = text[..<taken].flatMap { [0x22, 0x5c].contains($0) ? [0x5c, $0] : [$0] }
                #expect(Array(target[..<written]) == expected)
                #expect(!text[..<taken].contains(where: others.contains))
                // It stops nowhere else.
                let isStop = taken < text.count && others.contains(text[taken])
                #expect(isStop || text.count - taken < width)
            }
        }
    }

    @Test("Base64 is Foundation's")
    func base64() {
        var random = SeededGenerator()
        for count in Array(0...200) + [4000] {
            let bytes = Self.bytes(count, &random)
            var text = [UInt8](repeating: 0, count: count / 3 * 4 + 8)
            let taken = base64_encode_blocks(bytes, count, &text)
            #expect(taken % 24 == 0 && taken <= count)
            let expected = Array(Data(bytes[..<taken]).base64EncodedString().utf8)
            #expect(Array(text.prefix(expected.count)) == expected)
        }
    }
}
