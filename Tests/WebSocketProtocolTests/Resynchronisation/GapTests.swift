import Testing

@testable import WebSocketProtocol

@Suite("Gaps: what is proven goes on, nothing is invented")
struct GapTests {
    private let payload = Array("0123456789abcdefghij".utf8)

    @Test("Inside a payload: the bytes behind it are unmasked right, and the next frame is found", arguments: 1...9)
    func insidePayload(length: Int) throws {
        for opcode in [Opcode.ping, .text] {
            for start in 0...(payload.count - length) {
                let frame = FrameBytes(opcode, payload, fin: opcode == .ping, key: 0xa1b2_c3d4)
                let told = StreamSetup(sender: .client).readEveryWay(
                    frame.with(gapAt: start, length) + [.bytes(FrameBytes(.pong, "next", key: 1).bytes)])
                #expect(told.gapAnswers == [true])
                #expect(told.frames.map(\.missing) == [UInt64(length), 0])
                #expect(told.frameStatuses == [.withheld(.incomplete), .whole])
                #expect(
                    told.framePayloads == [Array(payload[..<start] + payload[(start + length)...]), Array("next".utf8)])
                #expect(told.violations.isEmpty)
            }
        }
    }

    @Test("A message that lacks bytes is told without its payload, its sizes known")
    func message() {
        let told = StreamSetup().readEveryWay(
            FrameBytes(.text, payload, fin: false).with(gapAt: 3, 5)
                + [.bytes(FrameBytes(.continuation, payload).bytes + FrameBytes(.text, "next").bytes)])
        #expect(told.texts == ["<incomplete>", "next"])
        #expect(told.messages.map(\.isComplete) == [false, true])
        #expect(told.messages.map(\.wireLength) == [40, 4])
        #expect(told.messages.map(\.length) == [40, 4])
        #expect(told.messages.map(\.frames) == [2, 1])
    }

    @Test("Up to exactly the end of a frame")
    func upToTheEnd() {
        for start in 0..<payload.count {
            let told = StreamSetup().readEveryWay(
                FrameBytes(.binary, payload).with(gapAt: start, payload.count - start)
                    + [.bytes(FrameBytes(.text, "next").bytes)])
            #expect(told.gapAnswers == [true])
            #expect(told.texts == ["<incomplete>", "next"])
            #expect(told.frames.map(\.missing) == [UInt64(payload.count - start), 0])
        }
    }

    @Test("Several in one frame, one behind the other too")
    func several() {
        let bytes = FrameBytes(.ping, payload, key: 0x0102_0304).bytes
        let told = StreamSetup(sender: .client).readEveryWay([
            .bytes(Array(bytes[..<8])), .gap(1), .gap(2), .bytes(Array(bytes[11..<13])), .gap(5),
            .bytes(Array(bytes[18...]) + FrameBytes(.pong, key: 2).bytes),
        ])
        #expect(told.gapAnswers == [true, true, true])
        #expect(told.frames.map(\.missing) == [8, 0])
        #expect(told.framePayloads.first == Array("0156cdefghij".utf8))
    }

    @Test(
        "Beyond the end of a frame: that frame is told, nothing behind it", arguments: [1, 2, 1000, .max] as [UInt64])
    func beyond(length: UInt64) {
        for start in 0..<payload.count {
            let missing = UInt64(payload.count - start)
            let more: UInt64 = length == .max ? .max - missing - 40 : length
            var pieces: [StreamPiece] = [
                .bytes(FrameBytes(.text, "before").bytes + FrameBytes(.text, payload).bytes.prefix(2 + start)),
                .gap(missing + more),
            ]
            pieces += [.bytes(FrameBytes(.text, "phantom").bytes), .gap(3), .bytes(FrameBytes(.ping).bytes)]
            let told = StreamSetup().readEveryWay(pieces)
            #expect(told.gapAnswers == [false, false])
            #expect(told.frames.map(\.missing) == [0, missing])
            #expect(told.texts == ["before", "<incomplete>"])
            #expect(told.violations.isEmpty)
        }
    }

    @Test("At a boundary or inside a header the place is lost", arguments: 0..<14)
    func insideHeader(place: Int) {
        let frame = FrameBytes(.binary, payload, key: 0x0102_0304, form: .sixtyFourBits).bytes
        let told = StreamSetup(sender: .client).readEveryWay([
            .bytes(FrameBytes(.text, "before", key: 5).bytes + frame[..<place]), .gap(2),
            .bytes(Array(frame[min(place + 2, frame.count)...]) + FrameBytes(.text, "phantom", key: 6).bytes),
        ])
        #expect(told.gapAnswers == [false])
        #expect(told.texts == ["before"])
        #expect(told.frames.count == 1)
        #expect(told.violations.isEmpty)
    }

    @Test("Before the first byte")
    func atTheStart() {
        let told = StreamSetup(streamOffset: 9).readEveryWay([.gap(1), .bytes(FrameBytes(.text, "phantom").bytes)])
        #expect(told == [.gap(isProven: false)])
    }

    @Test("With the place, the message that was begun is given up")
    func givenUp() {
        let told = StreamSetup(sender: .client).readEveryWay([
            .bytes(FrameBytes(.text, "begun", fin: false, key: 1).bytes), .gap(1),
            .bytes(FrameBytes(.continuation, "x", key: 2).bytes),
        ])
        #expect(told.texts == ["<incomplete>"])
        #expect(told.messages.map(\.isComplete) == [false])
        #expect(told.messages.map(\.wireLength) == [5])
    }

    @Test("Where the place is found again, fragments may belong to a message that was not seen to begin")
    func found() {
        let behind = [
            FrameBytes(.continuation, "1", fin: false), FrameBytes(.ping), FrameBytes(.continuation, "2"),
            FrameBytes(.continuation, "3"), FrameBytes(.text, "next"),
        ]
        let told = StreamSetup().readEveryWay([
            .bytes(FrameBytes(.text, "before").bytes + FrameBytes(.text, "begun", fin: false).bytes), .gap(1),
            .bytes([0x81, 0x03, 0x41]), .found, .bytes(behind.flatMap(\.bytes)),
        ])
        #expect(told.texts == ["before", "<incomplete>", "next"])
        #expect(told.frames.map(\.index) == Array(0..<7))
        #expect(told.frames.map(\.streamOffset) == [0, 8, 19, 22, 24, 27, 30])
        #expect(told.violations == [.continuationWithoutStart])
    }

    @Test("What a message broke before its place was lost is not laid upon a later frame")
    func foundBehindBroken() {
        let told = StreamSetup(compression: DeflateParameters()).readEveryWay([
            .bytes(FrameBytes(.text, [0x07, 0, 0, 0], reserved: 4).bytes.dropLast()), .gap(5), .found,
            .bytes(FrameBytes(.text, "next").bytes),
        ])
        #expect(told.texts == ["<context-lost>", "next"])
        #expect(told.violations == [.deflateBroken])
    }

    @Test("A gap of no bytes is none")
    func empty() {
        let told = StreamSetup(compression: DeflateParameters()).readEveryWay([
            .gap(0), .bytes([0xc1, 7, 0xf2, 0x48]), .gap(0),
            .bytes([0xcd, 0xc9, 0xc9, 7, 0, 0x81]), .gap(0), .bytes([0]),
        ])
        #expect(told.gapAnswers == [true, true, true])
        #expect(told.texts == ["Hello", ""])
    }

    @Test("In a compressed message: the context is lost, unless each message has its own", arguments: [true, false])
    func compressed(takeover: Bool) {
        let deflating = Deflating(takeover: takeover)
        let first = deflating.compress(payload)
        let second = deflating.compress(payload)
        let third = deflating.compress(payload)
        let setup = StreamSetup(compression: DeflateParameters(noContextTakeover: !takeover))
        let told = setup.readEveryWay(
            [.bytes(FrameBytes(.text, first, reserved: 4).bytes)]
                + FrameBytes(.text, second, reserved: 4).with(gapAt: 2, 2)
                + [.bytes(FrameBytes(.text, "plain").bytes + FrameBytes(.text, third, reserved: 4).bytes)])
        let text = String(decoding: payload, as: UTF8.self)
        #expect(told.gapAnswers == [true])
        #expect(told.texts == [text, "<incomplete>", "plain", takeover ? "<context-lost>" : text])
        #expect(told.messages.map(\.wireLength) == [first.count, second.count, 5, third.count].map { UInt64($0) })
        #expect(told.messages.map(\.length) == [20, nil, 5, takeover ? nil : 20])
        #expect(told.messages.map(\.isComplete) == [true, false, true, true])
        #expect(told.violations.isEmpty)
    }

    @Test("In a plain message the context is not lost")
    func plainAmidCompressed() {
        let deflating = Deflating()
        let first = deflating.compress(payload)
        let second = deflating.compress(payload)
        let told = StreamSetup(compression: DeflateParameters()).readEveryWay(
            [.bytes(FrameBytes(.text, first, reserved: 4).bytes)] + FrameBytes(.text, payload).with(gapAt: 1, 9)
                + [.bytes(FrameBytes(.text, second, reserved: 4).bytes)])
        let text = String(decoding: payload, as: UTF8.self)
        #expect(told.texts == [text, "<incomplete>", text])
    }

    @Test("In a Close frame: no rule on its body is judged")
    func close() {
        let told = StreamSetup().readEveryWay(
            FrameBytes(.close, [0, 1, 0xff, 0xff]).with(gapAt: 0, 2) + FrameBytes(.close, [0xff]).with(gapAt: 0, 1))
        #expect(told.frames.map(\.missing) == [2, 1])
        #expect(told.violations == [.frameAfterClose])
    }
}

extension FrameBytes {
    /// The frame with a gap in its payload.
    fileprivate func with(gapAt start: Int, _ length: Int) -> [StreamPiece] {
        let place = header.count + start
        return [.bytes(Array(bytes[..<place])), .gap(UInt64(length)), .bytes(Array(bytes[(place + length)...]))]
    }
}
