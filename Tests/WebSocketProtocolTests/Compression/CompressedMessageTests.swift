import CZlib
import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("Compressed messages (RFC 7692)")
struct CompressedMessageTests {
    /// Texts that refer to each other, from near and far.
    private let texts = texts(lines: 200)

    private static func texts(lines: Int) -> [[UInt8]] {
        let near = Array("The same words, again and again and again. ".utf8)
        let far = (0..<lines).flatMap { Array("line \($0 * 7919 % 1000); ".utf8) }
        return [near, near, far, [], far, near + far.suffix(1000), Array("€😀".utf8), near]
    }

    private func setup(takeover: Bool = true, windowBits: Int = 15) -> StreamSetup {
        StreamSetup(compression: DeflateParameters(noContextTakeover: !takeover, maxWindowBits: windowBits))
    }

    private func frames(_ payloads: [[UInt8]]) -> [FrameBytes] {
        payloads.map { FrameBytes(.text, $0, reserved: 4) }
    }

    @Test(
        "Messages inflate with windows of all sizes, with context takeover or without", arguments: 8...15,
        [true, false])
    func windows(bits: Int, takeover: Bool) {
        // More than a window of 32 KiB.
        let texts = Self.texts(lines: 4000)
        let deflating = Deflating(takeover: takeover, windowBits: bits)
        let reported = setup(takeover: takeover, windowBits: bits).read(frames(texts.map { deflating.compress($0) }))
        #expect(reported.messagePayloads == texts)
        #expect(reported.messages.map(\.length) == texts.map { UInt64($0.count) })
        #expect(reported.messages.allSatisfy { $0.isComplete && $0.isCompressed && $0.payload == .whole })
        #expect(reported.violations.isEmpty)
    }

    @Test(
        "A message may have many stored, fixed and dynamic blocks",
        arguments: [0, 1, 9] as [Int32], [Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY])
    func blocks(level: Int32, strategy: Int32) {
        let deflating = Deflating(level: level, strategy: strategy)
        let short = texts.map { Array($0.prefix(500)) }
        let reported = setup().readEveryWay(frames(short.map { deflating.compress($0, blockLength: 100) }))
        #expect(reported.messagePayloads == short)
        #expect(reported.violations.isEmpty)
    }

    @Test(
        "Messages may refer back beyond an earlier final block (RFC 7692 7.2.3.4)",
        arguments: Deflating.Ending.allCases, [true, false])
    func finalBlocks(ending: Deflating.Ending, takeover: Bool) {
        let deflating = Deflating(takeover: takeover)
        let payloads = texts.enumerated().map { deflating.compress($1, ending: $0 % 3 == 2 ? .flush : ending) }
        let reported = setup(takeover: takeover).readEveryWay(frames(payloads))
        #expect(reported.messagePayloads == texts)
        #expect(reported.violations.isEmpty)
    }

    @Test("A message may have final blocks in its middle, in a row")
    func finalBlocksInTheMiddle() {
        let deflating = Deflating()
        let parts = texts.map { deflating.compress($0, ending: .finalBlockAlone) }
        let last = deflating.compress(texts[0])
        let reported = setup().readEveryWay(frames([parts.flatMap(\.self) + last]))
        #expect(reported.messagePayloads == [texts.flatMap(\.self) + texts[0]])
        #expect(reported.violations.isEmpty)
    }

    @Test("A message may have very many empty final blocks")
    func manyFinalBlocks() {
        let deflating = Deflating()
        let first = deflating.compress(texts[2])
        let second = deflating.compress(texts[2])
        let finals = (0..<200_000).flatMap { _ in [0x03, 0x00] as [UInt8] }
        let reported = setup().read(frames([first, finals + second]))
        #expect(reported.messagePayloads == [texts[2], texts[2]])
    }

    @Test("Fragments inflate with Pings between them", arguments: [1, 2, 5, 100])
    func fragments(length: Int) {
        let deflating = Deflating()
        var frames: [FrameBytes] = []
        for text in texts {
            var rest = deflating.compress(text)[...]
            var opcode = Opcode.text
            while rest.count > length {
                frames += [
                    FrameBytes(opcode, Array(rest.prefix(length)), fin: false, reserved: opcode == .text ? 4 : 0),
                    FrameBytes(.ping, "p"),
                ]
                opcode = .continuation
                rest = rest.dropFirst(length)
            }
            frames.append(FrameBytes(opcode, Array(rest), reserved: opcode == .text ? 4 : 0))
        }
        let reported = setup().readEveryWay(frames)
        #expect(reported.messagePayloads == texts)
        #expect(reported.violations.isEmpty)
    }

