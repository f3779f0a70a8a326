import TestSupport
import Testing
import WireFormat

@testable import WebSocketProtocol

@Suite("A stream's frames and messages")
struct WebSocketStreamTests {
    @Test(
        "Every opcode is read, masked or not, from either end", arguments: Role.allCases,
        [nil, 0xa1b2_c3d4] as [UInt32?])
    func opcodes(sender: Role, key: UInt32?) throws {
        for value: UInt8 in 0...15 {
            let frame = FrameBytes(Opcode(rawValue: value), "abc", key: key)
            let reported = StreamSetup(sender: sender, streamOffset: 1000).readEveryWay(frame.bytes)
            let seen = try #require(reported.frames.first)
            #expect(reported.frames.count == 1)
            #expect(seen.header.opcode.rawValue == value)
            #expect(seen.header.maskingKey == key)
            #expect(seen.header.payloadLength == 3)
            #expect((seen.streamOffset, seen.index, seen.missing) == (1000, 0, 0))
            #expect(reported.framePayloads == [Array("abc".utf8)])
            #expect(reported.frameStatuses == [.whole])
            #expect(reported.messages.count == (value == 1 || value == 2 ? 1 : 0))
            var expected: Set<Violation> = []
            if sender == .client, key == nil { expected.insert(.clientUnmasked) }
            if sender == .server, key != nil { expected.insert(.serverMasked) }
            if value == 0 { expected.insert(.continuationWithoutStart) }
            if [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].contains(value) { expected.insert(.reservedOpcode) }
            if value == 8 { expected.insert(.closeCodeNotAllowed) }
            #expect(Set(reported.violations) == expected, "opcode \(value)")
        }
    }

    @Test("Short texts since the last other message are counted, however the bytes come", arguments: [1, 3, 1 << 20])
    func shortTextRun(piece: Int) {
        var stream = WebSocketStream(sender: .server)
        var resources = StreamResources(keptPayload: 1 << 20)
        for (lengths, run): ([Int], UInt8) in [
            ([], 0), ([125, 0, 7], 3), ([126], 0), ([5, 5], 2), ([70_000], 0), ([1], 1),
            ([Int](repeating: 1, count: 300), 255),
        ] {
            let bytes = lengths.flatMap { WireFrame.text(String(repeating: "x", count: $0), from: .server) }
            for start in stride(from: 0, to: bytes.count, by: piece) {
                let part = Array(bytes[start..<min(start + piece, bytes.count)])
                var cursor = ByteCursor(part.span)
                while true {
                    if stream.nextSingleFrameMessage(&cursor, resources: &resources) != nil { continue }
                    guard stream.next(&cursor, resources: &resources) != nil else { break }
                }
            }
            #expect(stream.shortTextRun == run, "\(lengths)")
        }
        var binary = ByteCursor(WireFrame(2, [1], from: .server).bytes.span)
        #expect(stream.nextSingleFrameMessage(&binary, resources: &resources) != nil && stream.shortTextRun == 0)
    }

    @Test("Lengths are read in all three forms, the shortest or not")
    func lengths() {
        let frames = [0, 1, 125, 126, 127, 65535, 65536].flatMap { length in
            FrameBytes.LengthForm.allCases.filter { $0 != .sixteenBits || length <= 65535 }.map {
                FrameBytes(.binary, (0..<length).map { UInt8($0 % 253) }, form: $0)
            }
        }
        let reported = StreamSetup().read(frames)
        #expect(reported.messagePayloads == frames.map(\.payload))
        #expect(reported.frames.map(\.index) == Array(0..<UInt64(frames.count)))
        var offset: UInt64 = 0
        for (seen, frame) in zip(reported.frames, frames) {
            #expect(seen.streamOffset == offset)
            offset += UInt64(frame.bytes.count)
        }
        let notShortest = frames.filter { $0.header != FrameBytes(.binary, $0.payload).header }
        #expect(reported.violations == notShortest.map { _ in .lengthNotMinimal })
    }

