import Testing
import WireFormat

@testable import WebSocketProtocol

/// A stream that ends too early, and the rules that its last bytes break already.
struct Unfinished: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var sender = Role.client
    var bytes: [UInt8]
    var violations: [Violation] = []
    /// Where the frame begins that breaks them.
    var at: UInt64 = 0

    static let all: [Unfinished] = [
        Unfinished(testDescription: "nothing", bytes: []),
        Unfinished(testDescription: "a header that is right so far", bytes: [0x81, 0x85, 0, 0]),
        Unfinished(testDescription: "one byte that is right so far", bytes: [0x81]),
        Unfinished(testDescription: "a reserved opcode in one byte", bytes: [0x83], violations: [.reservedOpcode]),
        Unfinished(testDescription: "a reserved bit in one byte", bytes: [0xa1], violations: [.reservedBits]),
        Unfinished(testDescription: "a Ping that is a fragment", bytes: [0x09], violations: [.controlFragmented]),
        Unfinished(testDescription: "a Ping that is too long", bytes: [0x89, 0xfe, 1], violations: [.controlTooLong]),
        Unfinished(
            testDescription: "no mask bit, and no length", bytes: [0x81, 0x7e], violations: [.clientUnmasked]),
        Unfinished(
            testDescription: "a mask bit of a server", sender: .server, bytes: [0x81, 0x85],
            violations: [.serverMasked]),
        Unfinished(
            testDescription: "a header behind a whole frame", sender: .server, bytes: [0x81, 0x01, 0x61, 0x84],
            violations: [.reservedOpcode], at: 3),
        Unfinished(
            testDescription: "a text that is not UTF-8", sender: .server, bytes: [0x81, 0x05, 0x61, 0xff],
            violations: [.textNotUTF8]),
        Unfinished(
            testDescription: "a text cut inside a scalar", sender: .server, bytes: [0x81, 0x05, 0x61, 0xc3]),
        Unfinished(
            testDescription: "a fragment that is not UTF-8", sender: .server, bytes: [0x01, 0x01, 0xff],
            violations: [.textNotUTF8]),
        Unfinished(
            testDescription: "a binary message", sender: .server, bytes: [0x82, 0x05, 0xff]),
    ]
}

@Suite("A stream that ends too early")
struct UnfinishedTests {
    @Test("tells what its last bytes break already", arguments: Unfinished.all)
    func told(unfinished: Unfinished) {
        var resources = StreamResources(keptPayload: 1 << 20)
        var stream = WebSocketStream(
            sender: unfinished.sender, streamOffset: 0, compression: nil,
            demand: PayloadDemand(bytes: .max, includesFrames: true), limits: StreamLimits())
        var told: [Told] = []
        stream.drain(unfinished.bytes, &resources, into: &told)
        told.removeAll()
        stream.judgeUnfinished()
        stream.drain([], &resources, into: &told)
        #expect(told == unfinished.violations.map { .violation($0, at: unfinished.at) })
        _ = stream.finish(resources: &resources)
        #expect(resources.keepable == 1 << 20)
    }

    @Test("says nothing of a place that is lost")
    func lost() {
        var resources = StreamResources(keptPayload: 1 << 20)
        var stream = WebSocketStream(
            sender: .client, streamOffset: 0, compression: nil,
            demand: PayloadDemand(bytes: .max, includesFrames: true), limits: StreamLimits())
        var told: [Told] = []
        stream.drain([0x83], &resources, into: &told)
        #expect(!stream.skip(10, resources: &resources))
        stream.judgeUnfinished()
        stream.drain([], &resources, into: &told)
        #expect(told.isEmpty)
    }
}