    @Test("Masked messages inflate in pieces longer and shorter than the bytes unmasked at a time")
    func masked() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let deflating = Deflating()
        let payloads = [100, 16384, 16385, 100_000].map { random.bytes($0) }
        let frames = payloads.map {
            FrameBytes(.binary, deflating.compress($0), reserved: 4, key: UInt32.random(in: 1...9999, using: &random))
        }
        var setup = setup()
        setup.sender = .client
        let reported = setup.readEveryWay(frames)
        #expect(reported.messagePayloads == payloads, "seed \(seed)")
    }

    @Test("Plain messages between compressed ones leave the window alone")
    func plainAmidCompressed() {
        let deflating = Deflating()
        let frames = texts.flatMap {
            [FrameBytes(.text, deflating.compress($0), reserved: 4), FrameBytes(.text, $0.reversed() + [0x41])]
        }
        let reported = setup().read(frames)
        #expect(reported.messagePayloads == texts.flatMap { [$0, $0.reversed() + [0x41]] })
        #expect(reported.messages.map(\.isCompressed) == texts.flatMap { _ in [true, false] })
    }

    @Test("RSV1 without negotiation is a reserved bit")
    func notNegotiated() {
        let payload = Deflating().compress(texts[0])
        let reported = StreamSetup().readEveryWay([FrameBytes(.binary, payload, reserved: 4)])
        #expect(reported.messagePayloads == [payload])
        #expect(reported.messages.map(\.isCompressed) == [false])
        #expect(reported.violations == [.reservedBits])
    }

    @Test("An empty payload with RSV1 set is an empty message")
    func emptyPayload() {
        let deflating = Deflating()
        let frames = [
            FrameBytes(.text, deflating.compress(texts[0]), reserved: 4), FrameBytes(.text, reserved: 4),
            FrameBytes(.text, fin: false, reserved: 4), FrameBytes(.continuation),
            FrameBytes(.text, deflating.compress(texts[1]), reserved: 4),
        ]
        let reported = setup().readEveryWay(frames)
        #expect(reported.messagePayloads == [texts[0], [], [], texts[1]])
        #expect(reported.violations.isEmpty)
    }

    @Test(
        "After data that does not inflate, messages are withheld with takeover, and shown without",
        arguments: [true, false])
    func broken(takeover: Bool) {
        let text = texts[0]
        let compressed = Deflating().compress(text)
        let other = Deflating()
        _ = other.compress(texts[2])
        let broken: [(String, [UInt8])] = [
            ("cut short", Array(compressed.dropLast(5))),
            ("a reserved block type", [0x07] + compressed),
            ("a stored block whose lengths disagree", [0x00, 0x05, 0x00, 0x00, 0x00]),
            ("a distance beyond all that was sent", other.compress(Array(texts[2].prefix(50)))),
            ("bytes after the end", compressed + [0x07]),
        ]
        for (name, payload) in broken {
            let deflating = Deflating(takeover: takeover)
            let first = deflating.compress(text)
            let last = deflating.compress(text)
            let reported = setup(takeover: takeover).readEveryWay(
                frames([first, payload]) + [FrameBytes(.text, "plain")] + frames([last]))
            let whole = String(decoding: text, as: UTF8.self)
            #expect(
                reported.texts == [whole, "<context-lost>", "plain", takeover ? "<context-lost>" : whole], "\(name)")
            #expect(reported.messages.map(\.length) == [43, nil, 5, takeover ? nil : 43], "\(name)")
            #expect(reported.violations == [.deflateBroken], "\(name)")
            #expect(reported.messages.allSatisfy { $0.isComplete }, "\(name)")
        }
    }

    @Test(
        "Data that ends inside a block is shown as zlib inflates it, and later messages inflate after it",
        arguments: [true, false])
    func unfinished(takeover: Bool) throws {
        let text = texts[0]
        let compressed = Deflating().compress(text)
        let far = Deflating().compress(texts[2])
        let unfinished: [(String, [UInt8])] = [
            ("what Swoole 6 makes of one byte", [0x4a]),
            ("cut to one byte", Array(compressed.prefix(1))),
            ("a long one cut in the header of its block", Array(far.prefix(10))),
            ("the flush marker left in place", compressed + [0, 0, 0xff, 0xff]),
            ("half a stored block", [0x00, 0x09, 0x00, 0xf6, 0xff, 0x48]),
        ]
        for (name, payload) in unfinished {
            let deflating = Deflating(takeover: takeover)
            let payloads = [deflating.compress(text), payload, deflating.compress(texts[6])]
            let reference = ReferenceInflating()
            let expected = payloads.map { payload -> ReferenceInflating.Outcome in
                if !takeover { reference.reset() }
                return reference.inflate(payload)
            }
            guard case .unfinished(let shown) = expected[1] else {
                Issue.record("\(name): \(expected[1])")
                continue
            }
            #expect(expected[0] == .inflated(text) && expected[2] == .inflated(texts[6]), "\(name)")
            let reported = setup(takeover: takeover).readEveryWay(
                payloads.map { FrameBytes(.binary, $0, reserved: 4) })
            #expect(reported.messagePayloads == [text, shown, texts[6]], "\(name)")
            #expect(reported.messages.map(\.length) == [43, UInt64(shown.count), 7], "\(name)")
            #expect(reported.messages.allSatisfy { $0.isComplete && $0.payload == .whole }, "\(name)")
            #expect(reported.violations == [.deflateUnfinished], "\(name)")
        }
    }

    @Test("A message cut at any place reads as zlib reads it")
    func cuts() {
        for text in [texts[0], texts[2]] {
            let compressed = Deflating().compress(text)
            var unfinished = 0
            for count in 1..<compressed.count {
                let payload = Array(compressed.prefix(count))
                let reported = setup().read([FrameBytes(.binary, payload, reserved: 4)])
                switch ReferenceInflating().inflate(payload) {
                case .inflated(let shown):
                    #expect(reported.violations == [] && reported.messagePayloads == [shown], "\(count)")
                case .unfinished(let shown):
                    unfinished += 1
                    #expect(
                        reported.violations == [.deflateUnfinished] && reported.messagePayloads == [shown], "\(count)")
                default: #expect(reported.violations == [.deflateBroken], "\(count)")
                }
            }
            #expect(unfinished > 0)
        }
    }

    @Test("After unfinished data the window is known, and includes what that data inflated to")
    func windowAfterUnfinished() {
        // Swoole's "`", then a match of three bytes at distance 1, in a fixed block.
        let reported = setup().readEveryWay(frames([[0x4a], [UInt8](hex: "02 02 00 00")]))
        let reference = ReferenceInflating()
        #expect(reference.inflate([0x4a]) == .unfinished(Array("`".utf8)))
        let expected = reference.inflate([UInt8](hex: "02 02 00 00"))
        #expect(expected == .inflated(reported.messagePayloads.last ?? []))
        #expect(reported.messagePayloads.last?.allSatisfy { $0 == 0x60 } == true)
        #expect(reported.violations == [.deflateUnfinished])
    }

    @Test("A larger window than negotiated is reported, and the text shown", arguments: 8...14, [true, false])
    func windowExceeded(bits: Int, takeover: Bool) {
        var random = SeededGenerator()
        let window = 1 << bits
        // Distances of 2^bits and of one more, in short messages and in long ones.
        for (filling, most) in [([UInt8](repeating: 0x2e, count: 40_000), 8), (random.bytes(40_000), 300)] {
            let count = min(most, window)
            for (distance, exceeds) in [(window, false), (window + 1, true)] {
                let head = random.bytes(count)
                let text = head + filling.prefix(distance - count) + head
                let deflating = Deflating(takeover: takeover)
                let payloads = [text, head, text].map { deflating.compress($0) }
                let reported = setup(takeover: takeover, windowBits: bits).readEveryWay(
                    payloads.map { FrameBytes(.binary, $0, reserved: 4) })
                #expect(reported.messagePayloads == [text, head, text])
                if !takeover {
                    #expect(reported.violations == (exceeds ? [.windowExceeded, .windowExceeded] : []), "\(distance)")
                }
                let isFirstReported = reported.prefix { if case .message = $0 { false } else { true } }
                    .contains(.violation(.windowExceeded, at: 0))
                #expect(isFirstReported == exceeds, "\(distance)")
            }
        }
    }

    @Test("Bytes after a final block are blocks again, or broken")
    func behindFinalBlock() {
        let reported = setup().readEveryWay(
            frames([
                [UInt8](hex: "f348cdc9c90700"), [UInt8](hex: "f348cdc9c90700 f248cdc9c90700"),
                [UInt8](hex: "f348cdc9c90700 07"),
            ]))
        #expect(reported.texts == ["Hello", "HelloHello", "<context-lost>"])
        #expect(reported.violations == [.deflateBroken])
    }

    @Test(
        "After an abandoned compressed message, others are withheld with takeover, and shown without",
        arguments: [true, false])
    func givenUp(takeover: Bool) {
        let text = texts[0]
        let deflating = Deflating(takeover: takeover)
        let payloads = (0..<3).map { _ in deflating.compress(text) }
        let reported = setup(takeover: takeover).readEveryWay([
            FrameBytes(.text, payloads[0], fin: false, reserved: 4), FrameBytes(.text, payloads[1], reserved: 4),
            FrameBytes(.text, payloads[2], reserved: 4),
        ])
        let whole = String(decoding: text, as: UTF8.self)
        let expected = takeover ? "<context-lost>" : whole
        #expect(reported.texts == [whole, expected, expected])
        #expect(reported.messages.map(\.isComplete) == [false, true, true])
        #expect(reported.violations == [.messageInsideMessage])
    }

    @Test("After a loss, only messages that stay within the known window are shown")
    func regained() {
        let deflating = Deflating()
        let near = texts[0]
        let lost = deflating.compress(near)
        // The first refers to lost bytes; the next to nothing; two to that one; the last two to bytes that are lost
        // again.
        let alone = Array("qwertzuiop".utf8)
        let payloads = [near, alone, alone, alone + alone, near, near + alone].map { deflating.compress($0) }
        let reported = setup().readEveryWay([
            .bytes(FrameBytes(.text, lost, reserved: 4).bytes.dropLast(3)), .gap(3),
            .bytes(frames(payloads).flatMap(\.bytes)),
        ])
        let text = String(decoding: alone, as: UTF8.self)
        #expect(
            reported.texts
                == ["<incomplete>", "<context-lost>", text, text, text + text, "<context-lost>", "<context-lost>"])
        #expect(reported.violations.isEmpty)
    }
}
