import CCrypto
import TLSDecryption
import TestSupport
import WireFormat

/// A TLS 1.3 session whose records are sealed here under its own secrets, for cases that no recorded session has.
///
/// The key schedule is the reader's: the traces of RFC 8448 and OpenSSL's sessions verify it.
struct SealedSession {
    enum Epoch: Int {
        case early, handshake, application
    }

    static let retryRandom = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
    static let random = String(repeating: "5c", count: 32)

    /// A text to seal, different for each number.
    static func text(_ number: Int, _ count: Int = 40) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }
    }

    let suite: CipherSuite
    /// The state of each direction: the secret, and the number of the next record.
    private var state: [(secret: TrafficSecret, sequence: UInt64)] = []

    init(_ suite: CipherSuite = .aes128GCM) {
        self.suite = suite
        for direction in Direction.allCases { state.append((secret(.handshake, direction), 0)) }
    }

    private static func digits(_ epoch: Epoch, _ direction: Direction, _ size: Int) -> String {
        String(repeating: "\(epoch.rawValue + 1)\(direction.index + 7)", count: size)
    }

    private func secret(_ epoch: Epoch, _ direction: Direction) -> TrafficSecret {
        TrafficSecret(KeyBytes(bytes(hex: Self.digits(epoch, direction, suite.hash.digestSize))), suite.hash)
    }

    /// The key log as a store; with `withEarly`, it includes the early data secret.
    func secrets(withEarly: Bool = false) -> SecretStore {
        let store = SecretStore()
        store.add(Array(keyLog(withEarly: withEarly).utf8))
        return store
    }

    /// The key log as text; with `withEarly`, it includes the early data secret.
    func keyLog(withEarly: Bool = false) -> String {
        var lines: [String] = []
        let size = suite.hash.digestSize
        for (direction, name) in [(Direction.fromInitiator, "CLIENT"), (.fromResponder, "SERVER")] {
            let handshake = Self.digits(.handshake, direction, size)
            lines.append("\(name)_HANDSHAKE_TRAFFIC_SECRET \(Self.random) \(handshake)")
            lines.append("\(name)_TRAFFIC_SECRET_0 \(Self.random) \(Self.digits(.application, direction, size))")
        }
        if withEarly {
            lines.append("CLIENT_EARLY_TRAFFIC_SECRET \(Self.random) \(Self.digits(.early, .fromInitiator, size))")
        }
        return lines.joined(separator: "\n")
    }

    /// Switches to the keys of another epoch.
    mutating func begin(_ epoch: Epoch, _ direction: Direction) {
        state[direction.index] = (secret(epoch, direction), 0)
    }

    /// Seals a record under the current keys (RFC 8446 5.2).
    ///
    /// - Parameters:
    ///   - content: Its content.
    ///   - direction: Who sends it.
    ///   - type: The type of the content: 23 is data, 22 handshake.
    ///   - padding: The number of zeros after it.
    /// - Returns: The record.
    mutating func record(_ content: [UInt8], _ direction: Direction, type: UInt8 = 23, padding: Int = 0) -> [UInt8] {
        guard let cipher = suite.cipher else { return [] }
        let (secret, sequence) = state[direction.index]
        state[direction.index].sequence += 1
        let keys = secret.keys(cipher)
        let text = content + [type] + [UInt8](repeating: 0, count: padding)
        let length = text.count + 16
        let header: [UInt8] = [23, 3, 3, UInt8(length >> 8), UInt8(length & 0xff)]
        var nonce = (0..<12).map { keys.initializationVector.span[$0] }
        for index in 0..<8 { nonce[4 + index] ^= UInt8(truncatingIfNeeded: sequence >> UInt64(56 - 8 * index)) }
        let key = (0..<keys.key.count).map { keys.key.span[$0] }
        var sealed = [UInt8](repeating: 0, count: length)
        guard let context = EVP_CIPHER_CTX_new() else { return [] }
        defer { EVP_CIPHER_CTX_free(context) }
        var done: Int32 = 0
        let function = cipher.mode == .gcm ? EVP_aes_128_gcm() : EVP_chacha20_poly1305()
        EVP_EncryptInit_ex(context, function, nil, key, nonce)
        EVP_EncryptUpdate(context, nil, &done, header, 5)
        EVP_EncryptUpdate(context, &sealed, &done, text, Int32(text.count))
        var tag = [UInt8](repeating: 0, count: 16)
        var none: UInt8 = 0
        EVP_EncryptFinal_ex(context, &none, &done)
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag)
        return header + sealed.prefix(text.count) + tag
    }

    /// Skips a record that was not captured.
    mutating func skipRecord(_ direction: Direction) { state[direction.index].sequence += 1 }

    /// A KeyUpdate; later records use the next keys (RFC 8446 4.6.3).
    mutating func keyUpdate(_ direction: Direction) -> [UInt8] {
        let record = record([24, 0, 0, 1, 0], direction, type: 22)
        state[direction.index] = (state[direction.index].secret.next, 0)
        return record
    }

    // MARK: The handshake

    static let finished: [UInt8] = [20, 0, 0, 32] + [UInt8](repeating: 7, count: 32)

    /// An unencrypted record.
    static func plain(_ message: [UInt8], type: UInt8 = 22) -> [UInt8] {
        [type, 3, 3, UInt8(message.count >> 8), UInt8(message.count & 0xff)] + message
    }

    static func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type, 0, UInt8(body.count >> 8), UInt8(body.count & 0xff)] + body
    }

    /// A ClientHello (RFC 8446 4.1.2).
    func clientHello(hasEarlyData: Bool = false) -> [UInt8] {
        let extensions: [UInt8] =
            [0, 0, 0, 9, 0, 7, 0, 0, 4] + Array("host".utf8) + (hasEarlyData ? [0, 42, 0, 0] : [])
        let suites: [UInt8] = [0, 2, UInt8(suite.code >> 8), UInt8(suite.code & 0xff)]
        return Self.message(
            1, [3, 3] + bytes(hex: Self.random) + [0] + suites + [1, 0, 0, UInt8(extensions.count)] + extensions)
    }

    /// A ServerHello; with the random of a HelloRetryRequest, it is one.
    func serverHello(_ random: String = String(repeating: "5e", count: 32)) -> [UInt8] {
        let suite: [UInt8] = [UInt8(suite.code >> 8), UInt8(suite.code & 0xff)]
        return Self.message(2, [3, 3] + bytes(hex: random) + [0] + suite + [0, 0, 6, 0, 43, 0, 2, 3, 4])
    }

    /// EncryptedExtensions, and Finished.
    static func serverFlight(acceptsEarlyData: Bool = false) -> [UInt8] {
        message(8, acceptsEarlyData ? [0, 4, 0, 42, 0, 0] : [0, 0]) + finished
    }

    /// Feeds a whole handshake, in which the client's Finished may be damaged; both directions then use application
    /// keys.
    mutating func open(_ reading: Reading, damagesFinished: Bool = false) {
        reading.receive(Self.plain(clientHello()), .fromInitiator)
        reading.receive(
            Self.plain(serverHello()) + record(Self.serverFlight(), .fromResponder, type: 22), .fromResponder)
        var last = record(Self.finished, .fromInitiator, type: 22)
        if damagesFinished { last[10] ^= 1 }
        reading.receive(last, .fromInitiator)
        for direction in Direction.allCases { begin(.application, direction) }
    }
}
