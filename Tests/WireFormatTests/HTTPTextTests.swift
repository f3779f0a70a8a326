import Testing
import WireFormat

@Suite("Text of HTTP heads")
struct HTTPTextTests {
    @Test("A byte is found where a plain search finds it", arguments: 0..<40)
    func index(length: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var state = seed
        for _ in 0..<200 {
            // Neighbours of the searched byte are those that borrowing could confuse with it.
            let bytes = (0..<length).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return [0x0a, 0x0b, 0x09, 0x8a, 0x00, 0xff, 0x61, 0x62][Int(state >> 61)] as UInt8
            }
            let start = length / 3
            let expected = bytes[start...].firstIndex(of: 0x0a) ?? length
            let found = bytes.span.index(of: 0x0a, in: start..<length)
            #expect(found == expected, "seed \(seed)")
        }
    }

    @Test("Letters alone are compared without their case")
    func ignoringCase() {
        for byte in UInt8.min...UInt8.max {
            let bytes: [UInt8] = [0x78, byte]
            let isLetter = bytes.span.equalsIgnoringCase("xk", in: 0..<2)
            #expect(isLetter == (byte == 0x6b || byte == 0x4b))
            let isHyphen = bytes.span.equalsIgnoringCase("x-", in: 0..<2)
            #expect(isHyphen == (byte == 0x2d))
        }
    }

    @Test("A list's empty elements are skipped, and a token may be followed by a version")
    func list() {
        let list = Array(", a b,\t, WebSocket/13 ,,".utf8)
        let elements = list.span.elements
        #expect(elements == ["a b", "WebSocket/13"])
        let (hasWhole, hasPart) = (list.span.hasToken("websocket"), list.span.hasToken("a"))
        #expect(hasWhole && !hasPart)
    }

    @Test("Fields are those given, or those of the head")
    func fields() {
        var fields = HTTPFields([HTTPField(name: "a", value: "b")])
        #expect(fields.all == [HTTPField(name: "a", value: "b")])
        fields = HTTPFields(Array("GET / HTTP/1.1\nX : y\n z\n\n".utf8).span, after: 15)
        #expect(fields.all == [HTTPField(name: "X", value: "y z")])
    }
}
