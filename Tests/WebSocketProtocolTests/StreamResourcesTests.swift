import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("Resources that streams share")
struct StreamResourcesTests {
    /// A stream that can be stored in an array.
    private final class Holder {
        var stream: WebSocketStream
        var reported: [Reported] = []
        var bytes: ArraySlice<UInt8> = []

        init(_ stream: consuming WebSocketStream) { self.stream = stream }

        /// Ends the stream, and drops what it leaves unfinished.
        func finish(_ resources: inout StreamResources) {
            _ = stream.finish(resources: &resources)
            stream.release(resources: &resources)
        }
    }

    @Test(
        "Many streams never keep more than the limit, and release everything in the end",
        arguments: [0, 50, 5000, 1 << 20])
    func givenBack(keptPayload: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var resources = StreamResources(keptPayload: keptPayload)
        var holders: [Holder] = []
        for _ in 0..<3000 {
            if holders.count < 8, Int.random(in: 0..<10, using: &random) == 0 {
                var limits = StreamLimits()
                limits.message = [10, 500, 1 << 20].randomElement(using: &random)!
                limits.controlPayload = [10, 4096].randomElement(using: &random)!
                let demand = PayloadDemand(
                    bytes: [0, 20, .max].randomElement(using: &random)!, includesFrames: Bool.random(using: &random))
                holders.append(
                    Holder(
                        WebSocketStream(
                            sender: .allCases.randomElement(using: &random)!, streamOffset: 0,
                            compression: Bool.random(using: &random) ? DeflateParameters() : nil, demand: demand,
                            limits: limits)))
            }
            guard let place = holders.indices.randomElement(using: &random) else { continue }
            let holder = holders[place]
            switch Int.random(in: 0..<40, using: &random) {
            case 0:
                holder.finish(&resources)
                holders.remove(at: place)
            case 1:
                _ = holder.stream.skip(UInt64.random(in: 0...9, using: &random), resources: &resources)
                holder.stream.drain([], &resources, into: &holder.reported)
            default:
                if holder.bytes.isEmpty { holder.bytes = random.frame().bytes[...] }
                let piece = holder.bytes.prefix(Int.random(in: 0...400, using: &random))
                holder.bytes = holder.bytes.dropFirst(piece.count)
                holder.stream.drain(Array(piece), &resources, into: &holder.reported)
            }
            #expect((0...keptPayload).contains(resources.keepable), "seed \(seed)")
        }
        for holder in holders { holder.finish(&resources) }
        #expect(resources.keepable == keptPayload, "seed \(seed)")
    }

    private static func server() -> WebSocketStream {
        WebSocketStream(
            sender: .server, streamOffset: 0, compression: nil,
            demand: PayloadDemand(bytes: .max, includesFrames: false), limits: StreamLimits())
    }

    @Test("A finished message releases its bytes at the next call, without another byte")
    func atTheNextCall() {
        var resources = StreamResources(keptPayload: 1000)
        var stream = WebSocketStream(
            sender: .server, streamOffset: 0, compression: nil,
            demand: PayloadDemand(bytes: .max, includesFrames: true),
            limits: StreamLimits())
        var reported: [Reported] = []
        stream.drain(FrameBytes(.text, [UInt8](repeating: 0x41, count: 300)).bytes, &resources, into: &reported)
        #expect(reported.messages.count == 1)
        #expect(resources.keepable == 1000)
    }

    @Test("Interleaved messages in pieces are read as they were sent, whichever buffers they use")
    func inTurns() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var resources = StreamResources(keptPayload: 1 << 30)
        let holders = (0..<PayloadStore.maximumBuffers * 2).map { _ in Holder(Self.server()) }
        var sent: [[UInt8]] = holders.map { _ in [] }
        for _ in 0..<3000 {
            let place = holders.indices.randomElement(using: &random)!
            let holder = holders[place]
            if holder.bytes.isEmpty {
                #expect(holder.reported.messages.count == holder.reported.messagePayloads.count)
                #expect(holder.reported.messagePayloads.last ?? [] == sent[place], "seed \(seed)")
                let byte = UInt8.random(in: 0...255, using: &random)
                let count = [100, 600, 5000, 100_000].randomElement(using: &random)!
                sent[place] = [UInt8](repeating: byte, count: count)
                holder.reported = []
                holder.bytes = FrameBytes(.binary, sent[place]).bytes[...]
            }
            let piece = holder.bytes.prefix(max(500, holder.bytes.count / 2))
            holder.bytes = holder.bytes.dropFirst(piece.count)
            holder.stream.drain(Array(piece), &resources, into: &holder.reported)
        }
    }

    @Test("Messages that never end hold no more buffers than are lent")
    func neverEnding() {
        var resources = StreamResources(keptPayload: 1 << 30)
        let count = PayloadStore.maximumBuffers * 2
        for _ in 0..<2 {
            let holders = (0..<count).map { _ in Holder(Self.server()) }
            for holder in holders {
                holder.stream.drain(
                    FrameBytes(.binary, claimed: 1 << 62).header + [UInt8](repeating: 1, count: 600), &resources,
                    into: &holder.reported)
            }
            #expect(resources.keepable == 1 << 30 - 600 * count)
            #expect(buffersLeft(in: &resources.payloads) == 0)
            for holder in holders { holder.finish(&resources) }
            #expect(resources.keepable == 1 << 30)
        }
        #expect(buffersLeft(in: &resources.payloads) == PayloadStore.maximumBuffers)
    }

    @Test(
        "A buffer is kept for other messages if it is neither small nor large",
        arguments: [(100, 0), (PayloadStore.maximumCapacity / 4, 1), (PayloadStore.maximumCapacity + 1000, 0)])
    func size(length: Int, kept: Int) {
        var resources = StreamResources(keptPayload: 1 << 30)
        var stream = Self.server()
        var reported: [Reported] = []
        let message = FrameBytes(.binary, [UInt8](repeating: 1, count: length)).bytes
        stream.drain(Array(message.dropLast()), &resources, into: &reported)
        stream.drain(Array(message.suffix(1)), &resources, into: &reported)
        #expect(reported.messages.map(\.length) == [UInt64(length)])
        #expect(buffersLeft(in: &resources.payloads) == kept)
    }

    /// Lends all available buffers, and counts them.
    private func buffersLeft(in store: inout PayloadStore) -> Int {
        var count = 0
        while store.lend(upTo: .max) != nil { count += 1 }
        return count
    }

    @Test("A stream that lost its position keeps nothing of its message")
    func lost() {
        var resources = StreamResources(keptPayload: 1000)
        var stream = WebSocketStream(
            sender: .server, streamOffset: 0, compression: nil,
            demand: PayloadDemand(bytes: .max, includesFrames: false),
            limits: StreamLimits())
        var reported: [Reported] = []
        stream.drain(
            FrameBytes(.text, [UInt8](repeating: 0x41, count: 300), fin: false).bytes, &resources, into: &reported)
        #expect(resources.keepable == 700)
        let isProven = stream.skip(1, resources: &resources)
        #expect(!isProven)
        stream.drain([], &resources, into: &reported)
        #expect(resources.keepable == 1000)
    }
}

