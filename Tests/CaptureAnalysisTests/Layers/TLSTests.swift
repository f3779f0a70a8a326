import CaptureAnalysis
import FuzzTargets
import TLSDecryption
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// TLS sessions recorded with OpenSSL, put into packets here.
@Suite("Sessions inside TLS")
struct TLSTests {
    private static let names = ["websocket-tls13", "websocket-tls12"]

    /// What happens to the piece with a number.
    private enum Change {
        case keep, lose, flip
    }

    private static func talk(
        _ session: RecordedSession, pieces: Range<Int>? = nil, tail: Int = 0, change: (Int) -> Change = { _ in .keep },
        proxy: [(ExpectedMessage.Sender, [UInt8])] = [], segmentSize: Int = .max, ends: Bool = true
    ) -> TCPConversation {
        var talk = TCPConversation()
        if pieces == nil { talk.open() }
        for (sender, bytes) in proxy { talk.send(bytes, from: sender) }
        for index in (pieces ?? 0..<(session.pieces.count - tail)) {
            let sender: ExpectedMessage.Sender = session.pieces[index].direction == .fromInitiator ? .client : .server
            var bytes = session.pieces[index].bytes
            switch change(index) {
            case .lose: talk.lose(bytes.count, from: sender)
            case .flip, .keep:
                if change(index) == .flip { bytes[bytes.count - 3] ^= 1 }
                var rest = bytes[...]
                while !rest.isEmpty {
                    talk.send(Array(rest.prefix(segmentSize)), from: sender)
                    rest = rest.dropFirst(segmentSize)
                }
            }
            talk.acknowledge(from: sender.peer)
        }
        if ends { talk.finish(first: .server) }
        return talk
    }

    /// The content of a session as plain segments, except for what a piece of the encrypted session held.
    private static func plainTalk(_ session: RecordedSession, without lost: Int) -> TCPConversation {
        var talk = TCPConversation()
        talk.open()
        // The last pieces are those of the content, and both close_notify.
        let first = session.pieces.count - 2 - session.said.count
        for (index, said) in session.said.enumerated() {
            let sender: ExpectedMessage.Sender = said.direction == .fromInitiator ? .client : .server
            if first + index == lost {
                talk.lose(said.bytes.count, from: sender)
            } else {
                talk.send(said.bytes, from: sender)
            }
            talk.acknowledge(from: sender.peer)
        }
        talk.finish(first: .server)
        return talk
    }

    private static func options(_ keyLog: String?) -> AnalysisOptions {
        var options = AnalysisOptions()
        guard let keyLog else { return options }
        let store = SecretStore()
        store.add(Array(keyLog.utf8))
        options.secrets = store
        return options
    }

    /// The content of a session, without TLS.
    private static func plain(_ session: RecordedSession) -> [String] {
        (0..<8).flatMap { number in
            [
                String(repeating: "client \(number) ", count: 1 + 20 * number),
                String(repeating: "server \(number) ", count: 1 + 30 * number),
            ]
        }
    }

    @Test("are read as if they were plain", arguments: names, [1, 7, 536, .max])
    func whole(name: String, segmentSize: Int) throws {
        let session = try RecordedSession(name)
        let analysis = Analysis(
            Self.talk(session, segmentSize: segmentSize).packets, options: Self.options(session.keyLog))
        #expect(analysis.texts == Self.plain(session) && analysis.rules == [])
        let start = try #require(analysis.connections.first)
        let encryption = try #require(start.encryption)
        #expect(encryption.version == (name == "websocket-tls13" ? "1.3" : "1.2"))
        #expect(encryption.cipherSuite == session.suite && encryption.serverName == "server.example")
        #expect(encryption.applicationProtocol == "http/1.1" && encryption.isDecrypted && !encryption.isResumed)
        #expect(analysis.handshakes.map(\.url) == ["wss://server.example/chat"])
        let end = try analysis.end
        #expect(end.verdict.layer == .closeFrame && end.verdict.by == .client && end.verdict.isClean)
        #expect(end.verdict.code?.rawValue == 4567 && end.pingRoundTrip?.count == 1)
        #expect(end.verdict.tls == SessionEnd.TLS(fatalAlert: nil, clientHasClosed: true, serverHasClosed: true))
        #expect(analysis.alerts.map(\.name) == ["close_notify", "close_notify"])
        let encrypted = try analysis.summary.encrypted
        #expect(encrypted.total == 1 && encrypted.decrypted == 1)
        // The server's first message follows its response, in decrypted bytes.
        let response = try #require(session.plaintext[1].firstRange(of: Array("\r\n\r\n".utf8)))
        #expect(analysis.messages.first { $0.from == .server }?.message.streamOffset == UInt64(response.upperBound))
    }

