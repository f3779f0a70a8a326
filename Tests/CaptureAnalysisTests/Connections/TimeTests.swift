import PacketDecoding
import TCPReassembly
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@testable import CaptureAnalysis

@Suite("Time that passes without packets")
struct TimeTests {
    /// An analysis that stays open between packets.
    private struct Standing: ~Copyable {
        var pipeline = Pipeline(options: AnalysisOptions())
        var recorder = Recorder()
        private var number: UInt64 = 0

        mutating func receive(_ packets: some Sequence<TimedPacket>) {
            for packet in packets {
                number += 1
                packet.bytes.withPacket(
                    number: number, time: packet.time, linkType: .ethernet, originalLength: packet.originalLength
                ) { pipeline.receive($0, into: &recorder) }
            }
        }

        mutating func advance(to nanoseconds: Int64) {
            pipeline.advance(to: Timestamp(nanoseconds: nanoseconds), into: &recorder)
        }

        var connectionCount: Int {
            mutating get { (0..<Limits.shards).reduce(0) { $0 + pipeline.shards[$1].table.count } }
        }
    }

    private static let second: Int64 = 1_000_000_000

    @Test("Time that passes without packets makes a gap of an acknowledged hole, and what follows is reported")
    func hole() {
        var talk = TCPConversation()
        talk.openWebSocket()
        let long = WireFrame.text(String(repeating: "x", count: 300), from: .client)
        talk.send(Array(long.prefix(100)), from: .client)
        talk.lose(150, from: .client)
        talk.send(Array(long.suffix(from: 250)) + WireFrame.text("behind", from: .client), from: .client)
        talk.acknowledge(from: .server)
        var analysis = Standing()
        analysis.receive(talk.packets)
        analysis.advance(to: talk.clock + Self.second / 2)
        #expect(!analysis.recorder.reported.contains { if case .gap = $0.event { true } else { false } })
        analysis.advance(to: talk.clock + 2 * Self.second)
        #expect(
            analysis.recorder.reported.contains {
                if case .gap(let gap) = $0.event { gap.length == 150 } else { false }
            })
        #expect(analysis.recorder.reported.last?.text == "behind")
        let reported = analysis.recorder.reported.count
        analysis.advance(to: talk.clock + 3 * Self.second)
        #expect(analysis.recorder.reported.count == reported)
    }

    @Test("Time that passes without packets changes nothing in a capture without holes")
    func nothing() {
        let talk = TCPConversation.chat
        var analysis = Standing()
        for packet in talk.packets {
            analysis.receive([packet])
            analysis.advance(to: packet.time.nanoseconds)
        }
        analysis.pipeline.finish(into: &analysis.recorder)
        let expected = Analysis(talk).reported
        #expect(analysis.recorder.reported.map { "\($0)" } == expected.map { "\($0)" })
    }

    @Test("Time that passes without packets drops finished connections")
    func closed() {
        let talk = TCPConversation.chat
        var analysis = Standing()
        analysis.receive(talk.packets)
        analysis.advance(to: talk.clock + 30 * Self.second)
        #expect(analysis.connectionCount == 1)
        analysis.advance(to: talk.clock + 61 * Self.second)
        #expect(analysis.connectionCount == 0)
    }

    @Test("Time that passes without packets drops silent connections, but no session")
    func idle() {
        var session = TCPConversation(from: "10.0.0.7:1000")
        session.openWebSocket()
        var silent = TCPConversation(from: "10.0.0.7:1001")
        silent.open()
        var http = TCPConversation(from: "10.0.0.7:1002")
        http.open()
        http.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", from: .client)
        var tls = TCPConversation(from: "10.0.0.7:1003")
        tls.open()
        tls.send([22, 3, 1, 0, 200, 1] + [UInt8](repeating: 0, count: 199), from: .client)
        var analysis = Standing()
        for talk in [session, silent, http, tls] { analysis.receive(talk.packets) }
        analysis.advance(to: session.clock + 3599 * Self.second)
        #expect(analysis.connectionCount == 4)
        analysis.advance(to: session.clock + 3601 * Self.second)
        #expect(analysis.connectionCount == 1)
        session.sendText("still here", from: .client)
        analysis.receive(session.packets.suffix(1))
        #expect(analysis.recorder.reported.last?.text == "still here")
        let others = analysis.pipeline.summary.others
        #expect(others.evicted == 0 && others.silent == 1 && others.tls == 1)
    }
}

@Suite("What is known of a packet")
struct PacketStandingTests {
    private func standings(_ packets: [TimedPacket]) -> [PacketStanding] {
        var pipeline = Pipeline(options: AnalysisOptions())
        var recorder = Recorder()
        return packets.enumerated().map { index, packet in
            packet.bytes.withPacket(
                number: UInt64(index + 1), time: packet.time, linkType: .ethernet, originalLength: packet.originalLength
            ) { pipeline.receive($0, into: &recorder) }
            return pipeline.latestPacket()
        }
    }

    @Test("A packet of a session is undecided until the upgrade's response, and nothing once it is over")
    func session() {
        let talk = TCPConversation.chat
        let ends = ConnectionEnds(talk.server, talk.client)
        let kinds = standings(talk.packets).map { standing -> PacketStanding.Connection? in
            guard case .segment(of: ends, let connection) = standing else { return nil }
            return connection
        }
        #expect(kinds.prefix(4).allSatisfy { $0 == .undecided })
        #expect(kinds[4...].dropLast().allSatisfy { $0 == .webSocket })
        #expect(kinds.last == .nothing)
    }

    @Test("A packet of anything else is nothing, once that is known")
    func others() {
        var tls = TCPConversation()
        tls.open()
        tls.send([22, 3, 1, 0, 200, 1] + [UInt8](repeating: 0, count: 199), from: .client)
        guard case .segment(_, .nothing)? = standings(tls.packets).last else {
            Issue.record("TLS is not nothing")
            return
        }
        #expect(standings([.udp]) == [.other])
    }

    @Test("The ends of a connection are the same in both directions")
    func ends() {
        let one = Endpoint("10.0.0.1:80")
        let other = Endpoint("10.0.0.1:81")
        #expect(ConnectionEnds(one, other) == ConnectionEnds(other, one))
        #expect(ConnectionEnds(one, one) != ConnectionEnds(one, other))
    }
}