    @Test("Control frames and reserved opcodes may come between fragments")
    func fragments() {
        let frames = [
            FrameBytes(.text, "", fin: false), FrameBytes(.ping, "1"), FrameBytes(.continuation, "Grü", fin: false),
            FrameBytes(Opcode(rawValue: 3), "?"), FrameBytes(.pong), FrameBytes(.continuation, "", fin: false),
            FrameBytes(.continuation, "ße"), FrameBytes(.binary, [1, 2]),
        ]
        let reported = StreamSetup(streamOffset: 7).readEveryWay(frames)
        #expect(reported.texts == ["Grüße", "\u{1}\u{2}"])
        #expect(reported.framePayloads == frames.map(\.payload))
        #expect(reported.messages.map(\.frameCount) == [4, 1])
        #expect(reported.messages.map(\.wireLength) == [7, 2])
        #expect(reported.messages.map(\.length) == [7, 2])
        #expect(reported.messages.map(\.streamOffset) == [7, 7 + UInt64(frames.dropLast().flatMap(\.bytes).count)])
        #expect(reported.violations == [.reservedOpcode])
    }

    @Test("A scalar may be split between fragments, with a Ping inside it")
    func cutScalars() {
        let text = Array("a€😀é".utf8)
        var frames = [FrameBytes(.text, [], fin: false)]
        for byte in text { frames += [FrameBytes(.continuation, [byte], fin: false), FrameBytes(.ping)] }
        frames.append(FrameBytes(.continuation))
        let reported = StreamSetup().readEveryWay(frames)
        #expect(reported.texts == ["a€😀é"])
        #expect(reported.violations.isEmpty)
    }

    @Test("Empty messages are messages", arguments: [Opcode.text, .binary])
    func emptyMessages(opcode: Opcode) {
        let reported = StreamSetup(sender: .client).readEveryWay([
            FrameBytes(opcode, key: 1), FrameBytes(opcode, fin: false, key: 2), FrameBytes(.continuation, key: 3),
        ])
        #expect(reported.messagePayloads == [[], []])
        #expect(reported.messages.map(\.frameCount) == [1, 2])
        #expect(reported.messages.allSatisfy { $0.isComplete && $0.length == 0 && $0.payload == .whole })
        #expect(reported.violations.isEmpty)
    }

    @Test("A message inside a message abandons the first")
    func messageInsideMessage() {
        let reported = StreamSetup().readEveryWay([
            FrameBytes(.text, "one", fin: false), FrameBytes(.binary, "two", fin: false),
            FrameBytes(.continuation, "three"),
        ])
        #expect(reported.texts == ["one", "twothree"])
        #expect(reported.messages.map(\.isComplete) == [false, true])
        #expect(reported.messages.map(\.isText) == [true, false])
        #expect(reported.messages.map(\.wireLength) == [3, 8])
        #expect(reported.violations == [.messageInsideMessage])
    }

