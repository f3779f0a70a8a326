import TestSupport
import Testing
import WireFormat

@testable import WebSocketProtocol

@Suite("Masking, against byte i XOR byte i modulo 4 of the key (RFC 6455 5.3)")
struct MaskingTests {
    @Test("Payloads of 0 to 100 bytes are unmasked at every phase of the key", arguments: 0...3)
    func lengthsAndPhases(phase: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for length in 0...100 {
            let key = UInt32.random(in: 0...UInt32.max, using: &random)
            let payload = random.bytes(phase + length)
            var masking = Masking(maskingKey: key)
            masking.skip(UInt64(phase))
            let unmasked = masking.unmask(Array(payload[phase...]))
            #expect(unmasked == Array(slowlyUnmasked(payload, key)[phase...]), "length \(length), seed \(seed)")
        }
    }

    @Test("A text is ASCII unless some byte, anywhere, has its top bit set", arguments: 0...80)
    func ascii(length: Int) {
        let key: UInt32 = 0x8001_ff7f
        let text = [UInt8](repeating: 0x7f, count: length)
        var masking = Masking(maskingKey: key)
        let isASCII = masking.isASCII(slowlyUnmasked(text, key))
        #expect(isASCII)
        for place in text.indices {
            var other = text
            other[place] = 0x80
            masking = Masking(maskingKey: key)
            let isOther = masking.isASCII(slowlyUnmasked(other, key))
            #expect(!isOther, "byte \(place)")
        }
    }

    @Test("A payload is unmasked in pieces, some of them skipped")
    func pieces() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let key = UInt32.random(in: 0...UInt32.max, using: &random)
            let payload = random.bytes(200)
            let expected = slowlyUnmasked(payload, key)
            var masking = Masking(maskingKey: key)
            var start = 0
            while start < payload.count {
                let end = min(payload.count, start + Int.random(in: 0...40, using: &random))
                if Bool.random(using: &random) {
                    masking.skip(UInt64(end - start))
                } else {
                    let unmasked = masking.unmask(Array(payload[start..<end]))
                    #expect(unmasked == Array(expected[start..<end]), "seed \(seed)")
                }
                start = end
            }
        }
    }

    @Test(
        "The phase after very many bytes is their number modulo 4",
        arguments: [1 << 32 + 5, UInt64(Int64.max), .max] as [UInt64])
    func longSkip(count: UInt64) {
        var masking = Masking(maskingKey: 0x0102_0304)
        masking.skip(count)
        let phase = Int(count % 4)
        #expect(masking.unmask([0, 0, 0, 0]) == (0..<4).map { UInt8(($0 + phase) % 4 + 1) })
    }

    private func slowlyUnmasked(_ payload: [UInt8], _ key: UInt32) -> [UInt8] {
        let key = [UInt8(key >> 24 & 0xff), UInt8(key >> 16 & 0xff), UInt8(key >> 8 & 0xff), UInt8(key & 0xff)]
        return payload.enumerated().map { $1 ^ key[$0 % 4] }
    }
}

extension Masking {
    fileprivate mutating func unmask(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](capacity: bytes.count) { unmask(bytes.span, into: &$0) }
    }
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

extension Masking {
    fileprivate mutating func isASCII(_ masked: [UInt8]) -> Bool {
        var isASCII = false
        _ = [UInt8](capacity: masked.count) { isASCII = unmask(masked.span, into: &$0) }
        return isASCII
    }
}
