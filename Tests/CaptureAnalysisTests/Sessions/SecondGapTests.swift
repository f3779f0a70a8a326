import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("A second gap while frames are searched for")
struct SecondGapTests {
    private static func text(_ number: Int) -> String { "message \(number) of those that are told" }

    /// A session whose server stream has lost its position through a gap outside any frame.
    private static func lost() -> TCPConversation {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.lose(77, from: .server)
        return talk
    }

    @Test("A second gap in a payload, while frames are searched for, loses nothing but that message")
    func insidePayload() throws {
        var talk = SecondGapTests.lost()
        talk.sendText(SecondGapTests.text(1), from: .server)
        let long = WireFrame.text(String(repeating: "x", count: 300), from: .server)
        talk.send(Array(long.prefix(100)), from: .server)
        talk.lose(150, from: .server)
        talk.send(Array(long.suffix(from: 250)), from: .server)
        talk.sendText(SecondGapTests.text(2), from: .server)
        talk.sendText(SecondGapTests.text(3), from: .server)
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.texts == [SecondGapTests.text(1), "", SecondGapTests.text(2), SecondGapTests.text(3)])
        #expect(analysis.frames.map(\.frame.missing) == [0, 150, 0, 0])
        #expect(analysis.frames.map(\.isInferred) == [true, true, true, true])
        #expect(analysis.gaps.map(\.length) == [77, 150])
        #expect(analysis.resyncs.map(\.confidence) == [.inferred, .proven])
        let head = UInt64(TCPConversation.upgradeResponse().utf8.count)
        #expect(analysis.resyncs.map(\.streamOffset) == [head + 77, analysis.gaps[1].streamOffset + 150])
        #expect(analysis.resyncs.map(\.skipped) == [0, 0])
        #expect(analysis.rules == ["tcp.gap"])
    }

    @Test("A second gap that ends where a frame does loses nothing but that message")
    func toTheEnd() {
        var talk = SecondGapTests.lost()
        talk.sendText(SecondGapTests.text(1), from: .server)
        let long = WireFrame.text(String(repeating: "x", count: 300), from: .server)
        talk.send(Array(long.prefix(200)), from: .server)
        talk.lose(long.count - 200, from: .server)
        for number in 2...4 { talk.sendText(SecondGapTests.text(number), from: .server) }
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.texts == [SecondGapTests.text(1), ""] + (2...4).map(SecondGapTests.text))
    }

    @Test("A second gap between frames restarts the search, and bytes captured before are given up")
    func betweenFrames() {
        var talk = SecondGapTests.lost()
        let first = WireFrame.text(SecondGapTests.text(1), from: .server)
        talk.send(first, from: .server)
        talk.lose(33, from: .server)
        for number in 2...4 { talk.sendText(SecondGapTests.text(number), from: .server) }
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.texts == (2...4).map(SecondGapTests.text))
        #expect(analysis.resyncs.map(\.skipped) == [UInt64(first.count)])
    }

    @Test("A second gap and a third, in a session that began before the capture, lose nothing but their messages")
    func midstream() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        let opening = talk.packets.count
        for number in 1...12 {
            talk.sendText(SecondGapTests.text(number), from: .server)
            guard number == 1 || number == 2 else { continue }
            let long = WireFrame(2, [UInt8](repeating: 7, count: 300), from: .server).bytes
            talk.send(Array(long.prefix(180)), from: .server)
            talk.lose(60, from: .server)
            talk.send(Array(long.suffix(from: 240)), from: .server)
            talk.acknowledge(from: .client)
            talk.wait(milliseconds: 2000)
            talk.acknowledge(from: .client)
        }
        talk.finish(first: .client)
        let analysis = Analysis(Array(talk.packets[opening...]))
        #expect(analysis.texts.filter { $0 != "" } == (1...12).map(SecondGapTests.text))
        #expect(analysis.frames.map(\.frame.missing).filter { $0 > 0 } == [60, 60])
        #expect(analysis.connections.map(\.opening) == [.midstream])
    }

    @Test("A second gap does not reorder segments of a session that began before the capture")
    func order() {
        var talk = TCPConversation()
        talk.openWebSocket()
        let opening = talk.packets.count
        for number in 1...12 { talk.sendText(SecondGapTests.text(number), from: .server) }
        var packets = Array(talk.packets[opening...])
        packets.swapAt(1, 2)
        packets.swapAt(3, 6)
        #expect(Analysis(packets).texts == (1...12).map(SecondGapTests.text))
    }
}
