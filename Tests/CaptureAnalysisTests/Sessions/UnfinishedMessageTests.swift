import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("Messages that their sender does not finish")
struct UnfinishedMessageTests {
    private static func analysis(_ frames: [WireFrame], lost: Int? = nil, closes: Bool = true) -> Analysis {
        var talk = TCPConversation()
        talk.openWebSocket()
        for (index, frame) in frames.enumerated() {
            if index == lost { talk.lose(20, from: .server) }
            talk.send(frame.bytes, from: .server)
            talk.acknowledge(from: .client)
        }
        if closes { talk.finish(first: .server) }
        return Analysis(talk.packets)
    }

    private static func frame(_ opcode: UInt8, _ text: String, isLast: Bool = false) -> WireFrame {
        WireFrame(opcode, Array(text.utf8), from: .server, fin: isLast)
    }

    /// Frames, and the messages that they form: payload, whether it is complete, and its first packet.
    static let rows: [(String, [WireFrame], [(String, Bool, UInt64)])] = [
        (
            "text in place of continuation",
            [frame(1, "part one, "), frame(1, "part two, "), frame(1, "part three.", isLast: true)],
            [("part one, ", false, 6), ("part two, ", false, 8), ("part three.", true, 10)]
        ),
        (
            "binary in place of continuation",
            [frame(2, "one"), frame(2, "two"), frame(2, "three", isLast: true)],
            [("one", false, 6), ("two", false, 8), ("three", true, 10)]
        ),
        (
            "a message inside the fragments of another",
            [frame(1, "one "), frame(0, "two "), frame(1, "whole", isLast: true), frame(1, "next", isLast: true)],
            [("one two ", false, 6), ("whole", true, 10), ("next", true, 12)]
        ),
        (
            "text in place of binary",
            [frame(2, "\u{1}\u{2}"), frame(1, "text", isLast: true)], [("\u{1}\u{2}", false, 6), ("text", true, 8)]
        ),
        (
            "an end amid a message", [frame(1, "begun "), frame(0, "and not")], [("begun and not", false, 6)]
        ),
        ("an empty beginning", [frame(1, ""), frame(1, "text", isLast: true)], [("", false, 6), ("text", true, 8)]),
    ]

    @Test("Unfinished messages are shown so far, with their own first packet", arguments: rows)
    func shown(name: String, frames: [WireFrame], expected: [(String, Bool, UInt64)]) {
        for closes in [true, false] {
            let analysis = Self.analysis(frames, closes: closes)
            #expect(analysis.texts == expected.map(\.0))
            #expect(analysis.messages.map(\.message.isComplete) == expected.map(\.1))
            #expect(analysis.messages.map(\.firstPacket) == expected.map(\.2))
            #expect(analysis.messages.map(\.message.length) == expected.map { UInt64($0.0.utf8.count) })
            #expect(analysis.messages.allSatisfy { $0.message.payload == .whole })
        }
    }

