import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol

@Suite("Beyond its bounds, the analysis")
struct BoundsTests {
    /// An end of the n-th of many connections.
    private func endpoint(_ number: Int) -> Endpoint {
        let address = IPAddress(ipv4: 0x0a01_0000 + UInt32(number / 50_000))
        return Endpoint(address: address, port: UInt16(1024 + number % 50_000))
    }

    @Test(
        "Beyond its bounds, the analysis ends the longest silent session when too many are open, and reports it")
    func tooManyConnections() throws {
        var limits = Limits()
        limits.connections = 4 * Limits.shards
        let talks = (0..<400).map { number in
            var talk = TCPConversation(from: endpoint(number), at: 1_700_000_000 + Int64(number))
            talk.openWebSocket("/\(number)")
            return talk
        }
        let analysis = Analysis(talks.flatMap(\.packets), limits: limits)
        #expect(analysis.connections.count == 400)
        #expect(analysis.ends.count == 400)
        let given = analysis.rules.count { $0 == "limit.connections" }
        #expect(given == analysis.rules.count)
        #expect((400 - limits.connections..<400).contains(given))
        // An end that is reported before the capture is over says that nothing more is known.
        #expect(analysis.ends.allSatisfy { $0.verdict.layer == .captureEnd && $0.verdict.clientSees == nil })
    }

    @Test("Beyond its bounds, the analysis follows no fewer sessions than the bound, however they fall on its shards")
    func fewConnections() {
        var limits = Limits()
        limits.connections = 64 * Limits.shards
        let talks = (0..<64).map { number in
            var talk = TCPConversation(from: endpoint(number))
            talk.openWebSocket()
            return talk
        }
        let analysis = Analysis(talks.flatMap(\.packets), limits: limits)
        #expect(analysis.rules == [])
    }

    @Test(
        "Beyond its bounds, the analysis keeps a connection or two for each shard, however small the bound",
        arguments: [0, 1, 7])
    func smallBound(connections: Int) {
        var limits = Limits()
        limits.connections = connections
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("hello", from: .client)
        #expect(Analysis(talk.packets, limits: limits).texts == ["hello"])
    }

    @Test("Beyond its bounds, the analysis gives up the bytes that wait beyond the bound of one stream, as a gap")
    func heldBytes() throws {
        var limits = Limits()
        limits.heldBytesPerStream = 4096
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.lose(10, from: .client)
        for _ in 0..<100 {
            talk.sendText(String(repeating: "z", count: 200), from: .client)
        }
        let analysis = Analysis(talk.packets, limits: limits)
        #expect(analysis.gaps.map(\.length) == [10])
        // Reported when the bound was reached, not at the capture's end.
        let gap = try #require(analysis.reported.first { if case .gap = $0.event { true } else { false } })
        #expect(gap.context.packet < 40)
    }

    @Test("Beyond its bounds, the analysis shares the bytes that wait among the shards")
    func heldBytesInAll() throws {
        var limits = Limits()
        limits.heldBytes = Limits.shards * 2000
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.lose(10, from: .client)
        for _ in 0..<20 {
            talk.sendText(String(repeating: "z", count: 200), from: .client)
        }
        let analysis = Analysis(talk.packets, limits: limits)
        let gap = try #require(analysis.reported.first { if case .gap = $0.event { true } else { false } })
        #expect((10...16).contains(gap.context.packet))
    }

    @Test(
        "Beyond its bounds, the analysis shows the beginning of a payload that is longer than may be kept, and its whole length"
    )
    func keptPayload() throws {
        var limits = Limits()
        limits.stream.message = 100
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText(String(repeating: "k", count: 1000), from: .client)
        let analysis = Analysis(talk.packets, limits: limits)
        #expect(analysis.texts == [String(repeating: "k", count: 100)])
        #expect(analysis.messages.map(\.message.length) == [1000])
        #expect(analysis.messages.map(\.message.payload) == [.truncated])
        #expect(analysis.rules == ["limit.message"])
    }
}
