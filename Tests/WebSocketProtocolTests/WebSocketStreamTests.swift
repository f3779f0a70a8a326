import TestSupport
import Testing
import WireFormat

@testable import WebSocketProtocol

@Suite("Frames and messages of a stream")
struct WebSocketStreamTests {
    @Test("Every opcode, masked or not, sent by either end", arguments: Role.allCases, [nil, 0xa1b2_c3d4] as [UInt32?])
    func opcodes(sender: Role, key: UInt32?) throws {
        for value: UInt8 in 0...15 {
            let frame = FrameBytes(Opcode(rawValue: value), "abc", key: key)
            let told = StreamSetup(sender: sender, streamOffset: 1000).readEveryWay(frame.bytes)
            let seen = try #require(told.frames.first)
            #expect(told.frames.count == 1)
            #expect(seen.header.opcode.rawValue == value)
            #expect(seen.header.maskingKey == key)
            #expect(seen.header.payloadLength == 3)
            #expect((seen.streamOffset, seen.index, seen.missing) == (1000, 0, 0))
            #expect(told.framePayloads == [Array("abc".utf8)])
            #expect(told.frameStatuses == [.whole])
            #expect(told.messages.count == (value == 1 || value == 2 ? 1 : 0))
            var expected: Set<Violation> = []
            if sender == .client, key == nil { expected.insert(.clientUnmasked) }
            if sender == .server, key != nil { expected.insert(.serverMasked) }
            if value == 0 { expected.insert(.continuationWithoutStart) }
            if [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].contains(value) { expected.insert(.reservedOpcode) }
            if value == 8 { expected.insert(.closeCodeNotAllowed) }
            #expect(Set(told.violations) == expected, "opcode \(value)")
        }
    }

    @Test("Lengths in all three forms, the shortest or not")
    func lengths() {
        let frames = [0, 1, 125, 126, 127, 65535, 65536].flatMap { length in
            FrameBytes.LengthForm.allCases.filter { $0 != .sixteenBits || length <= 65535 }.map {
                FrameBytes(.binary, (0..<length).map { UInt8($0 % 253) }, form: $0)
            }
        }
        let told = StreamSetup().read(frames)
        #expect(told.messagePayloads == frames.map(\.payload))
        #expect(told.frames.map(\.index) == Array(0..<UInt64(frames.count)))
        var offset: UInt64 = 0
        for (seen, frame) in zip(told.frames, frames) {
            #expect(seen.streamOffset == offset)
            offset += UInt64(frame.bytes.count)
        }
        let notShortest = frames.filter { $0.header != FrameBytes(.binary, $0.payload).header }
        #expect(told.violations == notShortest.map { _ in .lengthNotMinimal })
    }

    @Test("Fragments with control frames and frames of reserved opcodes in between")
    func fragments() {
        let frames = [
            FrameBytes(.text, "", fin: false), FrameBytes(.ping, "1"), FrameBytes(.continuation, "Grü", fin: false),
            FrameBytes(Opcode(rawValue: 3), "?"), FrameBytes(.pong), FrameBytes(.continuation, "", fin: false),
            FrameBytes(.continuation, "ße"), FrameBytes(.binary, [1, 2]),
        ]
        let told = StreamSetup(streamOffset: 7).readEveryWay(frames)
        #expect(told.texts == ["Grüße", "\u{1}\u{2}"])
        #expect(told.framePayloads == frames.map(\.payload))
        #expect(told.messages.map(\.frames) == [4, 1])
        #expect(told.messages.map(\.wireLength) == [7, 2])
        #expect(told.messages.map(\.length) == [7, 2])
        #expect(told.messages.map(\.streamOffset) == [7, 7 + UInt64(frames.dropLast().flatMap(\.bytes).count)])
        #expect(told.violations == [.reservedOpcode])
    }

    @Test("Scalars cut between fragments, with a ping in the middle of one")
    func cutScalars() {
        let text = Array("a€😀é".utf8)
        var frames = [FrameBytes(.text, [], fin: false)]
        for byte in text { frames += [FrameBytes(.continuation, [byte], fin: false), FrameBytes(.ping)] }
        frames.append(FrameBytes(.continuation))
        let told = StreamSetup().readEveryWay(frames)
        #expect(told.texts == ["a€😀é"])
        #expect(told.violations.isEmpty)
    }

    @Test("Empty messages", arguments: [Opcode.text, .binary])
    func emptyMessages(opcode: Opcode) {
        let told = StreamSetup(sender: .client).readEveryWay([
            FrameBytes(opcode, key: 1), FrameBytes(opcode, fin: false, key: 2), FrameBytes(.continuation, key: 3),
        ])
        #expect(told.messagePayloads == [[], []])
        #expect(told.messages.map(\.frames) == [1, 2])
        #expect(told.messages.allSatisfy { $0.isComplete && $0.length == 0 && $0.payload == .whole })
        #expect(told.violations.isEmpty)
    }

    @Test("A message inside a message gives the first one up")
    func messageInsideMessage() {
        let told = StreamSetup().readEveryWay([
            FrameBytes(.text, "one", fin: false), FrameBytes(.binary, "two", fin: false),
            FrameBytes(.continuation, "three"),
        ])
        #expect(told.texts == ["<incomplete>", "twothree"])
        #expect(told.messages.map(\.isComplete) == [false, true])
        #expect(told.messages.map(\.isText) == [true, false])
        #expect(told.messages.map(\.wireLength) == [3, 8])
        #expect(told.violations == [.messageInsideMessage])
    }

