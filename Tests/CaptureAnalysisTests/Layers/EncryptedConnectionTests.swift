import FuzzTargets
import PacketDecoding
import TLSDecryption
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@testable import CaptureAnalysis

@Suite("TLS connections that are not decrypted at all")
struct EncryptedConnectionTests {
    private static func options(_ keyLog: String? = nil) -> AnalysisOptions {
        var options = AnalysisOptions()
        options.demand.includesEncrypted = true
        guard let keyLog else { return options }
        let store = SecretStore()
        store.add(Array(keyLog.utf8))
        options.secrets = store
        return options
    }

    /// A recorded session from a port of its own, up to just before its end.
    private static func talk(
        _ session: RecordedSession, port: Int = 40_000, at seconds: Int64 = 1_700_000_000, tail: Int = 2
    ) -> TCPConversation {
        var talk = TCPConversation(from: "10.0.0.7:\(port)", to: "10.0.0.9:443", at: seconds)
        talk.open()
        for piece in session.pieces.dropLast(tail) {
            let sender: ExpectedMessage.Sender = piece.direction == .fromInitiator ? .client : .server
            talk.send(piece.bytes, from: sender)
            talk.acknowledge(from: sender.peer)
        }
        return talk
    }

    private static func ended(_ analysis: Analysis) -> [EncryptedConnection] {
        analysis.reported.compactMap { if case .encrypted(let connection) = $0.event { connection } else { nil } }
    }

    @Test("are reported with the hellos' facts, their traffic and their end", arguments: RecordedSession.names)
    func facts(name: String) throws {
        let session = try RecordedSession(name)
        var talk = Self.talk(session, tail: 0)
        talk.finish(first: .server)
        let analysis = Analysis(talk.packets, options: Self.options())
        let connection = try #require(Self.ended(analysis).first)
        #expect(Self.ended(analysis).count == 1)
        #expect(connection.client == Endpoint("10.0.0.7:40000") && connection.server == Endpoint("10.0.0.9:443"))
        #expect(connection.encryption.cipherSuite == session.suite)
        #expect(connection.encryption.serverName == "server.example" && connection.offeredProtocols == ["http/1.1"])
        // TLS 1.3 encrypts the server's choice.
        #expect(connection.encryption.applicationProtocol == (name.hasPrefix("tls13") ? nil : "http/1.1"))
        #expect(connection.obstacle == .noKeyLog && !connection.hasEncryptedHello && connection.opensInCapture)
        func count(_ direction: Direction) -> UInt64 {
            session.pieces.reduce(0) { $0 + ($1.direction == direction ? UInt64($1.bytes.count) : 0) }
        }
        #expect(connection.bytesFromClient == count(.fromInitiator))
        #expect(connection.bytesFromServer == count(.fromResponder))
        #expect(connection.by == .server && connection.layer == .fin && connection.alert == nil)
        let times = talk.packets.map(\.time)
        // When the second FIN is acknowledged, the connection is already over.
        #expect(connection.duration == times[times.count - 2].nanoseconds(since: times[0]))
        let server = try #require(try analysis.summary.encryptedServers.first)
        #expect(server.name == "server.example" && server.connections == 1 && server.cipherSuites == [session.suite])
        #expect(server.endings == [EncryptedServer.Ending(by: .server, layer: .fin, connections: 1)])
    }

    @Test("end with a RST, with an alert, or not at all")
    func endings() throws {
        let session = try RecordedSession("tls13-aes128gcm")
        var reset = Self.talk(session)
        reset.reset(from: .client)
        let cut = try #require(Self.ended(Analysis(reset.packets, options: Self.options())).first)
        #expect(cut.by == .client && cut.layer == .rst)
        let open = Self.ended(Analysis(Self.talk(session).packets, options: Self.options()))
        #expect(open.map(\.by) == [.unknown] && open.map(\.layer) == [.captureEnd])
        // handshake_failure (RFC 8446 6.2) is 40.
        var refused = Self.talk(session, tail: session.pieces.count - 1)
        refused.send([21, 3, 3, 0, 2, 2, 40], from: .server)
        refused.finish(first: .server)
        let alerted = try #require(Self.ended(Analysis(refused.packets, options: Self.options())).first)
        #expect(alerted.by == .server && alerted.layer == .tlsAlert && alerted.alert?.name == "handshake_failure")
        #expect(alerted.obstacle == .incomplete && alerted.encryption.serverName == "server.example")
    }

