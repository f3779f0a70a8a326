import Testing
import WireFormat

@testable import WebSocketProtocol

/// Streams that break one rule, and streams that only just keep it.
struct RuleCase: CustomTestStringConvertible {
    var name: String
    var frames: [FrameBytes]
    var sender = Role.server
    var compression: DeflateParameters?
    var controlPayload: Int?
    var message: Int?
    /// The broken rules, and the frame that breaks each.
    var expected: [(Violation, frame: Int)] = []

    var testDescription: String { name }
}

private let deflate = DeflateParameters()
private let key: UInt32 = 0x3721_fa3d
private func hello(reserved: UInt8 = 0, key: UInt32? = nil) -> FrameBytes {
    FrameBytes(.text, "Hello", reserved: reserved, key: key)
}
private func long(_ opcode: Opcode, _ count: Int) -> FrameBytes {
    FrameBytes(opcode, [UInt8](repeating: 0x41, count: count))
}
private let deflated = [UInt8](hex: "f248cdc9c90700")

private let ruleCases: [RuleCase] = [
    RuleCase(name: "a masked client", frames: [hello(key: key)], sender: .client),
    RuleCase(
        name: "an unmasked client", frames: [hello(key: key), hello()], sender: .client,
        expected: [(.clientUnmasked, 1)]),
    RuleCase(name: "an unmasked server", frames: [hello()]),
    RuleCase(name: "a masked server", frames: [hello(key: key)], expected: [(.serverMasked, 0)]),
    RuleCase(name: "RSV1 without extension", frames: [hello(reserved: 4)], expected: [(.reservedBits, 0)]),
    RuleCase(name: "RSV2", frames: [hello(reserved: 2)], compression: deflate, expected: [(.reservedBits, 0)]),
    RuleCase(name: "RSV3", frames: [hello(reserved: 1)], compression: deflate, expected: [(.reservedBits, 0)]),
    RuleCase(name: "RSV1 as negotiated", frames: [FrameBytes(.text, deflated, reserved: 4)], compression: deflate),
    RuleCase(
        name: "RSV1 on a Ping", frames: [FrameBytes(.ping, reserved: 4)], compression: deflate,
        expected: [(.compressedControl, 0)]),
    RuleCase(
        name: "RSV1 on a continuation",
        frames: [FrameBytes(.text, "a", fin: false), FrameBytes(.continuation, "b", reserved: 4)], compression: deflate,
        expected: [(.compressedContinuation, 1)]),
    RuleCase(
        name: "RSV1 on the first fragment only",
        frames: [
            FrameBytes(.text, Array(deflated[..<3]), fin: false, reserved: 4),
            FrameBytes(.continuation, Array(deflated[3...])),
        ], compression: deflate),
    RuleCase(name: "opcode 3", frames: [FrameBytes(Opcode(rawValue: 3))], expected: [(.reservedOpcode, 0)]),
    RuleCase(name: "opcode 11", frames: [FrameBytes(Opcode(rawValue: 11))], expected: [(.reservedOpcode, 0)]),
    RuleCase(
        name: "a fragmented Ping", frames: [FrameBytes(.ping, fin: false)], expected: [(.controlFragmented, 0)]),
    RuleCase(name: "a Ping of 125 bytes", frames: [long(.ping, 125)]),
    RuleCase(name: "a Ping of 126 bytes", frames: [long(.ping, 126)], expected: [(.controlTooLong, 0)]),
    RuleCase(name: "125 bytes in the short form", frames: [long(.text, 125)]),
    RuleCase(
        name: "125 bytes in 16 bits",
        frames: [FrameBytes(.binary, [UInt8](repeating: 0, count: 125), form: .sixteenBits)],
        expected: [(.lengthNotMinimal, 0)]),
    RuleCase(name: "126 bytes in 16 bits", frames: [long(.text, 126)]),
    RuleCase(
        name: "65535 bytes in 64 bits",
        frames: [FrameBytes(.binary, [UInt8](repeating: 0, count: 65535), form: .sixtyFourBits)],
        expected: [(.lengthNotMinimal, 0)]),
    RuleCase(name: "65536 bytes in 64 bits", frames: [long(.text, 65536)]),
    RuleCase(name: "a length of 2^63 - 1", frames: [FrameBytes(.binary, claimed: UInt64(Int64.max))]),
    RuleCase(
        name: "a length of 2^63", frames: [FrameBytes(.binary, claimed: UInt64(Int64.max) + 1)],
        expected: [(.lengthTopBit, 0)]),
    RuleCase(
        name: "a length of 2^64 - 1", frames: [hello(), FrameBytes(.text, claimed: .max)],
        expected: [(.lengthTopBit, 1)]),
    RuleCase(
        name: "a continuation of nothing", frames: [hello(), FrameBytes(.continuation, "x")],
        expected: [(.continuationWithoutStart, 1)]),
    RuleCase(name: "a continuation", frames: [FrameBytes(.text, "a", fin: false), FrameBytes(.continuation, "x")]),
    RuleCase(
        name: "a message inside a message", frames: [FrameBytes(.text, "a", fin: false), hello()],
        expected: [(.messageInsideMessage, 1)]),
    RuleCase(
        name: "a Ping inside a message",
        frames: [FrameBytes(.text, "a", fin: false), FrameBytes(.ping), FrameBytes(.continuation)]),
    RuleCase(name: "a Close at the end", frames: [hello(), FrameBytes(.close)]),
    RuleCase(
        name: "frames after Close", frames: [FrameBytes(.close), hello(), FrameBytes(.ping)],
        expected: [(.frameAfterClose, 1), (.frameAfterClose, 2)]),
    RuleCase(
        name: "a masking key of zero, twice", frames: [hello(key: 0), hello(key: 0)], sender: .client,
        expected: [(.zeroMaskingKey, 0), (.zeroMaskingKey, 1)]),
    RuleCase(
        name: "the same masking key again", frames: [hello(key: key), hello(key: key)], sender: .client,
        expected: [(.repeatedMaskingKey, 1)]),
    RuleCase(
        name: "the same masking key later", frames: [hello(key: key), hello(key: 1), hello(key: key)], sender: .client),
    RuleCase(name: "Close of one byte", frames: [FrameBytes(.close, [3])], expected: [(.closePayloadOneByte, 0)]),
    RuleCase(name: "Close of two bytes", frames: [FrameBytes(.close, [3, 0xe8])]),
    RuleCase(name: "Close 1005", frames: [FrameBytes(.close, [3, 0xed])], expected: [(.closeCodeNotAllowed, 0)]),
    RuleCase(name: "Close 1006", frames: [FrameBytes(.close, [3, 0xee])], expected: [(.closeCodeNotAllowed, 0)]),
    RuleCase(
        name: "Close 1000 with its bytes in the other order", frames: [FrameBytes(.close, [0xe8, 3])],
        expected: [(.closeCodeByteOrder, 0)]),
    RuleCase(
        name: "Close 1000 in digits", frames: [FrameBytes(.close, "1000")], expected: [(.closeCodeDigits, 0)]),
    RuleCase(
        name: "Close 1000 in digits, and a reason", frames: [FrameBytes(.close, "1000 bye")],
        expected: [(.closeCodeDigits, 0)]),
    RuleCase(
        name: "a reason in place of a code", frames: [FrameBytes(.close, "bye")],
        expected: [(.closeCodeNotAllowed, 0)]),
    RuleCase(
        name: "Close 1005 in digits", frames: [FrameBytes(.close, "1005")], expected: [(.closeCodeNotAllowed, 0)]),
    RuleCase(name: "Close 1007", frames: [FrameBytes(.close, [3, 0xef])]),
    RuleCase(
        name: "a Close reason that is not UTF-8", frames: [FrameBytes(.close, [3, 0xe8, 0xff])],
        expected: [(.closeReasonNotUTF8, 0)]),
    RuleCase(name: "a Close reason in UTF-8", frames: [FrameBytes(.close, [3, 0xe8] + Array("€".utf8))]),
    RuleCase(
        name: "text that is not UTF-8", frames: [FrameBytes(.text, [0xff, 0x41])], expected: [(.textNotUTF8, 0)]),
    RuleCase(
        name: "text that ends inside a scalar",
        frames: [FrameBytes(.text, [0xe2, 0x82], fin: false), FrameBytes(.continuation)],
        expected: [(.textNotUTF8, 1)]),
    RuleCase(name: "binary that is not UTF-8", frames: [FrameBytes(.binary, [0xff])]),
    RuleCase(
        name: "deflate data of a reserved block type", frames: [FrameBytes(.text, [0x07], reserved: 4)],
        compression: deflate, expected: [(.deflateBroken, 0)]),
    RuleCase(
        name: "deflate data that ends inside a block", frames: [FrameBytes(.text, [0x4a], reserved: 4)],
        compression: deflate, expected: [(.deflateUnfinished, 0)]),
    RuleCase(
        name: "a match of 300 bytes ago within a window of 256",
        frames: [FrameBytes(.binary, Deflating().compress(spread + spread), reserved: 4)],
        compression: DeflateParameters(maxWindowBits: 8), expected: [(.windowExceeded, 0)]),
    RuleCase(
        name: "a match of 300 bytes ago within a window of 512",
        frames: [FrameBytes(.binary, Deflating().compress(spread + spread), reserved: 4)],
        compression: DeflateParameters(maxWindowBits: 9)),
    RuleCase(
        name: "a bomb", frames: [FrameBytes(.binary, bomb, reserved: 4)], compression: deflate,
        expected: [(.inflateBomb, 0)]),
    RuleCase(
        name: "a message as long as one may be", frames: [long(.text, 20)], message: 20),
    RuleCase(
        name: "a message longer than what is kept", frames: [long(.text, 21)], message: 20,
        expected: [(.messageLimit, 0)]),
    RuleCase(name: "a control payload as long as one may be", frames: [long(.ping, 20)], controlPayload: 20),
    RuleCase(
        name: "a control payload longer than what is kept", frames: [long(.ping, 21)], controlPayload: 20,
        expected: [(.controlPayloadLimit, 0)]),
    RuleCase(
        name: "several rules at once",
        frames: [
            FrameBytes(.close, fin: false),
            FrameBytes(Opcode(rawValue: 15), [UInt8](repeating: 0, count: 126), fin: false, reserved: 7, key: 0),
        ],
        expected: [(.controlFragmented, 0), (.implausible, 1)]),
    RuleCase(
        name: "a Close frame of random bytes", frames: [FrameBytes(.close, [0x33, 7, 0x39, 0xc5, 0x4b], reserved: 2)],
        expected: [(.reservedBits, 0), (.implausible, 0)]),
    RuleCase(
        name: "a Close frame whose reason is text", frames: [FrameBytes(.close, [0x33, 7, 0x39], reserved: 2)],
        expected: [(.reservedBits, 0), (.closeCodeNotAllowed, 0)]),
    RuleCase(
        name: "two rules at once", frames: [FrameBytes(.ping, [UInt8](repeating: 0, count: 126), fin: false)],
        expected: [(.controlFragmented, 0), (.controlTooLong, 0)]),
]

