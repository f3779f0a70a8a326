internal import CCrypto
internal import TLSDecryption

/// The cipher of all connections of a generated capture.
public enum GeneratedCipher: Sendable {
    case aes128GCM
    case chaCha20Poly1305

    var suite: CipherSuite { self == .aes128GCM ? .aes128GCM : .chaCha20Poly1305 }

    var function: OpaquePointer? { self == .aes128GCM ? EVP_aes_128_gcm() : EVP_chacha20_poly1305() }
}

/// The TLS 1.3 of a generated connection (RFC 8446): hellos without key exchange, then records under secrets derived
/// from the connection's number.
///
/// There are no certificates, since nobody verifies them: only what protects records is included.
struct RecordWriter {
    /// The most plaintext bytes in a record.
    private static let longest = 1 << 14

    private let cipher: GeneratedCipher
    private let number: Int
    private let sealers: [[RecordSealer]]

    init(_ cipher: GeneratedCipher, _ number: Int) {
        self.cipher = cipher
        self.number = number
        sealers = [0, 1].map { epoch in
            [End.client, .server].map { end in
                RecordSealer(
                    Self.secret(number, epoch, end), cipher, key: UInt32(4 * number + 2 * epoch + end.rawValue))
            }
        }
    }

    /// Puts the next flight of the handshake into an outbox.
    ///
    /// - Parameters:
    ///   - flight: Its number: 0, 1 or 2.
    ///   - ends: Both ends.
    ///   - log: Gets the records that are encrypted.
    func handshake(_ flight: Int, _ ends: inout [SendingEnd], _ log: inout [UInt8]) {
        let finished: [UInt8] = [20, 0, 0, 32] + [UInt8](repeating: 7, count: 32)
        switch flight {
        case 0:
            // A ClientHello with server_name "host".
            let hello: [UInt8] =
                [3, 3] + Self.bytes(number, 4) + [0, 0, 4, 0x13, 1, 0x13, 3, 1, 0, 0, 13]
                + [0, 0, 0, 9, 0, 7, 0, 0, 4] + Array("host".utf8)
            ends[0].outbox += Self.plainRecord([1, 0, 0, UInt8(hello.count)] + hello)
        case 1:
            let code = cipher.suite.code
            let hello: [UInt8] =
                [3, 3] + Self.bytes(number, 5) + [0, UInt8(code >> 8), UInt8(code & 0xff), 0, 0, 6, 0, 43, 0, 2, 3, 4]
            ends[1].outbox += Self.plainRecord([2, 0, 0, UInt8(hello.count)] + hello)
            let rest: [UInt8] = [8, 0, 0, 2, 0, 0] + finished
            sealers[0][1].seal(rest[...], type: 22, into: &ends[1].outbox, &log)
        default: sealers[0][0].seal(finished[...], type: 22, into: &ends[0].outbox, &log)
        }
    }

    /// Encrypts an end's outbox in as few records as possible.
    func seal(_ end: End, _ sender: inout SendingEnd, _ log: inout [UInt8]) {
        let text = sender.outbox
        guard !text.isEmpty else { return }
        sender.outbox = []
        sender.outbox.reserveCapacity(text.count + text.count / 500 + 64)
        var start = 0
        while start < text.count {
            let next = min(text.count, start + Self.longest)
            sealers[1][end.rawValue].seal(text[start..<next], type: 23, into: &sender.outbox, &log)
            start = next
        }
    }

    /// The lines of a key log for a connection.
    static func keyLog(_ number: Int) -> String {
        let random = hexadecimal(bytes(number, 4))
        return [(0, End.client), (0, .server), (1, .client), (1, .server)].map { epoch, end in
            let label =
                (end == .client ? "CLIENT_" : "SERVER_")
                + (epoch == 0 ? "HANDSHAKE_TRAFFIC_SECRET" : "TRAFFIC_SECRET_0")
            return "\(label) \(random) \(hexadecimal(secret(number, epoch, end)))\n"
        }.joined()
    }

    private static func secret(_ number: Int, _ epoch: Int, _ end: End) -> [UInt8] {
        bytes(number, 2 * epoch + end.rawValue)
    }

    /// Derives 32 bytes from a connection's number.
    private static func bytes(_ number: Int, _ use: Int) -> [UInt8] {
        var random = SeededRandom(seed: UInt64(number) << 8 | UInt64(use) | 1 << 60)
        return (0..<4).flatMap { _ in random.next().bigEndianBytes }
    }

    private static func plainRecord(_ message: [UInt8]) -> [UInt8] {
        [22, 3, 1] + UInt16(message.count).bigEndianBytes + message
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

/// Encrypts the records of one direction.
final class RecordSealer {
    private let context = EVP_CIPHER_CTX_new()
    private let keyNumber: UInt32
    private let keyBytes: [UInt8]
    private let vector: [UInt8]
    private let cipher: GeneratedCipher
    private var sequence: UInt64 = 0

    init(_ secret: [UInt8], _ cipher: GeneratedCipher, key number: UInt32) {
        self.cipher = cipher
        keyNumber = number
        guard let recordCipher = cipher.suite.cipher else { fatalError("a suite without a cipher") }
        let keys = TrafficSecret(KeyBytes(secret), .sha256).keys(recordCipher)
        keyBytes = (0..<keys.key.count).map { keys.key.span[$0] }
        vector = (0..<12).map { keys.initializationVector.span[$0] }
        EVP_EncryptInit_ex(context, cipher.function, nil, keyBytes, nil)
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Appends a record (RFC 8446 5.2).
    ///
    /// - Parameters:
    ///   - text: Its content.
    ///   - type: The type of the content.
    ///   - output: Receives the record.
    ///   - log: Also receives the record, with the number of its key and, the first time, the key itself: for a program
    ///     that only decrypts these records.
    func seal(_ text: ArraySlice<UInt8>, type: UInt8, into output: inout [UInt8], _ log: inout [UInt8]) {
        let header: [UInt8] = [23, 3, 3] + UInt16(text.count + 17).bigEndianBytes
        var nonce = vector
        for (index, byte) in sequence.bigEndianBytes.enumerated() { nonce[4 + index] ^= byte }
        var sealed = [UInt8](repeating: 0, count: text.count + 17)
        var done: Int32 = 0
        EVP_EncryptInit_ex(context, nil, nil, nil, nonce)
        EVP_EncryptUpdate(context, nil, &done, header, 5)
        let content = Array(text) + [type]
        EVP_EncryptUpdate(context, &sealed, &done, content, Int32(content.count))
        var tag = [UInt8](repeating: 0, count: 16)
        var none: UInt8 = 0
        EVP_EncryptFinal_ex(context, &none, &done)
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, &tag)
        sealed.replaceSubrange(content.count..., with: tag)
        output += header
        output += sealed
        log += keyNumber.bigEndianBytes
        log += [cipher == .aes128GCM ? 0 : 1]
        log += keyBytes + [UInt8](repeating: 0, count: 32 - keyBytes.count) + nonce
        log += header
        log += sealed
        sequence += 1
    }
}
