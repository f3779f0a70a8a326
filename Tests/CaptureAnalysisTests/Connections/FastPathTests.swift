import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing

@Suite("The fast path")
struct FastPathTests {
    @Test("The fast path gives the same results if ports are reused and old connections are forgotten")
    func portsUsedAgain() throws {
        let packets = Self.sessions(on: 40_000..<40_064, seconds: 0) + Self.sessions(on: 40_000..<40_064, seconds: 200)
        let ahead = Analysis(packets)
        #expect(ahead.texts.count == 128 && ahead.ends.count == 128)
        #expect(try ahead.summary.tcpConnections == 128)
        let inTurn = Analysis(packets, isBatched: false, tracksStates: true)
        #expect(ahead.texts == inTurn.texts && ahead.rules == inTurn.rules)
    }

    @Test("The fast path gives the same results if a frame's first bytes are in the segment of the 101")
    func frameBehindTheAnswer() {
        var talk = TCPConversation()
        talk.open()
        // Enough segments to establish what is usual.
        for _ in 0..<8 {
            talk.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", from: .client)
            talk.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", from: .server)
        }
        talk.send(TCPConversation.upgradeRequest("/chat"), from: .client)
        let frame = WireFrame.text(String(repeating: "x", count: 300), from: .server)
        talk.send(Array(TCPConversation.upgradeResponse().utf8) + frame.prefix(2), from: .server)
        talk.wait(milliseconds: 200)
        talk.acknowledge(from: .client)
        talk.send(Array(frame.dropFirst(2)), from: .server)
        let short = Analysis(talk)
        #expect(short.rules == ["tcp.nagle-stall"])
        #expect(short.rules == Analysis(talk.packets, isBatched: false, tracksStates: true).rules)
    }

    /// A session on each port, one after another.
    private static func sessions(on ports: Range<UInt16>, seconds: Int64) -> [TimedPacket] {
        ports.flatMap { port in
            var talk = TCPConversation(
                from: Endpoint("10.0.0.7:\(port)"), at: 1_700_000_000 + seconds + Int64(port - ports.lowerBound),
                initialSequence: UInt32(port) + UInt32(seconds) * 1_000_000)
            talk.openWebSocket()
            talk.sendText("hello", from: .client)
            talk.sendClose(1000, from: .client)
            talk.sendClose(1000, from: .server)
            talk.finish(first: .server)
            return talk.packets
        }
    }
}
