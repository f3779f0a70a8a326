import Testing

@testable import WebSocketProtocol

@Suite("The demanded part of payloads")
struct PayloadDemandTests {
    private let frames = [
        FrameBytes(.text, "Hello, world"), FrameBytes(.binary, "abcd", fin: false), FrameBytes(.ping, "ping"),
        FrameBytes(.continuation, "efgh"), FrameBytes(.text, ""), FrameBytes(Opcode(rawValue: 5), "reserved"),
        FrameBytes(.close, [3, 0xe8] + Array("bye".utf8)),
    ]

    @Test(
        "Of messages: their beginnings, up to the bytes demanded", arguments: [0, 1, 4, 8, 11, 12, .max], [true, false])
    func messages(bytes: Int, includesFrames: Bool) {
        let setup = StreamSetup(demand: PayloadDemand(bytes: bytes, includesFrames: includesFrames))
        let reported = setup.readEveryWay(frames)
        let payloads = ["Hello, world", "abcdefgh", ""].map { Array($0.utf8) }
        #expect(reported.messagePayloads == payloads.map { Array($0.prefix(bytes)) })
        #expect(reported.messages.map(\.payload) == payloads.map { $0.count > bytes ? .truncated : .whole })
        #expect(reported.messages.map(\.length) == [12, 8, 0])
        #expect(reported.violations == [.reservedOpcode])
    }

    @Test(
        "Of frames: control frames whole; data frames as demanded", arguments: [0, 1, 4, 8, 11, 12, .max],
        [true, false])
    func frames(bytes: Int, includesFrames: Bool) {
        let setup = StreamSetup(demand: PayloadDemand(bytes: bytes, includesFrames: includesFrames))
        let reported = setup.readEveryWay(frames)
        for (number, frame) in frames.enumerated() {
            let wanted = frame.opcode.isControl ? .max : includesFrames ? bytes : 0
            #expect(reported.framePayloads[number] == Array(frame.payload.prefix(wanted)), "frame \(number)")
            #expect(
                reported.frameStatuses[number] == (frame.payload.count > wanted ? .truncated : .whole),
                "frame \(number)")
        }
    }

    @Test("A compressed frame's own payload stays compressed")
    func compressed() {
        let payload = Deflating().compress(Array("Hello, Hello, Hello".utf8))
        let reported = StreamSetup(sender: .client, compression: DeflateParameters()).readEveryWay([
            FrameBytes(.text, payload, reserved: 4, key: 0x0102_0304)
        ])
        #expect(reported.framePayloads == [payload])
        #expect(reported.texts == ["Hello, Hello, Hello"])
    }

    @Test("A payload that is not kept is still checked")
    func unkept() {
        let setup = StreamSetup(
            compression: DeflateParameters(), demand: PayloadDemand(bytes: 0, includesFrames: false))
        let reported = setup.readEveryWay([
            FrameBytes(.text, [0x41, 0xff]), FrameBytes(.text, Deflating().compress([0xc3]), reserved: 4),
        ])
        #expect(reported.violations == [.textNotUTF8, .textNotUTF8])
        #expect(reported.messages.map(\.isValidUTF8) == [false, false])
        #expect(reported.messages.map(\.length) == [2, 1])
    }
}