    @Test("What the end leaves unfinished", arguments: [false, true])
    func unfinished(isCompressed: Bool) {
        let setup = StreamSetup(compression: isCompressed ? DeflateParameters() : nil)
        let told = setup.readEveryWay([
            FrameBytes(.text, "Hello", fin: false, reserved: isCompressed ? 4 : 0), FrameBytes(.ping),
        ])
        #expect(
            told.last
                == .unfinished(
                    Message(
                        isText: true, streamOffset: 0, isComplete: false, frames: 1, isCompressed: isCompressed,
                        wireLength: 5, length: nil, payload: .withheld(.incomplete), isValidUTF8: true)))
    }

    @Test("A frame that the end cuts is not told")
    func cutFrame() {
        let bytes = FrameBytes(.text, "Hello", key: 0x0102_0304).bytes
        for count in 0..<bytes.count {
            let told = StreamSetup(sender: .client).read(Array(bytes.prefix(count)))
            #expect(told.frames.isEmpty && told.messages.isEmpty)
        }
    }

    @Test(
        "Frames that claim huge lengths cost no memory",
        arguments: [1 << 32 + 5, UInt64(Int64.max), UInt64(Int64.max) + 1, .max] as [UInt64],
        [Opcode.text, .ping, .continuation])
    func hugeLengths(length: UInt64, opcode: Opcode) {
        var setup = StreamSetup(sender: .client)
        setup.limits.message = 100_000
        var resources = StreamResources(keptPayload: 1 << 30)
        var stream = WebSocketStream(
            sender: .client, streamOffset: 0, compression: nil, demand: setup.demand, limits: setup.limits)
        var told: [Told] = []
        stream.drain(
            FrameBytes(opcode, key: 0x0102_0304, claimed: length).header, &resources, into: &told)
        #expect(told.violations.contains(.lengthTopBit) == (length > UInt64(Int64.max)))
        let piece = [UInt8](repeating: 0x41, count: 1 << 16)
        for _ in 0..<50 {
            stream.drain(piece, &resources, into: &told)
            #expect(resources.keepable >= 1 << 30 - 200_000)
        }
        #expect(told.frames.isEmpty)
        #expect(stream.streamOffset == 14 + 50 << 16)
        // The rest is not in the capture; the frame ends, and the next one is found.
        let isProven = stream.skip(length - 50 << 16, resources: &resources)
        #expect(isProven)
        stream.drain([], &resources, into: &told)
        stream.drain(FrameBytes(.ping, "next", key: 5).bytes, &resources, into: &told)
        #expect(told.frames.map(\.header.payloadLength) == [length, 4])
        #expect(told.frames.map(\.missing) == [length - 50 << 16, 0])
        #expect(told.framePayloads.last == Array("next".utf8))
        _ = stream.finish(resources: &resources)
        #expect(resources.keepable == 1 << 30)
    }

    @Test("A frame of 2^32+5 bytes is passed over in pieces")
    func longerThan32Bits() {
        var resources = StreamResources(keptPayload: 1 << 30)
        var stream = WebSocketStream(
            sender: .server, streamOffset: 0, compression: nil, demand: PayloadDemand(bytes: 80, includesFrames: true),
            limits: StreamLimits())
        var told: [Told] = []
        stream.drain(FrameBytes(.binary, claimed: 1 << 32 + 5).header, &resources, into: &told)
        let piece = [UInt8](repeating: 0x81, count: 1 << 26)
        for _ in 0..<64 { stream.drain(piece, &resources, into: &told) }
        #expect(told.isEmpty)
        stream.drain([1, 2, 3, 4, 5] + FrameBytes(.text, "next").bytes, &resources, into: &told)
        #expect(told.frames.map(\.header.payloadLength) == [1 << 32 + 5, 4])
        #expect(told.messages.map(\.length) == [1 << 32 + 5, 4])
        #expect(told.messagePayloads.map(\.count) == [80, 4])
        #expect(told.messages.map(\.payload) == [.truncated, .whole])
        #expect(told.violations.isEmpty)
    }

    @Test("Where the stream stands, and what the caller knew the first byte of each frame by")
    func place() {
        var resources = StreamResources(keptPayload: 1 << 20)
        var stream = WebSocketStream(
            sender: .server, streamOffset: 500, compression: nil,
            demand: PayloadDemand(bytes: 0, includesFrames: false), limits: StreamLimits())
        var told: [Told] = []
        let rows: [(byte: UInt8, isInMessage: Bool, frames: UInt64)] = [
            (0x01, false, 0), (0x01, true, 1), (0x41, true, 1), (0x80, true, 1), (0x00, false, 2),
        ]
        for (number, row) in rows.enumerated() {
            stream.origin = Origin(packet: UInt64(number))
            stream.drain([row.byte], &resources, into: &told)
            let seen = (stream.isInMessage, stream.frameCount)
            #expect(seen == (row.isInMessage, row.frames))
        }
        let offset = stream.streamOffset
        #expect(offset == 505)
        #expect(told.messages.count == 1)
        #expect(told.frames.map(\.origin) == [0, 3])
    }
}
