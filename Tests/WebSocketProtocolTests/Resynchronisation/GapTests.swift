import Testing

@testable import WebSocketProtocol

@Suite("Gaps")
struct GapTests {
    private let payload = Array("0123456789abcdefghij".utf8)

    @Test("After a gap inside a payload, bytes are unmasked correctly and the next frame is found", arguments: 1...9)
    func insidePayload(length: Int) throws {
        for opcode in [Opcode.ping, .text] {
            for start in 0...(payload.count - length) {
                let frame = FrameBytes(opcode, payload, fin: opcode == .ping, key: 0xa1b2_c3d4)
                let reported = StreamSetup(sender: .client).readEveryWay(
                    frame.with(gapAt: start, length) + [.bytes(FrameBytes(.pong, "next", key: 1).bytes)])
                #expect(reported.gapAnswers == [true])
                #expect(reported.frames.map(\.missing) == [UInt64(length), 0])
                #expect(reported.frameStatuses == [.withheld(.incomplete), .whole])
                #expect(
                    reported.framePayloads == [
                        Array(payload[..<start] + payload[(start + length)...]), Array("next".utf8),
                    ])
                #expect(reported.violations.isEmpty)
            }
        }
    }

    @Test("A message that lacks bytes is reported without its payload, with its sizes")
    func message() {
        let reported = StreamSetup().readEveryWay(
            FrameBytes(.text, payload, fin: false).with(gapAt: 3, 5)
                + [.bytes(FrameBytes(.continuation, payload).bytes + FrameBytes(.text, "next").bytes)])
        #expect(reported.texts == ["<incomplete>", "next"])
        #expect(reported.messages.map(\.isComplete) == [false, true])
        #expect(reported.messages.map(\.wireLength) == [40, 4])
        #expect(reported.messages.map(\.length) == [40, 4])
        #expect(reported.messages.map(\.frameCount) == [2, 1])
    }

    @Test("A gap may end exactly with a frame")
    func upToTheEnd() {
        for start in 0..<payload.count {
            let reported = StreamSetup().readEveryWay(
                FrameBytes(.binary, payload).with(gapAt: start, payload.count - start)
                    + [.bytes(FrameBytes(.text, "next").bytes)])
            #expect(reported.gapAnswers == [true])
            #expect(reported.texts == ["<incomplete>", "next"])
            #expect(reported.frames.map(\.missing) == [UInt64(payload.count - start), 0])
        }
    }

    @Test("One frame may have several gaps, adjacent ones too")
    func several() {
        let bytes = FrameBytes(.ping, payload, key: 0x0102_0304).bytes
        let reported = StreamSetup(sender: .client).readEveryWay([
            .bytes(Array(bytes[..<8])), .gap(1), .gap(2), .bytes(Array(bytes[11..<13])), .gap(5),
            .bytes(Array(bytes[18...]) + FrameBytes(.pong, key: 2).bytes),
        ])
        #expect(reported.gapAnswers == [true, true, true])
        #expect(reported.frames.map(\.missing) == [8, 0])
        #expect(reported.framePayloads.first == Array("0156cdefghij".utf8))
    }

    @Test(
        "Beyond the end of a frame: that frame is reported, nothing after it",
        arguments: [1, 2, 1000, .max] as [UInt64])
    func beyond(length: UInt64) {
        for start in 0..<payload.count {
            let missing = UInt64(payload.count - start)
            let more: UInt64 = length == .max ? .max - missing - 40 : length
            var pieces: [StreamPiece] = [
                .bytes(FrameBytes(.text, "before").bytes + FrameBytes(.text, payload).bytes.prefix(2 + start)),
                .gap(missing + more),
            ]
            pieces += [.bytes(FrameBytes(.text, "phantom").bytes), .gap(3), .bytes(FrameBytes(.ping).bytes)]
            let reported = StreamSetup().readEveryWay(pieces)
            #expect(reported.gapAnswers == [false, false])
            #expect(reported.frames.map(\.missing) == [0, missing])
            #expect(reported.texts == ["before", "<incomplete>"])
            #expect(reported.violations.isEmpty)
        }
    }

    @Test("A gap at a boundary or inside a header loses the position", arguments: 0..<14)
    func insideHeader(place: Int) {
        let frame = FrameBytes(.binary, payload, key: 0x0102_0304, form: .sixtyFourBits).bytes
        let reported = StreamSetup(sender: .client).readEveryWay([
            .bytes(FrameBytes(.text, "before", key: 5).bytes + frame[..<place]), .gap(2),
            .bytes(Array(frame[min(place + 2, frame.count)...]) + FrameBytes(.text, "phantom", key: 6).bytes),
        ])
        #expect(reported.gapAnswers == [false])
        #expect(reported.texts == ["before"])
        #expect(reported.frames.count == 1)
        #expect(reported.violations.isEmpty)
    }

    @Test("A gap before the first byte loses the position")
    func atTheStart() {
        let reported = StreamSetup(streamOffset: 9).readEveryWay([.gap(1), .bytes(FrameBytes(.text, "phantom").bytes)])
        #expect(reported == [.gap(isProven: false)])
    }

    @Test("Losing the position abandons the open message")
    func givenUp() {
        let reported = StreamSetup(sender: .client).readEveryWay([
            .bytes(FrameBytes(.text, "begun", fin: false, key: 1).bytes), .gap(1),
            .bytes(FrameBytes(.continuation, "x", key: 2).bytes),
        ])
        #expect(reported.texts == ["<incomplete>"])
        #expect(reported.messages.map(\.isComplete) == [false])
        #expect(reported.messages.map(\.wireLength) == [5])
    }

    @Test("After resuming, fragments may belong to a message whose beginning was not seen")
    func found() {
        let behind = [
            FrameBytes(.continuation, "1", fin: false), FrameBytes(.ping), FrameBytes(.continuation, "2"),
            FrameBytes(.continuation, "3"), FrameBytes(.text, "next"),
        ]
        let reported = StreamSetup().readEveryWay([
            .bytes(FrameBytes(.text, "before").bytes + FrameBytes(.text, "begun", fin: false).bytes), .gap(1),
            .bytes([0x81, 0x03, 0x41]), .found, .bytes(behind.flatMap(\.bytes)),
        ])
        #expect(reported.texts == ["before", "<incomplete>", "next"])
        #expect(reported.frames.map(\.index) == Array(0..<7))
        #expect(reported.frames.map(\.streamOffset) == [0, 8, 19, 22, 24, 27, 30])
        #expect(reported.violations == [.continuationWithoutStart])
    }

    @Test("Violations of a message that was lost are not blamed on a later frame")
    func foundBehindBroken() {
        let reported = StreamSetup(compression: DeflateParameters()).readEveryWay([
            .bytes(FrameBytes(.text, [0x07, 0, 0, 0], reserved: 4).bytes.dropLast()), .gap(5), .found,
            .bytes(FrameBytes(.text, "next").bytes),
        ])
        #expect(reported.texts == ["<context-lost>", "next"])
        #expect(reported.violations == [.deflateBroken])
    }

    @Test("A gap of no bytes is not a gap")
    func empty() {
        let reported = StreamSetup(compression: DeflateParameters()).readEveryWay([
            .gap(0), .bytes([0xc1, 7, 0xf2, 0x48]), .gap(0),
            .bytes([0xcd, 0xc9, 0xc9, 7, 0, 0x81]), .gap(0), .bytes([0]),
        ])
        #expect(reported.gapAnswers == [true, true, true])
        #expect(reported.texts == ["Hello", ""])
    }

    @Test("A gap in a compressed message loses the context, unless each message has its own", arguments: [true, false])
    func compressed(takeover: Bool) {
        let deflating = Deflating(takeover: takeover)
        let first = deflating.compress(payload)
        let second = deflating.compress(payload)
        let third = deflating.compress(payload)
        let setup = StreamSetup(compression: DeflateParameters(noContextTakeover: !takeover))
        let reported = setup.readEveryWay(
            [.bytes(FrameBytes(.text, first, reserved: 4).bytes)]
                + FrameBytes(.text, second, reserved: 4).with(gapAt: 2, 2)
                + [.bytes(FrameBytes(.text, "plain").bytes + FrameBytes(.text, third, reserved: 4).bytes)])
        let text = String(decoding: payload, as: UTF8.self)
        #expect(reported.gapAnswers == [true])
        #expect(reported.texts == [text, "<incomplete>", "plain", takeover ? "<context-lost>" : text])
        #expect(reported.messages.map(\.wireLength) == [first.count, second.count, 5, third.count].map { UInt64($0) })
        #expect(reported.messages.map(\.length) == [20, nil, 5, takeover ? nil : 20])
        #expect(reported.messages.map(\.isComplete) == [true, false, true, true])
        #expect(reported.violations.isEmpty)
    }

    @Test("A gap in a plain message does not lose the context")
    func plainAmidCompressed() {
        let deflating = Deflating()
        let first = deflating.compress(payload)
        let second = deflating.compress(payload)
        let reported = StreamSetup(compression: DeflateParameters()).readEveryWay(
            [.bytes(FrameBytes(.text, first, reserved: 4).bytes)] + FrameBytes(.text, payload).with(gapAt: 1, 9)
                + [.bytes(FrameBytes(.text, second, reserved: 4).bytes)])
        let text = String(decoding: payload, as: UTF8.self)
        #expect(reported.texts == [text, "<incomplete>", text])
    }

    @Test("A Close frame with a gap is not checked for rules on its body")
    func close() {
        let reported = StreamSetup().readEveryWay(
            FrameBytes(.close, [0, 1, 0xff, 0xff]).with(gapAt: 0, 2) + FrameBytes(.close, [0xff]).with(gapAt: 0, 1))
        #expect(reported.frames.map(\.missing) == [2, 1])
        #expect(reported.violations == [.frameAfterClose])
    }
}

extension FrameBytes {
    /// The frame with a gap in its payload.
    fileprivate func with(gapAt start: Int, _ length: Int) -> [StreamPiece] {
        let place = header.count + start
        return [.bytes(Array(bytes[..<place])), .gap(UInt64(length)), .bytes(Array(bytes[(place + length)...]))]
    }
}
