import CaptureAnalysis
import FuzzTargets
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// Layers between TCP and sessions, as TLS and HTTP/2 are: through the whole pipeline.
@Suite("Layers between TCP and sessions")
struct LayerTests {
    /// Bytes that an end sends of its own accord.
    private struct Part {
        var sender: ExpectedMessage.Sender
        var bytes: [UInt8]

        init(_ sender: ExpectedMessage.Sender, _ bytes: [UInt8]) {
            self.sender = sender
            self.bytes = bytes
        }

        init(_ sender: ExpectedMessage.Sender, _ text: String) {
            self.init(sender, Array(text.utf8))
        }
    }

    /// A session from its upgrade to its end.
    private static func session(_ name: String) -> [Part] {
        [
            Part(.client, TCPConversation.upgradeRequest("/\(name)")),
            Part(
                .server,
                Array(TCPConversation.upgradeResponse().utf8) + WireFrame.text("welcome \(name)", from: .server)),
            Part(.client, WireFrame.text("hello from \(name)", from: .client)),
            Part(.server, WireFrame.ping("p", from: .server)),
            Part(.client, WireFrame.pong("p", from: .client)),
            Part(.server, WireFrame.text(String(repeating: name, count: 9000), from: .server)),
            Part(.client, WireFrame.close(1000, from: .client)),
            Part(.server, WireFrame.close(1000, from: .server)),
        ]
    }

    private static let providers: [any StreamLayerProvider] = [XORLayer.Provider(), MultiplexLayer.Provider()]

    private static func options(_ deliveries: EventDemand.Deliveries = .all) -> AnalysisOptions {
        var options = AnalysisOptions()
        options.layers = providers
        options.demand.deliveries = deliveries
        return options
    }

    private static func analyse(_ packets: [TimedPacket], _ options: AnalysisOptions = options()) -> Analysis {
        Analysis(packets, options: options)
    }

    /// The content of a session, without offsets and packets.
    private static func words(_ analysis: Analysis, stream: UInt64? = nil) -> [String] {
        analysis.reported.filter { $0.context.session.stream == stream }.compactMap {
            switch $0.event {
            case .handshake(let handshake): "\(handshake.target) \(handshake.isAccepted)"
            case .frame(let frame):
                "\(frame.from) \(frame.frame.header.opcode) \(frame.frame.header.payloadLength) \(frame.frame.streamOffset)"
            case .message(let message): "\(message.from) \($0.text)"
            case .finding(let finding): finding.rule
            case .delivery(let delivery): "\(delivery.from) \(delivery.outcome)"
            case .end(let end): "\(end.verdict.layer) \(end.verdict.isClean)"
            default: nil
            }
        }
    }

    private static func talk(
        _ parts: [Part], from client: String = "10.0.0.7:53412", encoding: (Part) -> [[UInt8]]
    ) -> TCPConversation {
        var talk = TCPConversation(from: client)
        talk.open()
        for part in parts {
            for segment in encoding(part) { talk.send(segment, from: part.sender) }
            talk.acknowledge(from: part.sender.peer)
        }
        talk.finish(first: .server)
        return talk
    }

    /// Whether a packet comes from the client's port, 53412.
    private static func isFromClient(_ packet: TimedPacket) -> Bool {
        packet.bytes[34] == 0xd0 && packet.bytes[35] == 0xa4
    }

    @Test(
        "A Pong inside a layer answers a Ping that comes after it only in the capture", arguments: [false, true],
        [2, 3, 4, 5, 6, 8, 12])
    func pongFirst(isPlain: Bool, burst: Int) throws {
        var talk = TCPConversation()
        talk.open()
        func send(_ bytes: [UInt8], from sender: ExpectedMessage.Sender) {
            for segment in isPlain ? [bytes] : XORLayer.records(bytes, of: 1000) {
                talk.send(segment, from: sender)
            }
        }
        send(Array(TCPConversation.upgradeRequest().utf8), from: .client)
        send(Array(TCPConversation.upgradeResponse().utf8), from: .server)
        for round in 0..<9 {
            send(WireFrame.ping("\(round)", from: .server), from: .server)
            send(WireFrame.pong("\(round)", from: .client), from: .client)
            talk.acknowledge(from: .server)
        }
        talk.wait(milliseconds: 3000)
        send(WireFrame.text("bye", from: .client), from: .client)
        talk.finish(first: .client)
        // Two interfaces in turn: in each burst, the client's packets come first.
        var packets = Array(talk.packets.prefix(3))
        for start in stride(from: 3, to: talk.packets.count, by: burst) {
            let part = talk.packets[start..<min(start + burst, talk.packets.count)]
            packets += part.filter(Self.isFromClient) + part.filter { !Self.isFromClient($0) }
        }
        let analysis = Self.analyse(packets)
        #expect(analysis.texts == ["bye"])
        #expect(try analysis.end.verdict.unansweredPings == 0)
        #expect(!analysis.rules.contains("pong.unsolicited") && !analysis.rules.contains("ping.unanswered"))
    }

