import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@Suite("The pipeline")
struct PipelineTests {
    @Test("The pipeline reports the beginning and end of an empty capture")
    func nothing() throws {
        let analysis = Analysis([])
        #expect(analysis.reported.count == 2)
        guard case .capture = analysis.reported[0].event else {
            Issue.record("no capture event")
            return
        }
        #expect(try analysis.summary.packets == 0)
        #expect(analysis.reported.map(\.context.packet) == [0, 0])
    }

    @Test("The pipeline names 16 link types that it does not support, and counts the packets of all")
    func linkTypes() throws {
        var pipeline = Pipeline(options: AnalysisOptions())
        var recorder = Recorder()
        for number in 0..<100 as Range<UInt32> {
            let linkType = LinkType(rawValue: 0x8000 + number % 20)
            ([1, 2, 3] as [UInt8]).withPacket(number: UInt64(number + 1), linkType: linkType) {
                pipeline.receive($0, into: &recorder)
            }
        }
        pipeline.finish(into: &recorder)
        guard case .summary(let summary) = recorder.reported.last?.event else {
            Issue.record("no summary")
            return
        }
        #expect(summary.unsupportedLinkTypes.map(\.rawValue) == (0..<16).map { 0x8000 + $0 })
        #expect(summary.unreadablePackets == 100)
    }

    @Test(
        "The pipeline numbers connections by their first upgrade, and ends them in that order, whatever shard they are in"
    )
    func numbers() {
        var talks = (0..<40).map { number in
            var talk = TCPConversation(
                from: Endpoint(address: IPAddress(ipv4: 0x0a00_0100 + UInt32(number)), port: 4000))
            talk.open()
            return talk
        }
        for index in talks.indices.reversed() {
            talks[index].send(TCPConversation.upgradeRequest("/\(index)"), from: .client)
            talks[index].send(TCPConversation.upgradeResponse(), from: .server)
        }
        let opened = talks.flatMap { $0.packets.prefix(3) }
        let upgraded = talks.reversed().flatMap { $0.packets.dropFirst(3) }
        let analysis = Analysis(opened + upgraded)
        #expect(analysis.handshakes.map(\.target) == (0..<40).reversed().map { "/\($0)" })
        let ends = analysis.reported.filter { if case .end = $0.event { true } else { false } }
        #expect(ends.map(\.context.connection) == (1...40).map { UInt64($0) })
    }

    @Test("The pipeline reads what comes with the FIN, and nothing after a RST")
    func lastSegments() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("last words", from: .client)
        talk.finish(from: .client)
        talk.reset(from: .server)
        talk.sendText("too late", from: .server)
        let analysis = Analysis(talk)
        #expect(analysis.texts == ["last words"])
        let end = try analysis.end
        #expect(end.tcp.finPackets == [7] && end.tcp.resetPacket == 8)
        #expect(end.fromClient.messages == 1 && end.fromServer.frames == 0)
    }

    @Test("The pipeline ends a session whose last acknowledgment is missing with the capture, as closed")
    func missingLastAcknowledgment() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.finish(first: .client)
        let analysis = Analysis(Array(talk.packets.dropLast()))
        let verdict = try analysis.end.verdict
        #expect(verdict.layer == .fin && verdict.by == .client)
        #expect(verdict.clientSees?.rawValue == 1006 && verdict.serverSees?.rawValue == 1006)
    }

    @Test("The pipeline gives up an unfinished message at the end of its session")
    func unfinishedMessage() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.send(WireFrame(1, Array("half of".utf8), from: .client, fin: false).bytes, from: .client)
        talk.finish(first: .client)
        let analysis = Analysis(talk)
        #expect(analysis.messages.map(\.message.isComplete) == [false])
        #expect(analysis.messages.map(\.message.payload) == [.whole])
        #expect(analysis.texts == ["half of"])
        #expect(try analysis.summary.messages == 0)
    }

    @Test("The pipeline copes with time that runs backwards, and stays in the order of the packets")
    func backwards() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendPing("p", from: .server)
        talk.sendPong("p", from: .client)
        var packets = talk.packets
        packets[6].time = Timestamp(nanoseconds: packets[0].time.nanoseconds - 5_000_000_000)
        let analysis = Analysis(packets)
        #expect(analysis.reported.map(\.context.packet) == analysis.reported.map(\.context.packet).sorted())
        #expect(analysis.frames.last?.answer?.roundTrip == nil)
        #expect(try analysis.summary.duration == -5_000_000_000)
    }

    @Test("The pipeline copes with any time", arguments: [(Int64.min, Int64.max), (Int64.max, Int64.min)])
    func extremeTimes(first: Int64, last: Int64) throws {
        var packets = TCPConversation.pingPong.packets
        for index in packets.indices {
            packets[index].time = Timestamp(nanoseconds: index.isMultiple(of: 2) ? first : last)
        }
        #expect(Analysis(packets).frames.count == 2)
    }

    @Test("The pipeline takes packets captured twice, a few packets apart, for one session", arguments: [1, 3])
    func doubled(distance: Int) throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<10 { talk.sendText("\(number)", from: .client) }
        talk.finish(first: .client)
        var packets: [TimedPacket] = []
        for index in 0..<talk.packets.count + distance {
            if index < talk.packets.count { packets.append(talk.packets[index]) }
            if index >= distance { packets.append(talk.packets[index - distance]) }
        }
        let analysis = Analysis(packets)
        #expect(analysis.texts == (0..<10).map { "\($0)" })
        #expect(analysis.ends.count == 1)
    }

    @Test("The pipeline counts what is not WebSocket")
    func others() throws {
        var talk = TCPConversation(to: Endpoint("10.0.0.9:443"))
        talk.open()
        talk.send([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3], from: .client)
        let summary = try Analysis(talk.packets + [.udp]).summary
        #expect(summary.others.tls == 1 && summary.others.packetsNotTCP == 1)
        #expect(summary.tcpConnections == 1 && summary.webSocketConnections == 0)
    }
}

extension TCPConversation {
    /// A session with a Ping and its Pong.
    fileprivate static var pingPong: TCPConversation {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendPing("p", from: .server)
        talk.sendPong("p", from: .client)
        talk.finish(first: .client)
        return talk
    }
}