    @Test("An end inside a frame shows the bytes so far, and the frame's length")
    func amidFrame() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(Array(Self.frame(1, "a long message", isLast: true).bytes.dropLast(8)), from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk.packets)
        #expect(analysis.texts == ["a long"])
        let message = try #require(analysis.messages.first?.message)
        #expect(!message.isComplete && message.length == 6 && message.wireLength == 14 && message.payload == .whole)
    }

    @Test("Bytes are called missing if the capture lacks them")
    func missing() throws {
        let analysis = Self.analysis([Self.frame(1, "one "), Self.frame(0, "two", isLast: true)], lost: 1)
        let message = try #require(analysis.messages.first?.message)
        #expect(!message.isComplete && message.payload == .withheld(.incomplete) && message.length == nil)
    }

    /// Lengths of five frames whose extended length has its bytes in the other order.
    @Test(
        "Five frames with lengths in the wrong byte order are reported",
        arguments: [[300, 300, 300, 300, 300], [200, 201, 202, 203, 204], [1000, 999, 998, 997, 996]])
    func byteOrder(lengths: [Int]) {
        for (size, isReported) in [(5, true), (6, true), (4, false)] {
            var talk = TCPConversation()
            talk.openWebSocket()
            for length in (lengths + lengths).prefix(size) {
                var bytes = WireFrame(2, Array(repeating: 7, count: length), from: .server).bytes
                bytes.swapAt(2, 3)
                talk.send(bytes, from: .server)
            }
            talk.finish(first: .server)
            let reported = Analysis(talk.packets).findings.filter { $0.rule == "frame.length-byte-order" }
            #expect(reported.count == (isReported ? 1 : 0))
            #expect(reported.first?.text.contains("\(lengths[4] + 4) bytes") ?? !isReported)
        }
    }

    /// A header that a sender got wrong, before payloads of these lengths, and what would make frames of them.
    struct OddHeader: CustomTestStringConvertible {
        var name: String
        var sender = ExpectedMessage.Sender.server
        var lengths: [Int]
        var header: @Sendable (Int) -> [UInt8]
        var hint: String

        var testDescription: String { name }
    }

    private static func bytes(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * (size - 1 - $0))) }
    }

    static let oddHeaders: [OddHeader] = [
        OddHeader(
            name: "64 bits, little-endian", lengths: [60_000, 60_001],
            header: { [0x82, 127] + bytes($0, 8).reversed() },
            hint: "in the other order"),
        OddHeader(
            name: "16 bits, little-endian, masked", sender: .client, lengths: [300, 400],
            header: { [0x82, 0xfe] + bytes($0, 2).reversed() + [1, 2, 3, 4] }, hint: "in the other order"),
        OddHeader(
            name: "one byte", lengths: [200, 130, 255], header: { [0x81, UInt8($0)] }, hint: "second byte alone"),
        OddHeader(
            name: "one byte, 126 and 127", lengths: [126, 127], header: { [0x82, UInt8($0)] }, hint: "second byte alone"
        ),
        OddHeader(
            name: "masked without key", sender: .client, lengths: [20, 31], header: { [0x81, 0x80 | UInt8($0)] },
            hint: "masking key is absent"),
        OddHeader(
            name: "masked without key, 16 bits", sender: .client, lengths: [300, 500],
            header: { [0x82, 0xfe] + bytes($0, 2) }, hint: "masking key is absent"),
        OddHeader(
            name: "server with mask bit and no key", lengths: [20, 31], header: { [0x81, 0x80 | UInt8($0)] },
            hint: "masking key is absent"),
        OddHeader(
            name: "key counted as payload", sender: .client, lengths: [20, 31],
            header: { [0x82, 0x80 | UInt8($0 + 4), 1, 2, 3, 4] }, hint: "masking key is absent"),
        OddHeader(
            name: "header counted", lengths: [20, 31], header: { [0x82, UInt8($0 + 2)] }, hint: "header is counted"),
        OddHeader(
            name: "32 bits", lengths: [300, 400], header: { [0x82, 127] + bytes($0, 4) }, hint: "more or fewer bytes"),
        OddHeader(
            name: "32 bits, little-endian, masked", sender: .client, lengths: [300, 40_000],
            header: { [0x82, 0xff] + bytes($0, 4).reversed() + [1, 2, 3, 4] }, hint: "more or fewer bytes"),
        OddHeader(
            name: "64 bits after 126", lengths: [300, 60_000], header: { [0x82, 126] + bytes($0, 8) },
            hint: "more or fewer bytes"),
    ]

    @Test("Five frames with a length form unknown to RFC 6455 5.2 are reported", arguments: oddHeaders)
    func form(odd: OddHeader) throws {
        for (size, isReported) in [(5, true), (9, true), (4, false)] {
            var talk = TCPConversation()
            talk.openWebSocket()
            for number in 0..<size {
                let length = odd.lengths[number % odd.lengths.count]
                talk.send(
                    odd.header(length) + (0..<length).map { UInt8(0x61 + ($0 * 7 + number) % 26) }, from: odd.sender)
            }
            talk.finish(first: .server)
            let reported = Analysis(talk.packets).findings.filter {
                $0.rule.hasPrefix("frame.length-") && $0.text.hasPrefix("Five")
            }
            #expect(reported.count == (isReported ? 1 : 0))
            #expect(reported.first?.text.contains(odd.hint) ?? !isReported)
        }
    }

    @Test(
        "Five texts whose lengths count characters, in UTF-16 units, are reported", arguments: ["Köln", "北京", "🐸 frog"])
    func characters(word: String) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<6 {
            let text = #"{"city":"\#(word)","number":\#(number)}"#
            talk.send([0x81, UInt8(text.utf16.count)] + Array(text.utf8), from: .server)
        }
        talk.finish(first: .server)
        let reported = Analysis(talk.packets).findings.filter { $0.rule == "frame.length-form" }
        #expect(reported.map { $0.text.contains("counts characters") } == [true])
    }

    @Test("Segments of a long frame are not frames with odd lengths")
    func longFrame() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        let payload = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        let bytes = WireFrame(2, payload, from: .server).bytes
        for start in stride(from: 0, to: bytes.count, by: 700) {
            talk.send(Array(bytes[start..<min(bytes.count, start + 700)]), from: .server)
        }
        talk.finish(first: .server)
        #expect(Analysis(talk.packets).findings.isEmpty)
    }
}
