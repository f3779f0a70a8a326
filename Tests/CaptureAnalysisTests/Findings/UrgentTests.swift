import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WireFormat

/// A Linux receiver leaves the urgent byte out of the stream, unless the application requests it (SO_OOBINLINE).
@Suite("Out-of-band bytes")
struct UrgentTests {
    /// A client's message with an out-of-band byte: the pointer, where the segment is split, and whether all parts have
    /// the flag.
    static let rows: [(place: Int, pointer: UInt16, split: Int?)] = [
        (0, 1, nil), (0, 0, nil), (3, 4, nil), (13, 14, nil), (5, 6, 9), (9, 10, 9), (10, 11, 9), (13, 14, 9),
    ]

    @Test("Bytes at the urgent pointer are left out, and reported", arguments: rows)
    func leftOut(place: Int, pointer: UInt16, split: Int?) {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        talk.acknowledge(from: .server)
        var frame = WireFrame.text("message", from: .client)
        frame.insert(UInt8(ascii: "!"), at: place)
        let first = talk.packets.count
        if let split {
            talk.send(Array(frame[..<split]), from: .client)
            talk.send(Array(frame[split...]), from: .client)
        } else {
            talk.send(frame, from: .client)
        }
        talk.acknowledge(from: .server)
        talk.sendText("after", from: .client)
        talk.acknowledge(from: .server)
        var packets = talk.packets
        packets[first].setUrgent(pointer)
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "message", "after"])
        #expect(analysis.rules.filter { $0 != "masking.repeated-key" } == ["tcp.urgent"])
        #expect(analysis.gaps.isEmpty)
    }

    @Test("Bytes are left out of segments out of order too")
    func outOfOrder() {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        var frame = WireFrame.text("message", from: .client)
        frame.insert(UInt8(ascii: "!"), at: 4)
        let first = talk.packets.count
        talk.sendText("two", from: .client)
        talk.send(frame, from: .client)
        talk.sendText("after", from: .client)
        talk.acknowledge(from: .server)
        var packets = talk.packets
        packets[first + 1].setUrgent(5)
        packets.swapAt(first, first + 1)
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "two", "message", "after"])
    }

    @Test("A pointer far ahead or behind changes nothing", arguments: [60_000, 2])
    func elsewhere(pointer: UInt16) {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        let place = talk.packets.count
        talk.sendText("two", from: .client)
        talk.sendAgain(WireFrame.text("two", from: .client), from: .client)
        talk.sendText("three", from: .client)
        var packets = talk.packets
        packets[place + 1].setUrgent(pointer)
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "two", "three"])
        #expect(!analysis.rules.contains("tcp.urgent"))
    }
}
