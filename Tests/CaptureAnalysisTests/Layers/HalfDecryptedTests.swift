import CaptureAnalysis
import FuzzTargets
import PacketDecoding
import TLSDecryption
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

@Suite("A session inside TLS of which one direction can be decrypted")
struct HalfDecryptedTests {
    /// The packets of a recorded TLS 1.3 session.
    private static func packets(_ session: RecordedSession) -> [TimedPacket] {
        var talk = TCPConversation()
        talk.open()
        for piece in session.pieces {
            let sender: ExpectedMessage.Sender = piece.direction == .fromInitiator ? .client : .server
            talk.send(piece.bytes, from: sender)
            talk.acknowledge(from: sender.peer)
        }
        talk.finish(first: .server)
        return talk.packets
    }

    private static func options(_ lines: some Sequence<Substring>) -> AnalysisOptions {
        var options = AnalysisOptions()
        let store = SecretStore()
        store.add(Array(lines.joined(separator: "\n").utf8))
        options.secrets = store
        return options
    }

    /// The lines of a key log that are missing or damaged for one end.
    enum Lack: String, CaseIterable {
        case allSecrets = "_TRAFFIC_SECRET"
        case application = "_TRAFFIC_SECRET_0"
    }

    /// A key log without some lines of an end; with `bySpoiling`, these lines have another secret instead.
    private static func lines(_ session: RecordedSession, without end: Role, _ lack: Lack, bySpoiling: Bool)
        -> [Substring]
    {
        session.keyLog.split(separator: "\n").compactMap { line in
            guard line.hasPrefix(end == .client ? "CLIENT" : "SERVER"), line.contains(lack.rawValue) else {
                return line
            }
            return bySpoiling ? line.dropLast() + (line.last == "0" ? "1" : "0") : nil
        }
    }

    /// The texts that an end sends.
    private static func texts(of end: Role) -> [String] {
        let (name, step) = end == .client ? ("client", 20) : ("server", 30)
        return (0..<8).map { String(repeating: "\(name) \($0) ", count: 1 + step * $0) }
    }

    @Test(
        "is shown as if only that direction were captured, and reported to lack a secret",
        arguments: [Role.client, .server],
        Lack.allCases)
    func noSecret(end: Role, lack: Lack) throws {
        let session = try RecordedSession("websocket-tls13")
        let analysis = Analysis(
            Self.packets(session), options: Self.options(Self.lines(session, without: end, lack, bySpoiling: false)))
        #expect(analysis.texts == Self.texts(of: end.peer) && analysis.rules == ["tls.no-secret"])
        #expect(analysis.connections.map { $0.encryption?.isDecrypted } == [false])
        let handshake = try #require(analysis.handshakes.first)
        #expect(analysis.handshakes.count == 1 && handshake.isAccepted)
        #expect(handshake.isAnswerMissing == (end == .server) && handshake.isAnswerEncrypted == (end == .server))
        let verdict = try analysis.end.verdict
        #expect(verdict.failure == nil && !verdict.isClean && verdict.clientSees?.rawValue != 1006)
        #expect((end == .client ? verdict.serverEvent : verdict.clientEvent) == nil)
        if end == .client {
            // The client may have closed first.
            #expect(verdict.layer == .closeFrame && verdict.by == .unknown && verdict.code?.rawValue == 4567)
            #expect(verdict.clientSees?.rawValue == 4567 && verdict.tls?.undecrypted == .client)
        }
        let encrypted = try analysis.summary.encrypted
        #expect(encrypted.decrypted == 1 && encrypted.noSecret == 0)
    }

    @Test(
        "is shown in the same way if the other one's secrets are wrong", arguments: [Role.client, .server],
        Lack.allCases)
    func wrongSecret(end: Role, lack: Lack) throws {
        let session = try RecordedSession("websocket-tls13")
        let analysis = Analysis(
            Self.packets(session),
            options: Self.options(Self.lines(session, without: end, lack, bySpoiling: true)))
        #expect(analysis.texts == Self.texts(of: end.peer) && analysis.rules == ["tls.wrong-secret"])
        let verdict = try analysis.end.verdict
        #expect(verdict.failure == nil && !verdict.isClean && verdict.clientSees?.rawValue != 1006)
        #expect(verdict.tls?.undecrypted == end)
    }

