import Testing

@testable import WebSocketProtocol

@Suite("Extensions that are not decoded")
struct UndecodedExtensionTests {
    private func extensions(_ names: [String]) -> UndecodedExtensions {
        UndecodedExtensions(names.map { WebSocketExtension(name: $0, parameters: []) })
    }

    @Test(
        "may use the reserved bits that permessage-deflate does not",
        arguments: [
            ([], 0), (["permessage-deflate"], 0), (["x-webkit-deflate-frame"], 0x40), (["deflate-frame"], 0x40),
            (["x"], 0x70), (["permessage-deflate", "x"], 0x30), (["x-webkit-deflate-frame", "x"], 0x70),
            (["permessage-deflate", "x-webkit-deflate-frame"], 0),
        ] as [([String], UInt8)])
    func bits(names: [String], bits: UInt8) {
        #expect(extensions(names).reservedBits == bits)
        #expect(extensions(names).names == names.filter { $0 != "permessage-deflate" })
    }

    private func read(_ frames: [FrameBytes], bits: UInt8, compression: DeflateParameters? = nil) -> [Reported] {
        var setup = StreamSetup(compression: compression)
        setup.undecodedBits = bits
        return setup.readEveryWay(frames)
    }

    @Test("have messages withheld if any fragment has their bit, and others read")
    func messages() {
        let reported = read(
            [
                FrameBytes(.text, [0xff, 0xfe], reserved: 4), FrameBytes(.text, "plain"),
                FrameBytes(.text, "a", fin: false), FrameBytes(.ping), FrameBytes(.continuation, "b", reserved: 4),
                FrameBytes(.text, "plain"),
            ], bits: 0x40)
        #expect(reported.texts == ["<undecoded-extension>", "plain", "<undecoded-extension>", "plain"])
        #expect(reported.messages.map(\.length) == [nil, 5, nil, 5])
        #expect(reported.messages.map(\.wireLength) == [2, 5, 2, 5])
        #expect(reported.messages.map(\.isCompressed) == [false, false, false, false])
        #expect(reported.violations == [])
    }

    @Test("excuse only the bits that they may set")
    func otherBits() {
        let reported = read([FrameBytes(.text, "a", reserved: 2), FrameBytes(.text, "b", reserved: 6)], bits: 0x40)
        #expect(reported.violations == [.reservedBits, .reservedBits])
        #expect(reported.texts == ["a", "<undecoded-extension>"])
    }

    @Test("may be used with permessage-deflate")
    func besideDeflate() {
        let reported = read(
            [
                FrameBytes(.text, [UInt8](hex: "f248cdc9c90700"), reserved: 4),
                FrameBytes(.text, [UInt8](hex: "f248cdc9c90700"), reserved: 6), FrameBytes(.text, "b", reserved: 2),
            ], bits: 0x30, compression: DeflateParameters())
        #expect(reported.texts == ["Hello", "<undecoded-extension>", "<undecoded-extension>"])
        #expect(reported.violations == [])
    }

    @Test("make unknown what a later compressed message refers to")
    func contextBehindThem() {
        let deflating = Deflating()
        let payloads = ["one and two and three", "four, five, six", "five, six, one and two"].map {
            deflating.compress(Array($0.utf8))
        }
        for fragment in [0, 1] {
            let reported = read(
                [
                    FrameBytes(.text, payloads[0], reserved: 4),
                    FrameBytes(.text, Array(payloads[1].prefix(4)), fin: false, reserved: fragment == 0 ? 6 : 4),
                    FrameBytes(.continuation, Array(payloads[1].dropFirst(4)), reserved: fragment == 1 ? 2 : 0),
                    FrameBytes(.text, payloads[2], reserved: 4),
                ], bits: 0x30, compression: DeflateParameters())
            #expect(reported.texts == ["one and two and three", "<undecoded-extension>", "<context-lost>"])
            #expect(reported.violations == [])
        }
    }

    @Test("may change the body of a Close frame, which is not checked")
    func close() {
        #expect(read([FrameBytes(.close, [3, 0xed], reserved: 1)], bits: 0x70).violations == [])
        #expect(read([FrameBytes(.close, [3, 0xed])], bits: 0x70).violations == [.closeCodeNotAllowed])
    }
}
