import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("Messages that inflate beyond bounds")
struct InflateBombTests {
    private func setup(takeover: Bool = true, size: UInt64, ratio: UInt64, threshold: UInt64) -> StreamSetup {
        var setup = StreamSetup(compression: DeflateParameters(noContextTakeover: !takeover))
        setup.limits.inflatedMessage = size
        setup.limits.inflateRatio = ratio
        setup.limits.ratioThreshold = threshold
        return setup
    }

    @Test("The size of a message is bounded", arguments: [9_999, 10_000, 10_001])
    func size(length: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let payload = random.bytes(length)
        let setup = setup(size: 10_000, ratio: 1000, threshold: 1 << 20)
        let told = setup.readEveryWay([FrameBytes(.binary, Deflating().compress(payload), reserved: 4)])
        #expect(told.messagePayloads == [length > 10_000 ? [] : payload])
        #expect(told.messages.map(\.payload) == [length > 10_000 ? .withheld(.bomb) : .whole])
        #expect(told.messages.map(\.length) == [length > 10_000 ? nil : UInt64(length)])
        #expect(told.violations == (length > 10_000 ? [.inflateBomb] : []), "seed \(seed)")
    }

    @Test("So is the ratio, once enough was inflated", arguments: [(4_000, false), (4_001, true), (40_000, true)])
    func ratio(length: Int, isBomb: Bool) {
        let payload = [UInt8](repeating: 0x41, count: length)
        let told = setup(size: 1 << 20, ratio: 2, threshold: 4000).readEveryWay([
            FrameBytes(.text, Deflating().compress(payload), reserved: 4)
        ])
        #expect(told.messages.map(\.payload) == [isBomb ? .withheld(.bomb) : .whole])
        #expect(told.violations == (isBomb ? [.inflateBomb] : []))
    }

    @Test("A message that compresses well, but no better than allowed")
    func allowedRatio() {
        let payload = [UInt8](repeating: 0x41, count: 40_000)
        let compressed = Deflating().compress(payload)
        let exact = UInt64((payload.count + compressed.count - 1) / compressed.count)
        for (ratio, isBomb) in [(exact, false), (exact - 1, true)] {
            let told = setup(size: 1 << 20, ratio: ratio, threshold: 1000).readEveryWay([
                FrameBytes(.text, compressed, reserved: 4)
            ])
            #expect(told.messages.map(\.payload) == [isBomb ? .withheld(.bomb) : .whole])
        }
    }

    @Test("The sizes of all fragments so far count")
    func fragments() {
        let compressed = Deflating().compress([UInt8](repeating: 0x41, count: 40_000))
        let told = setup(size: 1 << 20, ratio: 100, threshold: 1000).readEveryWay([
            FrameBytes(.text, Array(compressed[..<20]), fin: false, reserved: 4), FrameBytes(.ping),
            FrameBytes(.continuation, Array(compressed[20...])),
        ])
        #expect(told.texts == ["<bomb>"])
        #expect(told.messages.map(\.frames) == [2])
        #expect(told.messages.map(\.isComplete) == [true])
        #expect(told.violations == [.inflateBomb])
    }

    @Test("What follows one is withheld with takeover, and fine without", arguments: [true, false])
    func afterwards(takeover: Bool) {
        let deflating = Deflating(takeover: takeover)
        let frames = [10, 50_000, 10].map {
            FrameBytes(.text, deflating.compress([UInt8](repeating: 0x41, count: $0)), reserved: 4)
        }
        let told = setup(takeover: takeover, size: 20_000, ratio: 5000, threshold: 1000).readEveryWay(frames)
        #expect(told.texts == ["AAAAAAAAAA", "<bomb>", takeover ? "<context-lost>" : "AAAAAAAAAA"])
        #expect(told.violations == [.inflateBomb])
    }

    @Test("The defaults stop 64 MiB of zeros soon, and keep little of them")
    func defaults() {
        let compressed = Deflating().compress([UInt8](repeating: 0, count: 64 << 20))
        var resources = StreamResources(keptPayload: 1 << 30)
        var stream = WebSocketStream(
            sender: .server, streamOffset: 0, compression: DeflateParameters(),
            demand: PayloadDemand(bytes: .max, includesFrames: false), limits: StreamLimits())
        var told: [Told] = []
        let bytes = FrameBytes(.binary, compressed, reserved: 4).bytes
        var rest = bytes[...]
        while !rest.isEmpty {
            stream.drain(Array(rest.prefix(1460)), &resources, into: &told)
            rest = rest.dropFirst(1460)
            #expect(resources.keepable >= 1 << 30 - StreamLimits().message)
        }
        #expect(told.texts == ["<bomb>"])
        #expect(told.violations == [.inflateBomb])
        #expect(resources.keepable == 1 << 30)
    }
}
