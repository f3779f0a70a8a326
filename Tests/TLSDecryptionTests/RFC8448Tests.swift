import TLSDecryption
import TestSupport
import Testing
import WireFormat

@Suite("The trace of RFC 8448")
struct RFC8448Tests {
    private static let data = (0..<50).map { UInt8($0) }

    @Test(
        "Cipher suites have IANA's names",
        arguments: [
            (0x1301, "TLS_AES_128_GCM_SHA256"), (0x0066, "TLS_DHE_DSS_WITH_RC4_128_SHA"),
            (0xc07a, "TLS_RSA_WITH_CAMELLIA_128_GCM_SHA256"), (0xc093, "TLS_RSA_PSK_WITH_CAMELLIA_256_GCM_SHA384"),
            (0xc102, "TLS_GOSTR341112_256_WITH_28147_CNT_IMIT"), (0xabcd, "0xabcd"),
        ] as [(UInt16, String)])
    func suiteName(code: UInt16, name: String) {
        #expect(CipherSuite(code).name == name)
        #expect((CipherSuite(code).cipher != nil) == (code == 0x1301))
    }

    @Test(
        "has the keys derived from its secrets (RFC 8446 7.3)",
        arguments: [
            (RFC8448.serverHandshakeSecret, "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"),
            (RFC8448.clientHandshakeSecret, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"),
            (RFC8448.serverApplicationSecret, "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"),
            (RFC8448.clientApplicationSecret, "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"),
        ])
    func keys(secret: String, key: String, vector: String) throws {
        let cipher = try #require(CipherSuite.aes128GCM.cipher)
        let keys = TrafficSecret(KeyBytes(bytes(hex: secret)), .sha256).keys(cipher)
        #expect(keys.key == KeyBytes(bytes(hex: key)))
        #expect(keys.initializationVector == KeyBytes(bytes(hex: vector)))
    }

    @Test("is decrypted, however it is cut", arguments: [1, 3, 64, 1000])
    func trace(cut: Int) {
        let store = SecretStore()
        store.add(Array(RFC8448.keyLog.utf8))
        let reading = Reading(store)
        let records: [(String, Direction)] = [
            (RFC8448.clientHello, .fromInitiator), (RFC8448.serverHello + RFC8448.serverFlight, .fromResponder),
            (RFC8448.clientFinished, .fromInitiator), (RFC8448.newSessionTicket, .fromResponder),
            (RFC8448.clientData, .fromInitiator), (RFC8448.serverData, .fromResponder),
            (RFC8448.clientAlert, .fromInitiator), (RFC8448.serverAlert, .fromResponder),
        ]
        for (digits, direction) in records {
            var rest = bytes(hex: digits)[...]
            while !rest.isEmpty {
                reading.receive(rest.prefix(cut), direction)
                rest = rest.dropFirst(cut)
            }
        }
        reading.finish()
        #expect(reading.plaintext == [Self.data.map { $0 }, Self.data.map { $0 }])
        #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
        #expect(reading.alerts.map(\.alert) == [TLSAlert(isFatal: false, code: 0), TLSAlert(isFatal: false, code: 0)])
        let facts = reading.reader.facts
        #expect(facts.version == .tls13 && facts.suite?.name == "TLS_AES_128_GCM_SHA256")
        #expect(facts.serverName == "server" && !facts.isResumed && !facts.hasEncryptedHello)
    }

    /// Sections 4 to 7: the records and secrets that the RFC states, one record per piece.
    @Test(
        "is decrypted if it resumes, retries, authenticates the client, or is in compatibility mode",
        arguments: [
            ("rfc8448-4", [[65, 66, 67, 68, 69, 70] + data, data], true), ("rfc8448-5", [[], []], false),
            ("rfc8448-6", [[], []], false), ("rfc8448-7", [[], []], false),
        ], [1, 7, 1000])
    func others(trace: (name: String, plaintext: [[UInt8]], isResumed: Bool), cut: Int) throws {
        let session = try RecordedSession(trace.name)
        let reading = Reading(session.secrets)
        Self.read(session, reading, cut: cut)
        #expect(reading.plaintext == trace.plaintext.map { $0.map { $0 } })
        #expect(reading.problems.isEmpty && reading.unknownGaps == [[], []])
        // Each end sends its close_notify under its last keys, so all earlier keys were found.
        #expect(reading.alerts.map(\.direction) == [.fromInitiator, .fromResponder])
        #expect(reading.alerts.allSatisfy { $0.alert == TLSAlert(isFatal: false, code: 0) })
        #expect(reading.reader.isDecrypted && reading.reader.facts.isResumed == trace.isResumed)
        #expect(reading.reader.facts.serverName == "server" && reading.reader.facts.suite == .aes128GCM)
    }

    @Test("has a gap for early data whose secret is missing, and goes on after it", arguments: [1, 64, 1000])
    func earlyDataWithoutSecret(cut: Int) throws {
        let session = try RecordedSession("rfc8448-4")
        let reading = Reading(Self.store(session) { !$0.hasPrefix("CLIENT_EARLY_TRAFFIC_SECRET") })
        Self.read(session, reading, cut: cut)
        // As many bytes as the early data has according to section 4; EndOfEarlyData after it is not data.
        #expect(reading.plaintext[0] == [UInt8?](repeating: nil, count: 6) + Self.data.map { $0 })
        #expect(reading.plaintext[1] == Self.data.map { $0 })
        #expect(reading.unknownGaps == [[], []] && reading.problems.isEmpty && reading.alerts.count == 2)
    }

    @Test(
        "goes on with the application's secrets if those of the handshake are missing",
        arguments: ["rfc8448-5", "rfc8448-6", "rfc8448-7"])
    func applicationSecretsOnly(name: String) throws {
        let session = try RecordedSession(name)
        let reading = Reading(Self.store(session) { $0.contains("_TRAFFIC_SECRET_0") })
        Self.read(session, reading, cut: .max)
        #expect(reading.plaintext == [[], []] && reading.problems.isEmpty)
        #expect(reading.alerts.map(\.direction) == [.fromInitiator, .fromResponder])
    }

    /// A store with some lines of a session's key log.
    private static func store(_ session: RecordedSession, _ isKept: (Substring) -> Bool) -> SecretStore {
        let store = SecretStore()
        store.add(Array(session.keyLog.split(separator: "\n").filter(isKept).joined(separator: "\n").utf8))
        return store
    }

    private static func read(_ session: RecordedSession, _ reading: Reading, cut: Int) {
        for (direction, bytes) in session.pieces {
            var rest = bytes[...]
            while !rest.isEmpty {
                reading.receive(rest.prefix(cut), direction)
                rest = rest.dropFirst(cut)
            }
        }
        reading.finish()
    }

    @Test("finds the number of a record from its tag")
    func sequenceByTag() throws {
        let cipher = try #require(CipherSuite.aes128GCM.cipher)
        let keys = TrafficSecret(KeyBytes(bytes(hex: RFC8448.serverApplicationSecret)), .sha256).keys(cipher)
        // The ticket is record 0 under the server's application keys, the data record 1, the alert record 2.
        let records = [RFC8448.newSessionTicket, RFC8448.serverData, RFC8448.serverAlert]
        let bench = CipherBench()
        for (number, digits) in records.enumerated() {
            let record = bytes(hex: digits)
            let nonce = bench.nonceOfGCM(
                record.span.extracting(droppingFirst: 5), key: keys.key, additional: record.span.extracting(first: 5))
            let vector = Block(keys.initializationVector.span)
            #expect(nonce.map { ($0.bits ^ vector.bits) >> 32 } == UInt128(number))
            let other = TrafficSecret(KeyBytes(bytes(hex: RFC8448.clientApplicationSecret)), .sha256).keys(cipher)
            #expect(
                bench.nonceOfGCM(
                    record.span.extracting(droppingFirst: 5), key: other.key,
                    additional: record.span.extracting(first: 5)
                ) == nil)
        }
    }
}

@Suite("The PRF of TLS 1.2")
struct PseudoRandomTests {
    /// The test vector for SHA-256 that the TLS working group published:
    /// ietf.org/mail-archive/web/tls/current/msg03416.html.
    @Test("gives the published output")
    func published() {
        let secret = MasterSecret(
            KeyBytes(bytes(hex: "9bbe436ba940f017b17652849a71db35")), .tls12, CipherSuite(0xc02f))
        let output = secret.pseudoRandom(
            "test label", bytes(hex: "a0ba9f936cda311827a6f796ffd5198c"), count: 100)
        let expected = """
            e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa0
            22f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66
            """
        #expect(output == bytes(hex: expected))
    }
}
