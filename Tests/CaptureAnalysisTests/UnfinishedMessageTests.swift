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

    /// Frames, and the messages that they come to: payload, whether it is complete, and its first packet.
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

    @Test("Messages are shown as far as they came, with their own first packet", arguments: rows)
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

    @Test("An end amid a frame shows what came of it, and its length")
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
        "Five frames with lengths in the wrong byte order are told",
        arguments: [[300, 300, 300, 300, 300], [200, 201, 202, 203, 204], [1000, 999, 998, 997, 996]])
    func byteOrder(lengths: [Int]) {
        for (size, isTold) in [(5, true), (6, true), (4, false)] {
            var talk = TCPConversation()
            talk.openWebSocket()
            for length in (lengths + lengths).prefix(size) {
                var bytes = WireFrame(2, Array(repeating: 7, count: length), from: .server).bytes
                bytes.swapAt(2, 3)
                talk.send(bytes, from: .server)
            }
            talk.finish(first: .server)
            let told = Analysis(talk.packets).findings.filter { $0.rule == "frame.length-byte-order" }
            #expect(told.count == (isTold ? 1 : 0))
            #expect(told.first?.text.contains("\(lengths[4] + 4) bytes") ?? !isTold)
        }
    }
}
