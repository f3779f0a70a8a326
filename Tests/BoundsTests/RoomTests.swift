import CaptureAnalysis
import TestSupport
import Testing

@Suite("If memory for many connections runs out")
struct RoomTests {
    private func talk(_ number: Int) -> TCPConversation {
        TCPConversation(from: "10.1.0.\(number % 250):\(2000 + number)", at: 1_700_000_000 + Int64(number))
    }

    /// A session with one message from RFC 7692 7.2.3.1.
    private func compressed(_ number: Int) -> TCPConversation {
        var talk = talk(number)
        let fields = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
        talk.open()
        talk.send(TCPConversation.upgradeRequest(fields: fields), from: .client)
        talk.send(TCPConversation.upgradeResponse(fields: fields), from: .server)
        let hello: [UInt8] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]
        talk.send(WireFrame(1, hello, from: .server, compressed: true).bytes, from: .server)
        return talk
    }

    @Test("compressed messages of further sessions are withheld, which is reported once")
    func compression() {
        var limits = Limits()
        limits.compression = Limits.shards * 15_000
        var open = (0..<100).map(compressed)
        for number in open.indices {
            open[number].send(WireFrame.text("plain", from: .server), from: .server)
        }
        let outcome = Outcome(open, limits: limits)
        let refused = outcome.rules.count
        #expect((100 - Limits.shards..<100).contains(refused))
        #expect(outcome.rules.allSatisfy { $0 == "limit.compression" })
        #expect(outcome.texts.count { $0 == "Hello" } == 100 - refused)
        #expect(outcome.texts.count { $0 == "plain" } == 100)
    }

    @Test("finished sessions release what compression took")
    func compressionReturned() {
        var limits = Limits()
        limits.compression = Limits.shards * 15_000
        let closed = (0..<100).map { number in
            var talk = compressed(number)
            talk.finish(first: .client)
            return talk
        }
        let outcome = Outcome(closed, limits: limits)
        #expect(outcome.rules == [])
        #expect(outcome.texts == Array(repeating: "Hello", count: 100))
    }

    @Test("connections with endless HTTP heads are given up and counted; sessions go on")
    func heads() {
        var limits = Limits()
        limits.keptPayload = Limits.shards * 64 << 10
        var talks = (0..<100).map { number in
            var talk = talk(number)
            talk.open()
            talk.send("GET / HTTP/1.1\r\nX: ", from: .client)
            for _ in 0..<10 { talk.send(String(repeating: "y", count: 1000), from: .client) }
            return talk
        }
        talks.append(.chat)
        let outcome = Outcome(talks, limits: limits)
        #expect((80...100).contains(outcome.summary.others.oversizedHeads))
        #expect(outcome.texts.contains("hello"))
    }

    @Test("connections from before the capture are not all searched, and are counted; sessions go on")
    func searches() {
        var limits = Limits()
        limits.keptPayload = Limits.shards * 64 << 10
        var random = SystemRandomNumberGenerator()
        var talks = (0..<100).map { number in
            var talk = talk(number)
            for _ in 0..<10 {
                talk.send((0..<1000).map { _ in UInt8.random(in: .min ... .max, using: &random) }, from: .client)
            }
            return talk
        }
        talks.append(.chat)
        let outcome = Outcome(talks, limits: limits)
        #expect((50...100).contains(outcome.summary.others.unsearched))
        #expect(outcome.summary.others.midstream == 100)
        #expect(outcome.texts.contains("hello"))
    }
}