    /// The bytes before TLS in a connection through a proxy.
    private static let heads: [String: [(ExpectedMessage.Sender, [UInt8])]] = [
        "CONNECT": [
            (.client, Array("CONNECT server.example:443 HTTP/1.1\r\nHost: server.example:443\r\n\r\n".utf8)),
            (.server, Array("HTTP/1.1 200 OK\r\n\r\n".utf8)),
        ],
        // RFC 1928 3, 4, 6: no authentication, to server.example:443.
        "SOCKS 5": [
            (.client, [5, 1, 0]), (.server, [5, 0]),
            (.client, [5, 1, 0, 3, 14] + Array("server.example".utf8) + [1, 187]),
            (.server, [5, 0, 0, 1, 10, 0, 0, 9, 1, 187]),
        ],
        // Version 4A: an empty user ID, then the name.
        "SOCKS 4A": [
            (.client, [4, 1, 1, 187, 0, 0, 0, 1, 0] + Array("server.example".utf8) + [0]),
            (.server, [0, 90, 0, 0, 0, 0, 0, 0]),
        ],
        "PROXY 1": [(.client, Array("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n".utf8))],
        "PROXY 2": [
            (
                .client,
                [
                    13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0, 12, 192, 0, 2, 1, 192, 0, 2, 2, 220,
                    4, 1, 187,
                ]
            )
        ],
    ]

    @Test(
        "are read inside a proxy's tunnel, and after a PROXY protocol head", arguments: names,
        heads.keys.sorted())
    func tunnel(name: String, head: String) throws {
        let session = try RecordedSession(name)
        let proxy = try #require(Self.heads[head])
        let analysis = Analysis(Self.talk(session, proxy: proxy).packets, options: Self.options(session.keyLog))
        #expect(analysis.texts == Self.plain(session))
        #expect(analysis.connections.first?.encryption?.isDecrypted == true)
    }

    @Test("of which a short snap length leaves no whole record show only gaps", arguments: names)
    func snapLength(name: String) throws {
        let session = try RecordedSession(name)
        var packets = Self.talk(session).packets
        // The hellos are whole: without them nothing could be decrypted at all.
        for index in packets.indices.dropFirst(12) {
            packets[index].bytes.removeLast(max(0, packets[index].bytes.count - 96))
        }
        let analysis = Analysis(packets, options: Self.options(session.keyLog))
        #expect(analysis.texts.allSatisfy { Self.plain(session).contains($0) })
        #expect(analysis.rules.allSatisfy { $0 != "tls.bad-record" && $0 != "tls.wrong-secret" })
    }

    @Test("are delivered late if TCP has to send a record again")
    func sentAgain() throws {
        let session = try RecordedSession("websocket-tls13")
        var options = Self.options(session.keyLog)
        options.demand.deliveries = .all
        // Everything after the server's last message is left out; that message is sent twice more before it is
        // acknowledged.
        var talk = Self.talk(session, tail: 7, ends: false)
        let piece = session.pieces[session.pieces.count - 7]
        #expect(piece.direction == .fromResponder)
        talk.send(piece.bytes, from: .server)
        for _ in 0..<2 {
            talk.wait(milliseconds: 200)
            talk.sendAgain(piece.bytes, from: .server)
        }
        talk.acknowledge(from: .client)
        let analysis = Analysis(talk.packets, options: options)
        #expect(analysis.texts == Self.plain(session))
        let delivery = try #require(analysis.deliveries.last)
        #expect(delivery.outcome == .acknowledged && delivery.retransmissions == 2)
        #expect(delivery.acknowledgedPacket == delivery.messagePacket + 3)
    }

