import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol

@Suite("Bytes that the capture lacks")
struct GapTests {
    @Test("Bytes that the capture lacks inside a payload leave the framing proven")
    func insidePayload() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        let long = WireFrame.text(String(repeating: "x", count: 300), from: .client)
        talk.send(Array(long.prefix(100)), from: .client)
        talk.lose(150, from: .client)
        talk.send(Array(long.suffix(from: 250)), from: .client)
        talk.acknowledge(from: .server)
        talk.sendText("behind", from: .client)
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        let head = UInt64(TCPConversation.upgradeRequest().utf8.count)
        #expect(analysis.gaps.map(\.length) == [150])
        #expect(analysis.gaps.map(\.streamOffset) == [head + 100])
        #expect(analysis.resyncs.map(\.confidence) == [.proven])
        #expect(analysis.resyncs.map(\.streamOffset) == [head + 250])
        #expect(analysis.frames.map(\.frame.missing) == [150, 0])
        #expect(analysis.messages.map(\.message.isComplete) == [false, true])
        #expect(analysis.messages.map(\.message.length) == [300, 6])
        #expect(analysis.texts == ["", "behind"])
        let summary = try analysis.summary
        #expect(summary.gaps == 1 && summary.messages == 1 && summary.payloadBytes == 6)
        #expect(try analysis.end.tcp.gapBytes == 150)
    }

    @Test("A gap where frames begin ends the decoding of only that direction")
    func betweenFrames() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        talk.lose(WireFrame.text("lost", from: .client).count, from: .client)
        talk.acknowledge(from: .server)
        talk.sendText("other", from: .server)
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.texts == ["one", "other"])
        #expect(analysis.gaps.map(\.length) == [10])
        #expect(analysis.gaps.map(\.from) == [.client])
    }

    @Test("Bytes that the capture lacks do not count as long as they may still come")
    func outOfOrder() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        talk.sendText("two", from: .client)
        talk.sendText("three", from: .client)
        var packets = talk.packets
        packets.swapAt(5, 7)
        let analysis = Analysis(packets)
        #expect(analysis.texts == ["one", "two", "three"])
        #expect(analysis.gaps.isEmpty)
        #expect(try analysis.end.tcp.outOfOrderSegments == 2)
        // A frame's first packet is the one that brought its bytes, whenever they are decoded.
        #expect(analysis.frames.map(\.firstPacket) == [8, 7, 6])
    }

    @Test("Retransmitted bytes are not a gap")
    func sentAgain() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        talk.sendText("two", from: .client)
        let packets = talk.packets
        let analysis = Analysis(packets + [packets[5], packets[6]])
        #expect(analysis.texts == ["one", "two"])
        #expect(try analysis.end.tcp.retransmittedSegments == 2)
    }

    @Test("A snap length makes gaps inside packets")
    func snapLength() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText(String(repeating: "y", count: 500), from: .server)
        talk.sendText("short", from: .server)
        var packets = talk.packets
        packets[5].bytes.removeLast(400)
        let analysis = Analysis(packets)
        #expect(analysis.frames.map(\.frame.missing) == [400, 0])
        #expect(analysis.texts == ["", "short"])
    }

    @Test("A gap in a reserved frame does not change where its neighbours' message began")
    func reservedFrame() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(WireFrame(1, Array("be".utf8), from: .server, fin: false).bytes, from: .server)
        talk.send(WireFrame(3, Array("??".utf8), from: .server).bytes, from: .server)
        talk.send(WireFrame(0, Array("gin".utf8), from: .server).bytes, from: .server)
        let analysis = Analysis(talk)
        #expect(analysis.messages.map(\.firstPacket) == [6])
        #expect(analysis.frames.map(\.fragment) == [1, 0, 2])
        #expect(analysis.texts == ["begin"])
        #expect(analysis.rules == ["frame.reserved-opcode"])
    }
}