extension SeededGenerator {
    /// A frame of any kind, usually valid.
    fileprivate mutating func frame() -> FrameBytes {
        let opcodes: [Opcode] = [
            .text, .binary, .continuation, .continuation, .ping, .pong, .close, Opcode(rawValue: 3),
        ]
        return FrameBytes(
            opcodes.randomElement(using: &self)!, bytes([0, 5, 100, 3000].randomElement(using: &self)!),
            fin: Bool.random(using: &self), reserved: [0, 0, 0, 4].randomElement(using: &self)!,
            key: Bool.random(using: &self) ? UInt32.random(in: 0...3, using: &self) : nil)
    }
}

@Suite("Limits on what a stream keeps")
struct StreamLimitsTests {
    @Test("A message is kept up to its limit", arguments: [99, 100, 101, 250], [nil, 0x0102_0304] as [UInt32?])
    func message(length: Int, key: UInt32?) {
        var setup = StreamSetup(sender: key == nil ? .server : .client)
        setup.limits.message = 100
        let payload = (0..<length).map { UInt8($0) }
        let reported = setup.readEveryWay([
            FrameBytes(.binary, payload, key: key), FrameBytes(.ping, key: key.map { $0 + 1 }),
        ])
        #expect(reported.messagePayloads == [Array(payload.prefix(100))])
        #expect(reported.messages.map(\.payload) == [length > 100 ? .truncated : .whole])
        #expect(reported.messages.map(\.length) == [UInt64(length)])
        #expect(reported.violations == (length > 100 ? [.messageLimit] : []))
    }

    @Test("A message cut because no more was demanded does not hit the limit")
    func demand() {
        var setup = StreamSetup(demand: PayloadDemand(bytes: 100, includesFrames: true))
        setup.limits.message = 100
        let reported = setup.readEveryWay([FrameBytes(.binary, [UInt8](repeating: 1, count: 200))])
        #expect(reported.messages.map(\.payload) == [.truncated])
        #expect(reported.violations.isEmpty)
    }

    @Test("A control payload is kept up to its limit", arguments: [39, 40, 41, 125])
    func control(length: Int) {
        var setup = StreamSetup()
        setup.limits.controlPayload = 40
        let payload = (0..<length).map { UInt8($0) }
        let reported = setup.readEveryWay([FrameBytes(.ping, payload), FrameBytes(.pong, [1])])
        #expect(reported.framePayloads == [Array(payload.prefix(40)), [1]])
        #expect(reported.frameStatuses == [length > 40 ? .truncated : .whole, .whole])
        #expect(reported.violations == (length > 40 ? [.controlPayloadLimit] : []))
    }

    @Test("A Close reason cut inside a scalar is not called invalid")
    func closeReason() {
        var setup = StreamSetup()
        setup.limits.controlPayload = 4
        let reported = setup.readEveryWay([FrameBytes(.close, [3, 0xe8] + Array("€".utf8))])
        #expect(reported.violations == [.controlPayloadLimit])
    }

    @Test("A message is kept up to the limit of all streams")
    func common() {
        let setup = StreamSetup(demand: PayloadDemand(bytes: .max, includesFrames: false), keptPayload: 10)
        let reported = setup.readEveryWay([
            FrameBytes(.text, "0123456", fin: false), FrameBytes(.continuation, "789abc"), FrameBytes(.text, "again"),
        ])
        #expect(reported.texts == ["0123456789", "again"])
        #expect(reported.messages.map(\.payload) == [.truncated, .whole])
        #expect(reported.messages.map(\.length) == [13, 5])
        #expect(reported.violations == [.messageLimit])
    }
}