    @Test("are delivered once TCP has acknowledged their last record")
    func deliveries() throws {
        let session = try RecordedSession("websocket-tls13")
        var options = Self.options(session.keyLog)
        options.demand.deliveries = .all
        let analysis = Analysis(Self.talk(session).packets, options: options)
        #expect(analysis.deliveries.count == 16)
        #expect(
            analysis.deliveries.allSatisfy {
                $0.outcome == .acknowledged && $0.acknowledgedPacket == $0.messagePacket + 1
            })
    }

    @Test("without secrets are counted by reason, and no event is reported")
    func counts() throws {
        let session = try RecordedSession("websocket-tls13")
        let foreign = try RecordedSession("tls13-chacha20").keyLog
        let without = Analysis(Self.talk(session).packets, options: Self.options(nil))
        #expect(without.reported.count == 2)
        let encrypted = try without.summary.encrypted
        #expect(encrypted.total == 1 && encrypted.noKeyLog == 1)
        let other = try Analysis(Self.talk(session).packets, options: Self.options(foreign)).summary.encrypted
        #expect(other.total == 1 && other.noSecret == 1 && other.decrypted == 0)
    }

    @Test("with a wrong secret have one finding, which concerns no connection", arguments: names)
    func wrongSecret(name: String) throws {
        let session = try RecordedSession(name)
        let lines = session.keyLog.split(separator: "\n").map { $0.dropLast() + ($0.last == "0" ? "1" : "0") }
        let analysis = Analysis(
            Self.talk(session).packets, options: Self.options(lines.joined(separator: "\n")))
        #expect(analysis.rules == ["tls.wrong-secret"] && analysis.connections.isEmpty)
        #expect(try analysis.summary.encrypted.wrongSecret == 1)
    }

    @Test("lose a record that is not authentic, and report it", arguments: names)
    func badRecord(name: String) throws {
        let session = try RecordedSession(name)
        // A message in the middle of the server's.
        let flipped = session.pieces.count - 12
        let analysis = Analysis(
            Self.talk(session) { $0 == flipped ? .flip : .keep }.packets, options: Self.options(session.keyLog))
        #expect(analysis.rules.filter { $0.hasPrefix("tls.") } == ["tls.bad-record"])
        let texts = Self.plain(session)
        #expect(analysis.texts.allSatisfy { texts.contains($0) })
        // TLS 1.3 shows how many bytes are lost: then it is as if they were lost without TLS.
        guard name == "websocket-tls13" else { return }
        let plain = Analysis(Self.plainTalk(session, without: flipped))
        #expect(analysis.texts == plain.texts)
        #expect(try analysis.end.verdict.isClean == plain.end.verdict.isClean)
    }

    @Test("go on after each lost segment, and invent nothing", arguments: names)
    func losses(name: String) throws {
        let session = try RecordedSession(name)
        let texts = Self.plain(session)
        for lost in session.pieces.indices {
            let analysis = Analysis(
                Self.talk(session) { $0 == lost ? .lose : .keep }.packets, options: Self.options(session.keyLog))
            #expect(analysis.texts.allSatisfy { texts.contains($0) }, "piece \(lost) lost")
            guard name == "websocket-tls13", lost >= session.pieces.count - 20, lost < session.pieces.count - 2 else {
                continue
            }
            #expect(analysis.texts == Analysis(Self.plainTalk(session, without: lost)).texts, "piece \(lost) lost")
        }
    }

    @Test("are opened by the response if only the request is lost, as without TLS", arguments: names)
    func lostRequest(name: String) throws {
        let session = try RecordedSession(name)
        let request = session.pieces.count - 2 - session.said.count
        #expect(session.pieces[request].direction == .fromInitiator)
        let analysis = Analysis(
            Self.talk(session) { $0 == request ? .lose : .keep }.packets, options: Self.options(session.keyLog))
        #expect(analysis.texts == Analysis(Self.plainTalk(session, without: request)).texts)
        #expect(analysis.connections.map(\.opening) == [.handshake])
        #expect(analysis.handshakes.map(\.status) == [101])
    }

    @Test("that began before the capture are found with the key log")
    func midstream() throws {
        let session = try RecordedSession("websocket-tls13")
        let start = session.pieces.count - 14
        let talk = Self.talk(session, pieces: start..<session.pieces.count)
        let analysis = Analysis(talk.packets, options: Self.options(session.keyLog))
        let texts = Self.plain(session)
        #expect(analysis.texts.count >= 4 && analysis.texts.allSatisfy { texts.contains($0) })
        #expect(analysis.connections.map(\.opening) == [.midstream])
        #expect(analysis.connections.first?.encryption?.version == "1.3")
        #expect(try analysis.end.verdict.code?.rawValue == 4567)
    }

    @Test("that TCP cuts off without a close_notify report it")
    func truncated() throws {
        let session = try RecordedSession("websocket-tls13")
        // Without the Close frames, and both close_notify.
        let analysis = Analysis(Self.talk(session, tail: 4).packets, options: Self.options(session.keyLog))
        #expect(analysis.rules == ["tls.truncated"])
        let verdict = try analysis.end.verdict
        #expect(verdict.layer == .fin && verdict.by == .server)
        #expect(verdict.tls == SessionEnd.TLS(fatalAlert: nil, clientHasClosed: false, serverHasClosed: false))
    }

    @Test("have memory of their own, which messages do not fill")
    func room() throws {
        let session = try RecordedSession("websocket-tls13")
        var options = Self.options(session.keyLog)
        options.limits.keptPayload = 1 << 16
        // Cut into small segments, so that no record arrives as a whole.
        let packets = Self.talk(session, segmentSize: 100).packets
        let full = Analysis(packets, options: options)
        #expect(full.frames.count == Analysis(packets, options: Self.options(session.keyLog)).frames.count)
        #expect(try full.summary.connectionsGivenUp == 0 && full.summary.encrypted.decrypted == 1)
        options.limits.layers = 1 << 10
        #expect(try Analysis(packets, options: options).summary.connectionsGivenUp == 1)
    }

    @Test("that renegotiate are read up to there")
    func renegotiation() throws {
        let session = try RecordedSession("websocket-tls12")
        // Before the Close frames, and both close_notify.
        var talk = Self.talk(session, tail: 4, ends: false)
        let hello = try #require(session.pieces.first?.bytes)
        talk.send(try session.sealed(hello.dropFirst(5), tail: 4), from: .client)
        talk.acknowledge(from: .server)
        talk.finish(first: .server)
        let analysis = Analysis(talk.packets, options: Self.options(session.keyLog))
        #expect(analysis.rules.contains("tls.renegotiation") && !analysis.rules.contains("tls.bad-record"))
        #expect(analysis.texts == Self.plain(session))
    }

    @Test("in which no record is found after a loss report it", arguments: names)
    func lost(name: String) throws {
        let session = try RecordedSession(name)
        var talk = Self.talk(session, tail: 4, ends: false)
        talk.lose(100, from: .server)
        for _ in 0..<1100 {
            talk.send([UInt8](repeating: 0, count: 1000), from: .server)
            talk.acknowledge(from: .client)
        }
        talk.finish(first: .server)
        let analysis = Analysis(talk.packets, options: Self.options(session.keyLog))
        #expect(analysis.rules.filter { $0 == "tls.lost" }.count == 1, "\(analysis.rules)")
        #expect(analysis.texts == Self.plain(session))
    }

    @Test("report the same in parts", arguments: [1, 2, 5, 8])
    func parts(count: Int) throws {
        let sessions = try Self.names.map { try RecordedSession($0) }
        let keyLog = sessions.map(\.keyLog).joined()
        let packets = Self.talk(sessions[0]).packets + Self.talk(sessions[1]).packets
        let one = Analysis(packets, options: Self.options(keyLog))
        var many = Recorder()
        var parted = PartedPipeline(options: Self.options(keyLog), parts: count, blockLength: 7)
        for index in packets.indices { packets.withPacket(index) { parted.receive($0, into: &many) } }
        parted.finish(into: &many)
        #expect(many.reported.map { "\($0)" } == one.reported.map { "\($0)" })
    }
}

extension Analysis {
    fileprivate var alerts: [Alert] {
        reported.compactMap { if case .alert(let alert) = $0.event { alert } else { nil } }
    }
}
