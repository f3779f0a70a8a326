import Testing

@testable import WebSocketProtocol

@Suite("Bounds on what a stream keeps")
struct StreamLimitsTests {
    @Test("One message", arguments: [99, 100, 101, 250], [nil, 0x0102_0304] as [UInt32?])
    func message(length: Int, key: UInt32?) {
        var setup = StreamSetup(sender: key == nil ? .server : .client)
        setup.limits.message = 100
        let payload = (0..<length).map { UInt8($0) }
        let told = setup.readEveryWay([
            FrameBytes(.binary, payload, key: key), FrameBytes(.ping, key: key.map { $0 + 1 }),
        ])
        #expect(told.messagePayloads == [Array(payload.prefix(100))])
        #expect(told.messages.map(\.payload) == [length > 100 ? .truncated : .whole])
        #expect(told.messages.map(\.length) == [UInt64(length)])
        #expect(told.violations == (length > 100 ? [.messageLimit] : []))
    }

    @Test("A message cut where the user wanted no more is no hit of the limit")
    func demand() {
        var setup = StreamSetup(demand: PayloadDemand(bytes: 100, includesFrames: true))
        setup.limits.message = 100
        let told = setup.readEveryWay([FrameBytes(.binary, [UInt8](repeating: 1, count: 200))])
        #expect(told.messages.map(\.payload) == [.truncated])
        #expect(told.violations.isEmpty)
    }

    @Test("One control payload", arguments: [39, 40, 41, 125])
    func control(length: Int) {
        var setup = StreamSetup()
        setup.limits.controlPayload = 40
        let payload = (0..<length).map { UInt8($0) }
        let told = setup.readEveryWay([FrameBytes(.ping, payload), FrameBytes(.pong, [1])])
        #expect(told.framePayloads == [Array(payload.prefix(40)), [1]])
        #expect(told.frameStatuses == [length > 40 ? .truncated : .whole, .whole])
        #expect(told.violations == (length > 40 ? [.controlPayloadLimit] : []))
    }

    @Test("A Close reason cut inside a scalar is not called invalid")
    func closeReason() {
        var setup = StreamSetup()
        setup.limits.controlPayload = 4
        let told = setup.readEveryWay([FrameBytes(.close, [3, 0xe8] + Array("€".utf8))])
        #expect(told.violations == [.controlPayloadLimit])
    }

    @Test("The bound that all streams share")
    func common() {
        let setup = StreamSetup(demand: PayloadDemand(bytes: .max, includesFrames: false), keptPayload: 10)
        let told = setup.readEveryWay([
            FrameBytes(.text, "0123456", fin: false), FrameBytes(.continuation, "789abc"), FrameBytes(.text, "again"),
        ])
        #expect(told.texts == ["0123456789", "again"])
        #expect(told.messages.map(\.payload) == [.truncated, .whole])
        #expect(told.messages.map(\.length) == [13, 5])
        #expect(told.violations == [.messageLimit])
    }
}