    @Test("Layers that encrypt show the same session as plain TCP", arguments: [1, 7, 1000, XORLayer.recordLimit])
    func sameFrames(recordSize: Int) {
        let parts = Self.session("a")
        let plain = Self.analyse(Self.talk(parts) { [$0.bytes] }.packets)
        // One record spans several segments, or one segment holds several records.
        for segmentSize in [100, 1460] {
            let hidden = Self.analyse(
                Self.talk(parts) { part in
                    let bytes = XORLayer.records(part.bytes, of: recordSize).flatMap { $0 }
                    return stride(from: 0, to: bytes.count, by: segmentSize).map {
                        Array(bytes[$0..<min(bytes.count, $0 + segmentSize)])
                    }
                }.packets)
            #expect(Self.words(hidden) == Self.words(plain))
            #expect(hidden.reported.allSatisfy { $0.context.session.stream == nil })
        }
        #expect(plain.texts.count == 3 && plain.ends.count == 1)
    }

    @Test("Layers begin after a proxy, too")
    func afterProxy() {
        let connect = [
            Part(.client, "CONNECT server.example.com:443 HTTP/1.1\r\nHost: server.example.com:443\r\n\r\n"),
            Part(.server, "HTTP/1.1 200 OK\r\n\r\n"),
        ]
        let parts = Self.session("a")
        let plain = Self.analyse(Self.talk(parts) { [$0.bytes] }.packets)
        var count = 0
        let hidden = Self.analyse(
            Self.talk(connect + parts) { part in
                count += 1
                return count > connect.count ? XORLayer.records(part.bytes, of: 700) : [part.bytes]
            }.packets)
        #expect(Self.words(hidden) == Self.words(plain))
    }

    @Test("A message inside a layer is delivered once TCP has acknowledged the last byte of its last record")
    func deliveries() throws {
        var talk = TCPConversation()
        talk.open()
        for part in Self.session("a").prefix(2) {
            for record in XORLayer.records(part.bytes) { talk.send(record, from: part.sender) }
        }
        talk.acknowledge(from: .client)
        let message = WireFrame.text(String(repeating: "x", count: 300), from: .client)
        let records = XORLayer.records(message + WireFrame.ping("p", from: .client).prefix(1), of: 400)
        let record = records[0]
        talk.send(Array(record.prefix(200)), from: .client)
        talk.send(Array(record.dropFirst(200)), from: .client)
        let lastByte = UInt64(talk.packets.count)
        // Everything but the record's last byte: the other end may have the message's last byte, but cannot read it
        // yet.
        talk.acknowledge(from: .server, beyond: -1)
        talk.wait(milliseconds: 50)
        talk.acknowledge(from: .server)
        let delivery = try #require(Self.analyse(talk.packets).deliveries.first { $0.from == .client })
        #expect(delivery.outcome == .acknowledged)
        #expect(delivery.lastBytePacket == lastByte && delivery.acknowledgedPacket == lastByte + 2)
        #expect(delivery.acknowledgedAfter == 52_000_000)
    }

    @Test("Layers turn a lost segment into a lost record, and that into a gap")
    func gaps() throws {
        var talk = TCPConversation()
        talk.open()
        for part in Self.session("a").prefix(2) {
            for record in XORLayer.records(part.bytes) { talk.send(record, from: part.sender) }
            talk.acknowledge(from: part.sender.peer)
        }
        let message = WireFrame.text(String(repeating: "x", count: 900), from: .server)
        let records = XORLayer.records(message, of: 300)
        for (index, record) in records.enumerated() {
            // The capture lacks the middle of the second record.
            guard index == 1 else {
                talk.send(record, from: .server)
                continue
            }
            talk.send(Array(record.prefix(100)), from: .server)
            talk.lose(100, from: .server)
            talk.send(Array(record.dropFirst(200)), from: .server)
        }
        talk.acknowledge(from: .client)
        for record in XORLayer.records(WireFrame.text("after", from: .server)) { talk.send(record, from: .server) }
        talk.acknowledge(from: .client)
        talk.finish(first: .server)
        let analysis = Self.analyse(talk.packets)
        let gap = try #require(analysis.gaps.first)
        #expect(analysis.gaps.count == 1 && gap.length == 300 && gap.from == .server)
        let start =
            UInt64(TCPConversation.upgradeResponse().utf8.count)
            + UInt64(WireFrame.text("welcome a", from: .server).count)
        #expect(gap.streamOffset == start + 300)
        #expect(analysis.resyncs.map(\.confidence) == [.proven])
        #expect(analysis.texts.last == "after")
    }

