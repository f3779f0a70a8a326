import CCrypto
import FuzzTargets
import TLSDecryption
import TestSupport
import Testing
import WireFormat

extension RecordedSession {
    /// Seals a handshake message as the client's next record after all but `tail` pieces, in AES-256-CBC with SHA-384
    /// (RFC 5246 6.2.3.2).
    func sealed(_ message: some Collection<UInt8>, tail: Int) throws -> [UInt8] {
        let own = pieces.dropLast(tail).filter { $0.direction == .fromInitiator }.flatMap(\.bytes)
        let server = try #require(pieces.first { $0.direction == .fromResponder }).bytes
        let line = try #require(keyLog.split(separator: "\n").first).split(separator: " ")
        let randoms = (Random(bytes(hex: line[1]).span), Random(Array(server[11..<43]).span))
        let suite = CipherSuite(0xc028)
        let cipher = try #require(suite.cipher)
        let keys = MasterSecret(KeyBytes(bytes(hex: line[2])), .tls12, suite).keys(
            cipher, clientRandom: try #require(randoms.0), serverRandom: try #require(randoms.1), .tls12
        ).client
        var sequence: UInt8 = 0
        var isProtected = false
        var rest = own[...]
        while rest.count >= 5 {
            let record = Array(rest.prefix(5))
            if isProtected { sequence += 1 }
            isProtected = isProtected || record[0] == 20
            rest = rest.dropFirst(5 + Int(record[3]) << 8 + Int(record[4]))
        }
        let length = [UInt8(message.count >> 8), UInt8(message.count & 0xff)]
        let authenticated = [0, 0, 0, 0, 0, 0, 0, sequence, 22, 3, 3] + length + message
        let mac = cipher.mac.authenticate(authenticated.span, key: keys.macKey.span)
        var text = Array(message) + (0..<mac.count).map { mac.span[$0] }
        let padding = 15 - text.count % 16
        text += [UInt8](repeating: UInt8(padding), count: padding + 1)
        let (key, vector) = ((0..<keys.key.count).map { keys.key.span[$0] }, [UInt8](repeating: 7, count: 16))
        var encrypted = [UInt8](repeating: 0, count: text.count + 16)
        let context = try #require(EVP_CIPHER_CTX_new())
        defer { EVP_CIPHER_CTX_free(context) }
        var done: Int32 = 0
        EVP_EncryptInit_ex(context, EVP_aes_256_cbc(), nil, key, vector)
        EVP_EncryptUpdate(context, &encrypted, &done, text, Int32(text.count))
        let payload = vector + encrypted.prefix(text.count)
        return [22, 3, 3, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)] + payload
    }
}
