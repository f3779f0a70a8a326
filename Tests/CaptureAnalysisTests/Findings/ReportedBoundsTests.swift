import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@testable import CaptureAnalysis

@Suite("Reports at bounds")
struct ReportedBoundsTests {
    @Test("An acknowledgment more than 1 GiB ahead is ignored, and reported once for each end")
    func farAcknowledgments() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.sendText("one", from: .client)
        var near = talk
        near.acknowledge(from: .server, beyond: 1 << 30)
        #expect(!Analysis(near.packets).rules.contains("tcp.far-acknowledgment"))

        for _ in 0..<50 { talk.acknowledge(from: .server, beyond: 1 << 30 + 1) }
        let first = UInt64(talk.packets.count - 49)
        for _ in 0..<50 { talk.acknowledge(from: .client, beyond: 1 << 30 + 7) }
        talk.sendText("two", from: .server)
        talk.sendText("three", from: .server)
        talk.finish(first: .client)
        let analysis = Analysis(talk.packets)
        let reported = analysis.reported.compactMap { reported -> (Finding, UInt64)? in
            guard case .finding(let finding) = reported.event else { return nil }
            return (finding, reported.context.packet)
        }
        #expect(reported.map(\.0.rule) == ["tcp.far-acknowledgment", "tcp.far-acknowledgment"])
        #expect(reported.map(\.0.from) == [.server, .client])
        #expect(reported.map(\.1) == [first, first + 50])
        #expect(analysis.texts == ["one", "two", "three"] && analysis.gaps.isEmpty)
        #expect(try analysis.summary.warnings == 2)
    }

    @Test("A connection whose HTTP head has more than 64 KiB is counted", arguments: [60, 70])
    func head(kilobytes: Int) throws {
        var talk = TCPConversation()
        talk.open()
        talk.send("GET /chat HTTP/1.1\r\nX: ", from: .client)
        for _ in 0..<kilobytes { talk.send([UInt8](repeating: 0x79, count: 1000), from: .client) }
        let summary = try Analysis(talk.packets).summary
        #expect(summary.others.oversizedHeads == (kilobytes > 65 ? 1 : 0))
        #expect(summary.connectionsGivenUp == summary.others.oversizedHeads)
    }

    private static let connect = "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"

    @Test("A connection through more than four proxies is counted", arguments: [4, 5])
    func proxies(count: Int) throws {
        var talk = TCPConversation()
        talk.open()
        for _ in 0..<count {
            talk.send(Self.connect, from: .client)
            talk.send("HTTP/1.1 200 OK\r\n\r\n", from: .server)
        }
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendText("behind", from: .server)
        let analysis = Analysis(talk.packets)
        let isFollowed = count == 4
        #expect(analysis.texts == (isFollowed ? ["behind"] : []))
        #expect(try analysis.summary.others.proxyChains == (isFollowed ? 0 : 1))
        #expect(try analysis.summary.connectionsGivenUp == (isFollowed ? 0 : 1))
    }

    /// Bytes that contain no frame header: each has a reserved bit set.
    private static func noise(_ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: 7)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) | 0x30 }
    }

    /// A connection that began before the capture, whose client sends this many bytes that are not frames.
    private func strange(_ count: Int) -> TCPConversation {
        var talk = TCPConversation()
        let bytes = Self.noise(count)
        for start in stride(from: 0, to: count, by: 1024) {
            talk.send(Array(bytes[start..<min(start + 1024, count)]), from: .client)
        }
        return talk
    }

    @Test("A stream begun before the capture is given up after 64 KiB without a frame, and counted")
    func searchedInVain() throws {
        let within = try Analysis(strange(64 << 10).packets).summary
        #expect(within.others.midstream == 1 && within.connectionsGivenUp == 0)
        for size in [65 << 10, 2 << 20] {
            let beyond = try Analysis(strange(size).packets).summary
            #expect(beyond.others.midstream == 1 && beyond.others.searchesAbandoned == 1)
            #expect(beyond.connectionsGivenUp == 1)
        }
    }

    @Test("Such a stream is given up 1 MiB after a promising beginning", arguments: [(1000, 0), (1100, 1)])
    func searchedLong(kilobytes: Int, givenUp: UInt64) throws {
        var talk = TCPConversation()
        for length in 20...21 { talk.send(WireFrame(2, Self.noise(length), from: .server).bytes, from: .server) }
        // A frame of 8 MiB begins, but its end is not seen.
        talk.send([0x82, 127, 0, 0, 0, 0, 0, 0x80, 0, 0], from: .server)
        for _ in 0..<kilobytes { talk.send(Self.noise(1024), from: .server) }
        let summary = try Analysis(talk.packets).summary
        #expect(summary.others.midstream == 1 && summary.webSocketConnections == 0)
        #expect(summary.connectionsGivenUp == givenUp)
    }

    @Test("A search given up is counted once even if the connection is also evicted")
    func searchedInVainAndForgotten() {
        var limits = Limits()
        limits.connections = 0
        var packets: [TimedPacket] = []
        for port in 5000..<5050 as Range<UInt16> {
            var other = TCPConversation(from: "10.0.0.7:\(port)")
            other.open()
            packets += other.packets
        }
        let summary = try? Analysis(strange(65 << 10).packets + packets, limits: limits).summary
        let given = summary.map { $0.others.evicted + $0.others.searchesAbandoned }
        #expect(summary?.others.searchesAbandoned == 1)
        #expect(summary?.connectionsGivenUp == given)
        #expect((given ?? .max) <= 51)
    }

    @Test("HTTP found after a search was given up is not counted as one")
    func searchedThenHTTP() throws {
        var talk = strange(65 << 10)
        talk.send(TCPConversation.upgradeRequest(), from: .client)
        talk.send(TCPConversation.upgradeResponse(), from: .server)
        talk.sendText("found", from: .server)
        let analysis = Analysis(talk.packets)
        #expect(analysis.texts == ["found"])
        #expect(try analysis.summary.connectionsGivenUp == 0)
    }

    @Test("A stream given up before the other one showed the session has a finding with its offset")
    func searchedTooLong() throws {
        for (size, rules) in [(64 << 10, []), (65 << 10, ["limit.search"])] {
            var talk = strange(size)
            for end in [ExpectedMessage.Sender.server, .client] {
                for number in 0..<20 { talk.sendText("\(end) \(number)", from: end) }
            }
            let analysis = Analysis(talk.packets)
            #expect(analysis.rules.filter { $0 != "masking.repeated-key" } == rules)
            #expect(analysis.texts.suffix(1) == ["client 19"] && analysis.texts.contains("server 0"))
            #expect(try analysis.summary.connectionsGivenUp == 0)
            // The earlier bytes show in the offset of the first gap, and in what the search after it gave up.
            let gap = try #require(analysis.gaps.first { $0.from == .client })
            let resync = try #require(analysis.resyncs.first { $0.from == .client })
            #expect(gap.streamOffset >= 48 << 10 && gap.streamOffset + resync.skipped == UInt64(size))
            guard let finding = analysis.findings.first(where: { $0.rule == "limit.search" }) else { continue }
            #expect(finding.from == .client && finding.streamOffset == UInt64(size))
            #expect(finding.severity == .warning)
        }
    }

    private static let texts = (0..<20).map { String(repeating: "text \($0) ", count: 40) }

    /// A session with a gap between frames, then bytes that are not frames, then texts.
    private func lost(_ count: Int) -> TCPConversation {
        var talk = TCPConversation()
        talk.openWebSocket()
        talk.lose(50, from: .server)
        let bytes = Self.noise(count)
        for start in stride(from: 0, to: count, by: 1024) {
            talk.send(Array(bytes[start..<min(start + 1024, count)]), from: .server)
            talk.acknowledge(from: .client)
        }
        for text in Self.texts { talk.sendText(text, from: .server) }
        talk.finish(first: .server)
        return talk
    }

    @Test("Bytes after a gap beyond those that a search keeps are counted by `resync`", arguments: [9, 300, 900])
    func skipped(kilobytes: Int) {
        let analysis = Analysis(lost(kilobytes << 10).packets)
        #expect(analysis.resyncs.map(\.skipped) == [UInt64(kilobytes << 10)])
        #expect(analysis.texts == Self.texts)
        #expect(analysis.rules == ["tcp.gap"])
    }

    @Test("Bytes after a gap are counted by `gap.place-lost` if searches have no room")
    func noRoomToSearch() throws {
        var limits = Limits()
        // Enough for the upgrade's heads, but not for a search for a text.
        limits.keptPayload = Limits.shards * 2500
        let talk = lost(9 << 10)
        let analysis = Analysis(talk.packets, limits: limits)
        #expect(analysis.rules == ["tcp.gap", "gap.place-lost"])
        #expect(analysis.texts.isEmpty)
        let frames = Self.texts.reduce(0) { $0 + WireFrame.text($1, from: .server).count }
        let finding = try #require(analysis.findings.last)
        #expect(finding.text.contains("\((9 << 10) + frames) captured bytes"))
    }

    /// A server's segments, the first of which comes last.
    private func shuffled(_ count: Int) -> [TimedPacket] {
        var talk = TCPConversation()
        talk.openWebSocket()
        let first = talk.packets.count
        for number in 0...count { talk.sendText("\(number)", from: .server) }
        var packets = talk.packets
        packets.append(packets.remove(at: first))
        talk.acknowledge(from: .client)
        return packets + talk.packets.suffix(1)
    }

    /// The segment that fills the gap is not next either, since the others wait after it.
    @Test("Segments out of order beyond 64 are forgotten, which is noted once per stream", arguments: [63, 64, 2000])
    func outOfOrder(count: Int) {
        let analysis = Analysis(shuffled(count), deliveries: .all)
        #expect(analysis.texts.count == count + 1)
        #expect(analysis.deliveries.count == count + 1 || count > 1000)
        #expect(analysis.deliveries.count { $0.acknowledgedAfter == nil } == max(0, min(count, 1024) - 63))
        let reported = analysis.findings.filter { $0.text.hasPrefix("Too many segments") }
        #expect(reported.map(\.rule) == (count > 63 ? ["limit.deliveries"] : []))
        #expect(reported.allSatisfy { $0.severity == .note && $0.from == .server })
    }

    @Test("Retransmitted segments of an unfinished message are forgotten beyond 64", arguments: [64, 65])
    func sentAgain(count: Int) throws {
        let bytes = WireFrame(2, [UInt8](repeating: 5, count: 1000), from: .server).bytes
        var talk = TCPConversation()
        talk.openWebSocket()
        for start in stride(from: 0, to: count * 10, by: 10) {
            let piece = Array(bytes[start..<start + 10])
            talk.send(piece, from: .server)
            talk.sendAgain(piece, from: .server)
        }
        talk.send(Array(bytes[(count * 10)...]), from: .server)
        talk.acknowledge(from: .client)
        let analysis = Analysis(talk.packets)
        #expect(analysis.deliveries.map(\.retransmissions) == [64])
        #expect(analysis.rules == (count > 64 ? ["limit.deliveries"] : []))
    }

    @Test("Segments unrelated to later messages are not missed")
    func forgottenInTime() {
        var talk = TCPConversation()
        talk.openWebSocket()
        for number in 0..<500 {
            let message = WireFrame.text("\(number)", from: .server)
            talk.send(message, from: .server)
            talk.sendAgain(message, from: .server)
            talk.acknowledge(from: .client)
        }
        let analysis = Analysis(talk.packets)
        #expect(analysis.deliveries.count == 500)
        #expect(analysis.rules == [])
    }

    @Test("Acknowledgments of later bytes are forgotten beyond 64")
    func earlyAcknowledgments() {
        var ledger = DeliveryLedger()
        for number in 1...64 as ClosedRange<UInt64> {
            ledger.recordEarly(number * 10, Origin(packet: number), next: 0)
        }
        var hasForgotten = [ledger.hasForgotten]
        // Bytes already delivered by then are not missed.
        ledger.recordEarly(650, Origin(packet: 65), next: 10)
        hasForgotten.append(ledger.hasForgotten)
        ledger.recordEarly(660, Origin(packet: 66), next: 10)
        hasForgotten.append(ledger.hasForgotten)
        #expect(hasForgotten == [false, false, true])
        let early = ledger.earlyAcknowledgment(of: 11)?.origin.packet
        #expect(early == 3)
    }
}