/// 300 bytes in which no three successive bytes occur twice.
private let spread = (0..<150).flatMap { [UInt8($0), UInt8(255 - $0)] }
/// 2 MiB of zeros compressed to about 2 KiB.
private let bomb = Deflating().compress([UInt8](repeating: 0, count: 2 << 20))

@Suite("Rules of frames and messages")
struct ViolationTests {
    @Test("Each row breaks its rules and no others", arguments: ruleCases)
    func streams(_ row: RuleCase) {
        var setup = StreamSetup(sender: row.sender, streamOffset: 300, compression: row.compression)
        if let controlPayload = row.controlPayload { setup.limits.controlPayload = controlPayload }
        if let message = row.message { setup.limits.message = message }
        let reported = setup.readEveryWay(row.frames)
        let offsets = row.frames.indices.map { 300 + UInt64(row.frames[..<$0].flatMap(\.bytes).count) }
        let violations = reported.filter { if case .violation = $0 { true } else { false } }
        #expect(violations == row.expected.map { .violation($0.0, at: offsets[$0.frame]) })
    }

    @Test("Every rule is broken by a row", arguments: Violation.allCases)
    func completeness(_ violation: Violation) {
        // The bound that all streams share is tested elsewhere.
        guard violation != .compressionLimit else { return }
        #expect(ruleCases.contains { $0.expected.contains { $0.0 == violation } })
    }

