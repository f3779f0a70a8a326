import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("Messages that inflate beyond limits")
struct InflateBombTests {
    private func setup(takeover: Bool = true, size: UInt64, ratio: UInt64, threshold: UInt64) -> StreamSetup {
        var setup = StreamSetup(compression: DeflateParameters(noContextTakeover: !takeover))
        setup.limits.inflatedMessage = size
        setup.limits.inflateRatio = ratio
        setup.limits.ratioThreshold = threshold
        return setup
    }

    @Test("The size of a message is limited", arguments: [9_999, 10_000, 10_001])
    func size(length: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let payload = random.bytes(length)
        let setup = setup(size: 10_000, ratio: 1000, threshold: 1 << 20)
        let reported = setup.readEveryWay([FrameBytes(.binary, Deflating().compress(payload), reserved: 4)])
        #expect(reported.messagePayloads == [length > 10_000 ? [] : payload])
        #expect(reported.messages.map(\.payload) == [length > 10_000 ? .withheld(.bomb) : .whole])
        #expect(reported.messages.map(\.length) == [length > 10_000 ? nil : UInt64(length)])
        #expect(reported.violations == (length > 10_000 ? [.inflateBomb] : []), "seed \(seed)")
    }

    @Test("The ratio is limited once enough was inflated", arguments: [(4_000, false), (4_001, true), (40_000, true)])
    func ratio(length: Int, isBomb: Bool) {
        let payload = [UInt8](repeating: 0x41, count: length)
        let reported = setup(size: 1 << 20, ratio: 2, threshold: 4000).readEveryWay([
            FrameBytes(.text, Deflating().compress(payload), reserved: 4)
        ])
        #expect(reported.messages.map(\.payload) == [isBomb ? .withheld(.bomb) : .whole])
        #expect(reported.violations == (isBomb ? [.inflateBomb] : []))
    }

    @Test("A frame's claimed length does not count: a bomb is given up long before its end")
    func claimed() {
        let compressed = Deflating().compress([UInt8](repeating: 0x41, count: 400_000))
        var stream = setup(size: 1 << 20, ratio: 2, threshold: 4000)
        stream.limits.message = 1 << 20
        // The first frame claims a terabyte, but only the bomb comes.
        let bytes: [UInt8] = [0xc1, 127, 0, 0, 1, 0, 0, 0, 0, 0] + compressed
        var resources = StreamResources(keptPayload: 1 << 20)
        var decoder = stream.stream(demand: stream.demand)
        var reported: [Reported] = []
        decoder.drain(bytes, &resources, into: &reported)
        #expect(resources.keepable == (1 << 20) - compressed.count, "only the frame's own payload is kept, as it came")
        decoder.judgeUnfinished()
        decoder.drain([], &resources, into: &reported)
        #expect(reported.violations == [.inflateBomb])
    }

    @Test("A message that compresses as well as the limit allows is shown")
    func allowedRatio() {
        let payload = [UInt8](repeating: 0x41, count: 40_000)
        let compressed = Deflating().compress(payload)
        let exact = UInt64((payload.count + compressed.count - 1) / compressed.count)
        for (ratio, isBomb) in [(exact, false), (exact - 1, true)] {
            let reported = setup(size: 1 << 20, ratio: ratio, threshold: 1000).readEveryWay([
                FrameBytes(.text, compressed, reserved: 4)
            ])
            #expect(reported.messages.map(\.payload) == [isBomb ? .withheld(.bomb) : .whole])
        }
    }

    @Test("The ratio counts all fragments so far")
    func fragments() {
        let compressed = Deflating().compress([UInt8](repeating: 0x41, count: 40_000))
        let reported = setup(size: 1 << 20, ratio: 100, threshold: 1000).readEveryWay([
            FrameBytes(.text, Array(compressed[..<20]), fin: false, reserved: 4), FrameBytes(.ping),
            FrameBytes(.continuation, Array(compressed[20...])),
        ])
        #expect(reported.texts == ["<bomb>"])
        #expect(reported.messages.map(\.frameCount) == [2])
        #expect(reported.messages.map(\.isComplete) == [true])
        #expect(reported.violations == [.inflateBomb])
    }

    @Test("After such a message, others are withheld with takeover, and shown without", arguments: [true, false])
    func afterwards(takeover: Bool) {
        let deflating = Deflating(takeover: takeover)
        let frames = [10, 50_000, 10].map {
            FrameBytes(.text, deflating.compress([UInt8](repeating: 0x41, count: $0)), reserved: 4)
        }
        let reported = setup(takeover: takeover, size: 20_000, ratio: 5000, threshold: 1000).readEveryWay(frames)
        #expect(reported.texts == ["AAAAAAAAAA", "<bomb>", takeover ? "<context-lost>" : "AAAAAAAAAA"])
        #expect(reported.violations == [.inflateBomb])
    }

    @Test("The defaults stop 64 MiB of zeros early, and keep little of them")
    func defaults() {
        let compressed = Deflating().compress([UInt8](repeating: 0, count: 64 << 20))
        var resources = StreamResources(keptPayload: 1 << 30)
        var stream = WebSocketStream(
            sender: .server, streamOffset: 0, compression: DeflateParameters(),
            demand: PayloadDemand(bytes: .max, includesFrames: false), limits: StreamLimits())
        var reported: [Reported] = []
        let bytes = FrameBytes(.binary, compressed, reserved: 4).bytes
        var rest = bytes[...]
        while !rest.isEmpty {
            stream.drain(Array(rest.prefix(1460)), &resources, into: &reported)
            rest = rest.dropFirst(1460)
            #expect(resources.keepable >= 1 << 30 - StreamLimits().message)
        }
        #expect(reported.texts == ["<bomb>"])
        #expect(reported.violations == [.inflateBomb])
        #expect(resources.keepable == 1 << 30)
    }
}
