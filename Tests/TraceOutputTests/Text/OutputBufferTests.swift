import TestSupport
import Testing

@testable import TraceOutput

struct OutputBufferTests {
    @Test func `Numbers are written as by Swift`() {
        var random = SeededGenerator()
        var values: [UInt64] = [0, .max]
        for digits in 0..<20 {
            var power: UInt64 = 1
            for _ in 0..<digits { power *= 10 }
            values += [power - 1, power, power + 1, UInt64.random(in: 0...power, using: &random)]
        }
        for value in values {
            var buffer = OutputBuffer()
            buffer.append(decimal: value)
            #expect(buffer.text == String(value))
            buffer.removeAll()
            buffer.append(decimal: Int64(bitPattern: value))
            #expect(buffer.text == String(Int64(bitPattern: value)))
        }
    }

    @Test func `Numbers of up to eight digits are written as by Swift, and with leading zeros`() {
        var buffer = OutputBuffer()
        for value in (0...10_000).map({ $0 }) + (0..<30_000).map({ $0 * 3_331 }) {
            buffer.removeAll()
            buffer.append(decimal: UInt64(value))
            buffer.append("|")
            buffer.append(decimal: UInt64(value), digits: 8)
            let digits = String(value)
            #expect(buffer.text == digits + "|" + String(repeating: "0", count: 8 - digits.count) + digits)
            #expect(OutputBuffer.decimalDigits(of: UInt64(value)) == digits.count)
        }
    }

    @Test(arguments: [
        (0, "0.000000000"), (1, "0.000000001"), (-1, "-0.000000001"), (1_377_000, "0.001377000"),
        (-1_500_000_000, "-1.500000000"), (12_000_000_345, "12.000000345"), (Int64.max, "9223372036.854775807"),
        (Int64.min, "-9223372036.854775808"),
    ])
    func `Nanoseconds become seconds with nine decimals`(nanoseconds: Int64, text: String) {
        var buffer = OutputBuffer()
        buffer.append(seconds: nanoseconds)
        #expect(buffer.text == text)
    }

    @Test func `A buffer grows, and frees excess memory when emptied`() {
        var buffer = OutputBuffer(capacity: 64)
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        for _ in 0..<6 { buffer.append(piece.span) }
        #expect(buffer.count == 6 << 20)
        #expect(buffer.bytes.allSatisfy { $0 == 7 })
        buffer.removeAll()
        #expect(buffer.text == "")
        buffer.append("after")
        #expect(buffer.text == "after")
    }

    @Test func `Base64 agrees with the slow model`() {
        var random = SeededGenerator()
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            var buffer = OutputBuffer()
            buffer.append(base64: bytes.span)
            #expect(buffer.text == Self.base64(bytes))
        }
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `The vectors of RFC 4648 10`(plain: String, encoded: String) {
        var buffer = OutputBuffer()
        buffer.append(base64: Array(plain.utf8).span)
        #expect(buffer.text == encoded)
    }

    /// Encodes base64 bit by bit.
    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var bits = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        while bits.count % 6 != 0 { bits.append(0) }
        var text = stride(from: 0, to: bits.count, by: 6).map { start in
            alphabet[bits[start..<(start + 6)].reduce(0) { $0 * 2 + Int($1) }]
        }
        while text.count % 4 != 0 { text.append("=") }
        return String(text)
    }
}