    @Test("is shown although the key log ends inside its last line", arguments: [Role.client, .server])
    func cutKeyLog(end: Role) throws {
        let session = try RecordedSession("websocket-tls13")
        let label = end == .client ? "CLIENT_TRAFFIC_SECRET_0" : "SERVER_TRAFFIC_SECRET_0"
        let lines = session.keyLog.split(separator: "\n")
        let last = try #require(lines.first { $0.hasPrefix(label) })
        let cut = lines.filter { !$0.hasPrefix(label) } + [last.dropLast(20)]
        let analysis = Analysis(Self.packets(session), options: Self.options(cut))
        #expect(analysis.texts == Self.texts(of: end.peer) && analysis.rules == ["tls.no-secret"])
    }

    @Test("counts as having wrong secrets if one end has many, so that the other one's are not read")
    func manySecrets() throws {
        let session = try RecordedSession("websocket-tls13")
        let right = session.keyLog.split(separator: "\n")
        let first = try #require(right.first { $0.hasPrefix("SERVER_HANDSHAKE") })
        let wrong = (10..<80).map { Substring(first.dropLast(2) + "\($0)") }.filter { $0 != first }
        let analysis = Analysis(Self.packets(session), options: Self.options(wrong + right))
        #expect(analysis.connections.isEmpty && analysis.rules == ["tls.wrong-secret"])
        let encrypted = try analysis.summary.encrypted
        #expect(encrypted.wrongSecret == 1 && encrypted.noSecret == 0)
    }

    @Test("counts as having wrong secrets if only handshakes have right ones")
    func wrongApplicationSecrets() throws {
        let session = try RecordedSession("websocket-tls13")
        let lines = session.keyLog.split(separator: "\n").map { line in
            line.contains("_TRAFFIC_SECRET_0") ? line.dropLast() + (line.last == "0" ? "1" : "0") : line
        }
        let analysis = Analysis(Self.packets(session), options: Self.options(lines))
        #expect(analysis.connections.isEmpty && analysis.rules == ["tls.wrong-secret"])
        let encrypted = try analysis.summary.encrypted
        #expect(encrypted.wrongSecret == 1 && encrypted.decrypted == 0)
    }

    @Test("counts as lacking its secret if only handshakes can be decrypted")
    func handshakesAlone() throws {
        let session = try RecordedSession("websocket-tls13")
        let lines = session.keyLog.split(separator: "\n").filter { $0.contains("HANDSHAKE") }
        let analysis = Analysis(Self.packets(session), options: Self.options(lines))
        #expect(analysis.connections.isEmpty && analysis.rules == [])
        let encrypted = try analysis.summary.encrypted
        #expect(encrypted.total == 1 && encrypted.noSecret == 1 && encrypted.decrypted == 0)
    }

    @Test("is read if the other one is not in the capture", arguments: [Role.client, .server])
    func oneDirection(end: Role) throws {
        let session = try RecordedSession("websocket-tls13")
        let packets = Self.packets(session).sent(by: end == .client ? .server : .client)
        let analysis = Analysis(packets, options: Self.options(session.keyLog.split(separator: "\n")))
        #expect(analysis.texts == Self.texts(of: end.peer) && analysis.rules == [])
        #expect(analysis.handshakes.map(\.isAccepted) == [true])
        #expect(analysis.handshakes.map(\.isAnswerEncrypted) == [false])
        let verdict = try analysis.end.verdict
        #expect(verdict.tls?.undecrypted == nil && verdict.failure == nil && !verdict.isClean)
        #expect((end == .client ? verdict.serverEvent : verdict.clientEvent) == nil)
    }
}
