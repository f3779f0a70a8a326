import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

/// A frame in two segments, and whether the second was held back.
struct Cut: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Milliseconds from the first segment to its acknowledgment.
    var acknowledgedAfter: Int64 = 40
    /// Milliseconds from that to the second segment, without the one between packets.
    var sentAfter: Int64 = 0
    /// Payload bytes of the frame.
    var payload = 60
    /// Bytes of it in the first segment.
    var first = 2
    /// The payload of the acknowledgment.
    var answer: [UInt8] = []
    var isStall: Bool

    static let all: [Cut] = [
        Cut(testDescription: "the header, 40 ms before the rest", isStall: true),
        Cut(testDescription: "one byte of the header", first: 1, isStall: true),
        Cut(testDescription: "a part of the payload", acknowledgedAfter: 200, first: 30, isStall: true),
        Cut(testDescription: "the acknowledgment came soon", acknowledgedAfter: 30, isStall: false),
        Cut(testDescription: "the rest came well after the acknowledgment", sentAfter: 30, isStall: false),
        Cut(testDescription: "the rest is a large segment", payload: 1400, isStall: false),
        Cut(testDescription: "the first segment is large", payload: 1400, first: 1300, isStall: false),
        Cut(
            testDescription: "the acknowledgment brought data, which may be what the sender waited for",
            answer: WireFrame.text("go on", from: .client), isStall: false),
    ]
}

@Suite("Segments held back")
struct StallTests {
    private func rules(_ steps: (inout TCPConversation) -> Void) -> [String] {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.acknowledge(from: .client)
        steps(&talk)
        return Analysis(talk.packets).rules
    }

    private func send(_ cut: Cut, in talk: inout TCPConversation) {
        let bytes = WireFrame(2, [UInt8](repeating: 7, count: cut.payload), from: .server).bytes
        talk.send(Array(bytes[..<cut.first]), from: .server)
        talk.wait(milliseconds: cut.acknowledgedAfter - 1)
        if cut.answer.isEmpty { talk.acknowledge(from: .client) } else { talk.send(cut.answer, from: .client) }
        talk.wait(milliseconds: cut.sentAfter)
        talk.send(Array(bytes[cut.first...]), from: .server)
        talk.acknowledge(from: .client)
    }

    @Test("Segments held back are found if nothing else explains it", arguments: Cut.all)
    func cut(cut: Cut) {
        let rules = rules { send(cut, in: &$0) }
        #expect(rules == (cut.isStall ? ["tcp.nagle-stall"] : []))
    }

    @Test("Segments held back are not found between frames: the sender may have had nothing to send")
    func betweenFrames() {
        let rules = rules {
            for text in ["one", "two"] {
                $0.sendText(text, from: .server)
                $0.wait(milliseconds: 45)
                $0.acknowledge(from: .client)
            }
        }
        #expect(rules.isEmpty)
    }

    @Test("Segments held back are not found if the first segment was sent again")
    func sentAgain() {
        let bytes = WireFrame.text("hello", from: .server)
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.acknowledge(from: .client)
        talk.send([bytes[0]], from: .server)
        let again = talk.packets.last
        talk.wait(milliseconds: 100)
        talk.acknowledge(from: .client)
        talk.send(Array(bytes[1...]), from: .server)
        var packets = talk.packets
        if var again {
            again.time = packets[packets.count - 2].time
            packets.insert(again, at: packets.count - 2)
        }
        #expect(Analysis(packets).rules.isEmpty)
    }

    @Test("Segments held back are reported with their numbers: the first by itself, all of them at the end")
    func numbers() {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.acknowledge(from: .client)
        for wait in [40, 60, 50] as [Int64] {
            send(Cut(testDescription: "", acknowledgedAfter: wait, isStall: true), in: &talk)
        }
        let texts = Analysis(talk.packets).findings.map(\.text)
        #expect(texts.count == 2)
        #expect(texts[0].contains("A segment of 60 bytes in the middle of a frame was held back for 41.0 ms"))
        #expect(texts[1].contains("3 segments") && texts[1].contains("153.0 ms in all, 61.0 ms at most"))
    }

    @Test("Segments held back are found in summaries too, for which frames are not reported")
    func withoutFrames() {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.acknowledge(from: .client)
        send(Cut.all[0], in: &talk)
        #expect(Analysis(talk.packets, reportsFrames: false).rules == ["tcp.nagle-stall"])
    }
}