    @Test("show an idle timer, through close_notify and FIN")
    func idleTimer() throws {
        let session = try RecordedSession("tls13-aes128gcm")
        var packets: [TimedPacket] = []
        for number in 0..<4 {
            var talk = Self.talk(session, port: 41_000 + number, at: 1_700_000_000 + Int64(number) * 1000)
            // They last for different times, but end with the same silence.
            talk.wait(milliseconds: Int64(number + 1) * 5000)
            talk.send([23, 3, 3, 0, 20] + [UInt8](repeating: 9, count: 20), from: .client)
            talk.wait(milliseconds: 60_000)
            talk.send(session.pieces[session.pieces.count - 1].bytes, from: .server)
            talk.finish(first: .server)
            packets += talk.packets
        }
        let analysis = Analysis(packets, options: Self.options())
        #expect(Self.ended(analysis).allSatisfy { (60_000_000_000..<60_100_000_000).contains($0.silence ?? 0) })
        let patterns = try analysis.summary.encryptedPatterns
        #expect(patterns.count == 1 && patterns.first?.sessions == 4 && patterns.first?.ended == 4)
        #expect(patterns.first?.by == .server && patterns.first?.layer == .fin && patterns.first?.lifetime == nil)
        #expect(patterns.first?.silence?.lowerBound ?? 0 >= 60_000_000_000)
    }

    @Test("are counted if their secret is missing, and kept apart from decrypted ones")
    func noSecret() throws {
        let known = try RecordedSession("tls13-aes128gcm")
        let unknown = try RecordedSession("tls12-aes128gcm")
        var (one, other) = (Self.talk(known, port: 41_000, tail: 0), Self.talk(unknown, port: 41_001, tail: 0))
        one.finish(first: .client)
        other.finish(first: .client)
        let analysis = Analysis(one.packets + other.packets, options: Self.options(known.keyLog))
        #expect(Self.ended(analysis).map(\.obstacle) == [.noSecret])
        #expect(try analysis.summary.encryptedServers.map(\.withoutSecret) == [1])
        #expect(try analysis.summary.encryptedServers.map(\.versions) == [["1.2"]])
    }

    @Test("are reported one by one only on request")
    func demand() throws {
        let session = try RecordedSession("tls13-aes128gcm")
        let analysis = Analysis(Self.talk(session).packets, options: AnalysisOptions())
        #expect(Self.ended(analysis).isEmpty)
        #expect(try analysis.summary.encryptedServers.map(\.connections) == [1])
    }

    @Test("are reported the same in parts", arguments: [1, 2, 5, 8])
    func parts(count: Int) throws {
        let sessions = try RecordedSession.names.map { try RecordedSession($0) }
        var packets: [TimedPacket] = []
        for (number, session) in sessions.enumerated() {
            var talk = Self.talk(session, port: 42_000 + number, at: 1_700_000_000 + Int64(number))
            talk.wait(milliseconds: 1500 + Int64(number % 3) * 1500)
            if number % 2 == 0 { talk.finish(first: .server) }
            packets += talk.packets
        }
        let one = Analysis(packets, options: Self.options())
        var many = Recorder()
        var parted = PartedPipeline(options: Self.options(), parts: count, blockLength: 7)
        for index in packets.indices { packets.withPacket(index) { parted.receive($0, into: &many) } }
        parted.finish(into: &many)
        #expect(many.reported.map { "\($0)" } == one.reported.map { "\($0)" })
        #expect(Self.ended(one).count == sessions.count)
    }

    @Test("with more servers than are followed are counted")
    func bound() {
        var table = EncryptedServers(room: 1 << 20)
        for number in 0..<(EncryptedServers.limit + 50) {
            var connection = EncryptedConnection(
                client: Endpoint("10.0.0.7:1"), server: Endpoint("10.0.0.9:443"),
                encryption: Encryption(
                    version: "1.3", cipherSuite: nil, serverName: "server-\(number)", applicationProtocol: nil,
                    isDecrypted: false, isResumed: false, clientRandom: nil),
                offeredProtocols: ["a", "b", "c", "d", "e"], hasEncryptedHello: true, obstacle: .noKeyLog,
                bytesFromClient: 1, bytesFromServer: 2, duration: 3, opensInCapture: true, silence: nil, by: .client,
                layer: .fin, alert: nil)
            table.record(connection, endTime: 0)
            connection.layer = .rst
            table.record(connection, endTime: 0)
        }
        #expect(table.others == 100)
        let (servers, others) = table.largestFirst
        #expect(servers.count == EncryptedServers.listed)
        #expect(others == UInt64(100 + 2 * (EncryptedServers.limit - EncryptedServers.listed)))
        #expect(servers.allSatisfy { $0.protocols.count == 4 && $0.endings.count == 2 && $0.encryptedHellos == 2 })
    }
}