    @Test("The end of a stream reports the part of an unfinished message so far", arguments: [false, true])
    func unfinished(isCompressed: Bool) {
        let setup = StreamSetup(compression: isCompressed ? DeflateParameters() : nil)
        // RFC 7692 7.2.3.1: "Hello".
        let payload = isCompressed ? [UInt8](hex: "f248cdc9c90700") : Array("Hello".utf8)
        let reported = setup.readEveryWay([
            FrameBytes(.text, payload, fin: false, reserved: isCompressed ? 4 : 0), FrameBytes(.ping),
        ])
        #expect(
            reported.last
                == .unfinished(
                    Message(
                        isText: true, streamOffset: 0, isComplete: false, frameCount: 1, isCompressed: isCompressed,
                        wireLength: UInt64(payload.count), length: 5, payload: .whole, isValidUTF8: true)))
    }

    @Test("A frame cut by the end of the stream is not reported")
    func cutFrame() {
        let bytes = FrameBytes(.text, "Hello", key: 0x0102_0304).bytes
        for count in 0..<bytes.count {
            let reported = StreamSetup(sender: .client).read(Array(bytes.prefix(count)))
            #expect(reported.frames.isEmpty && reported.messages.isEmpty)
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
        var reported: [Reported] = []
        stream.drain(
            FrameBytes(opcode, key: 0x0102_0304, claimed: length).header, &resources, into: &reported)
        #expect(reported.violations.contains(.lengthTopBit) == (length > UInt64(Int64.max)))
        let piece = [UInt8](repeating: 0x41, count: 1 << 16)
        for _ in 0..<50 {
            stream.drain(piece, &resources, into: &reported)
            #expect(resources.keepable >= 1 << 30 - 200_000)
        }
        #expect(reported.frames.isEmpty)
        #expect(stream.streamOffset == 14 + 50 << 16)
        // The capture lacks the rest; the frame ends, and the next one is found.
        let isProven = stream.skip(length - 50 << 16, resources: &resources)
        #expect(isProven)
        stream.drain([], &resources, into: &reported)
        stream.drain(FrameBytes(.ping, "next", key: 5).bytes, &resources, into: &reported)
        #expect(reported.frames.map(\.header.payloadLength) == [length, 4])
        #expect(reported.frames.map(\.missing) == [length - 50 << 16, 0])
        #expect(reported.framePayloads.last == Array("next".utf8))
        _ = stream.finish(resources: &resources)
        stream.release(resources: &resources)
        #expect(resources.keepable == 1 << 30)
    }

    @Test("A frame of 2^32+5 bytes is skipped in pieces")
    func longerThan32Bits() {
        var resources = StreamResources(keptPayload: 1 << 30)
        var stream = WebSocketStream(
            sender: .server, streamOffset: 0, compression: nil, demand: PayloadDemand(bytes: 80, includesFrames: true),
            limits: StreamLimits())
        var reported: [Reported] = []
        stream.drain(FrameBytes(.binary, claimed: 1 << 32 + 5).header, &resources, into: &reported)
        let piece = [UInt8](repeating: 0x81, count: 1 << 26)
        for _ in 0..<64 { stream.drain(piece, &resources, into: &reported) }
        #expect(reported.isEmpty)
        stream.drain([1, 2, 3, 4, 5] + FrameBytes(.text, "next").bytes, &resources, into: &reported)
        #expect(reported.frames.map(\.header.payloadLength) == [1 << 32 + 5, 4])
        #expect(reported.messages.map(\.length) == [1 << 32 + 5, 4])
        #expect(reported.messagePayloads.map(\.count) == [80, 4])
        #expect(reported.messages.map(\.payload) == [.truncated, .whole])
        #expect(reported.violations.isEmpty)
    }

    @Test("Each frame knows the packet that brought its first byte")
    func place() {
        var resources = StreamResources(keptPayload: 1 << 20)
        var stream = WebSocketStream(
            sender: .server, streamOffset: 500, compression: nil,
            demand: PayloadDemand(bytes: 0, includesFrames: false), limits: StreamLimits())
        var reported: [Reported] = []
        let rows: [(byte: UInt8, isInMessage: Bool, frames: UInt64)] = [
            (0x01, false, 0), (0x01, true, 1), (0x41, true, 1), (0x80, true, 1), (0x00, false, 2),
        ]
        for (number, row) in rows.enumerated() {
            stream.origin = Origin(packet: UInt64(number))
            stream.drain([row.byte], &resources, into: &reported)
            let seen = (stream.isInMessage, stream.frameCount)
            #expect(seen == (row.isInMessage, row.frames))
        }
        let offset = stream.streamOffset
        #expect(offset == 505)
        #expect(reported.messages.count == 1)
        #expect(reported.frames.map(\.origin.packet) == [0, 3])
    }
}