    @Test("Violations of a header come before its frame, those of a payload between frame and message")
    func order() {
        let reported = StreamSetup(compression: deflate).readEveryWay([FrameBytes(.text, [0x07], reserved: 4, key: 1)])
        let kinds = reported.map {
            switch $0 {
            case .violation(let violation, _): "\(violation)"
            case .frame: "frame"
            case .message: "message"
            case .gap, .unfinished: "other"
            }
        }
        #expect(kinds == ["serverMasked", "frame", "deflateBroken", "message"])
    }

    @Test("A set of violations yields each once, in declaration order")
    func pending() {
        var pending = PendingViolations()
        #expect(pending.isEmpty)
        for violation in Violation.allCases.reversed() + Violation.allCases { pending.insert(violation) }
        var taken: [Violation] = []
        while let violation = pending.popFirst() { taken.append(violation) }
        #expect(taken == Violation.allCases)
        #expect(pending.isEmpty)
    }
}

/// A stream that ends too early, and the rules that its last bytes already break.
struct Unfinished: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var sender = Role.client
    var bytes: [UInt8]
    var violations: [Violation] = []
    /// The offset of the frame that breaks them.
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
            testDescription: "a header after a whole frame", sender: .server, bytes: [0x81, 0x01, 0x61, 0x84],
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

@Suite("A stream that ends inside a header or text")
struct UnfinishedTests {
    @Test("reports the rules that its last bytes already break", arguments: Unfinished.all)
    func reported(unfinished: Unfinished) {
        var resources = StreamResources(keptPayload: 1 << 20)
        var stream = WebSocketStream(
            sender: unfinished.sender, streamOffset: 0, compression: nil,
            demand: PayloadDemand(bytes: .max, includesFrames: true), limits: StreamLimits())
        var reported: [Reported] = []
        stream.drain(unfinished.bytes, &resources, into: &reported)
        reported.removeAll()
        stream.judgeUnfinished()
        stream.drain([], &resources, into: &reported)
        #expect(reported == unfinished.violations.map { .violation($0, at: unfinished.at) })
        _ = stream.finish(resources: &resources)
        stream.release(resources: &resources)
        #expect(resources.keepable == 1 << 20)
    }

    @Test("reports nothing while the position is lost")
    func lost() {
        var resources = StreamResources(keptPayload: 1 << 20)
        var stream = WebSocketStream(
            sender: .client, streamOffset: 0, compression: nil,
            demand: PayloadDemand(bytes: .max, includesFrames: true), limits: StreamLimits())
        var reported: [Reported] = []
        stream.drain([0x83], &resources, into: &reported)
        #expect(!stream.skip(10, resources: &resources))
        stream.judgeUnfinished()
        stream.drain([], &resources, into: &reported)
        #expect(reported.isEmpty)
    }
}