    @Test("Layers search on after a record's beginning was lost")
    func lostHeader() throws {
        var talk = TCPConversation()
        talk.open()
        for part in Self.session("a").prefix(2) {
            for record in XORLayer.records(part.bytes) { talk.send(record, from: part.sender) }
            talk.acknowledge(from: part.sender.peer)
        }
        talk.lose(50, from: .server)
        talk.send(XORLayer.records(WireFrame.text("after", from: .server))[0], from: .server)
        talk.acknowledge(from: .client)
        talk.finish(first: .server)
        let gap = try #require(Self.analyse(talk.packets).gaps.first)
        #expect(gap.length == nil)
    }

    /// Two sessions on one connection, whose parts alternate.
    private static func multiplexed(
        _ encrypts: Bool, from client: String = "10.0.0.7:53412"
    ) -> TCPConversation {
        let (one, other) = (session("one"), session("two"))
        var parts = [Part(.client, [MultiplexLayer.marker]), Part(.server, [MultiplexLayer.marker])]
        for (first, second) in zip(one, other) {
            parts.append(Part(first.sender, MultiplexLayer.chunk(first.bytes, of: 1)))
            parts.append(Part(second.sender, MultiplexLayer.chunk(second.bytes, of: 5)))
        }
        return talk(parts, from: client) { encrypts ? XORLayer.records($0.bytes, of: 1000) : [$0.bytes] }
    }

    @Test("Layers that carry several sessions keep them apart", arguments: [false, true])
    func severalSessions(encrypts: Bool) {
        let analysis = Self.analyse(Self.multiplexed(encrypts).packets)
        let plain = ["one", "two"].map { name in
            Self.words(Self.analyse(Self.talk(Self.session(name)) { [$0.bytes] }.packets))
        }
        #expect(Self.words(analysis, stream: 1) == plain[0])
        #expect(Self.words(analysis, stream: 5) == plain[1])
        let ids = Set(analysis.reported.map(\.context.session))
        #expect(ids == [.none, SessionID(connection: 1, stream: 1), SessionID(connection: 1, stream: 5)])
        #expect(analysis.connections.count == 2 && analysis.ends.count == 2)
    }

    @Test("Layers end a stream's session before its connection is over")
    func endOfStream() throws {
        var parts = [Part(.client, [MultiplexLayer.marker]), Part(.server, [MultiplexLayer.marker])]
        parts += Self.session("one").map { Part($0.sender, MultiplexLayer.chunk($0.bytes, of: 1)) }
        parts.append(Part(.server, MultiplexLayer.chunk([], of: 1)))
        let endPart = parts.count
        parts += Self.session("two").map { Part($0.sender, MultiplexLayer.chunk($0.bytes, of: 2)) }
        let analysis = Self.analyse(Self.talk(parts) { [$0.bytes] }.packets)
        let first = try #require(analysis.reported.first { if case .end = $0.event { true } else { false } })
        // Three packets open the connection; each part is one packet, and its acknowledgment another.
        #expect(first.context.session.stream == 1 && first.context.packet == UInt64(3 + 2 * endPart - 1))
        #expect(analysis.ends.count == 2 && analysis.ends.allSatisfy(\.verdict.isClean))
    }

    @Test("Layers report the same in parts", arguments: 1...8)
    func parts(count: Int) {
        let packets = (0..<24).flatMap { number in
            let client = "10.0.0.\(100 + number):53412"
            let talk =
                switch number % 3 {
                case 0: Self.multiplexed(number % 2 == 0, from: client)
                case 1: Self.talk(Self.session("x"), from: client) { XORLayer.records($0.bytes, of: 500) }
                default: Self.talk(Self.session("y"), from: client) { [$0.bytes] }
                }
            return talk.packets.map {
                TimedPacket(at: Timestamp(nanoseconds: $0.time.nanoseconds + Int64(number) * 300_000), $0.bytes)
            }
        }.sorted { $0.time < $1.time }
        var one = Recorder()
        var pipeline = Pipeline(options: Self.options())
        for index in packets.indices { packets.withPacket(index) { pipeline.receive($0, into: &one) } }
        pipeline.finish(into: &one)
        var many = Recorder()
        var parted = PartedPipeline(options: Self.options(), parts: count, blockLength: 13)
        for index in packets.indices { packets.withPacket(index) { parted.receive($0, into: &many) } }
        parted.finish(into: &many)
        #expect(one.reported.count > 300)
        #expect(many.reported.map { "\($0)" } == one.reported.map { "\($0)" })
    }
}
