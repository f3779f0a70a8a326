/// A cipher suite, by its number on the wire (IANA, "TLS Cipher Suites").
package struct CipherSuite: Hashable, Sendable {
    package let code: UInt16

    package init(_ code: UInt16) {
        self.code = code
    }

    /// IANA's name; the number in hexadecimal if it is not known here.
    package var name: String {
        if let name = CipherSuiteTable.name(of: code) { return name }
        let digits = String(code, radix: 16)
        return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// The hash function of its key schedule: of HKDF in TLS 1.3, of the PRF in TLS 1.2 (RFC 5246 5).
    package var hash: HashFunction {
        if let hash = tls13?.hash { return hash }
        return name.hasSuffix("_SHA384") ? .sha384 : .sha256
    }

    /// What protects its records; nil if that cannot be decrypted here.
    package var cipher: RecordCipher? {
        if let cipher = tls13?.cipher { return cipher }
        let name = name
        func has(_ part: String) -> Bool { name.containsPart(part) }
        let keySize = has("_AES_256_") ? 32 : 16
        if has("_AES_128_GCM_") || has("_AES_256_GCM_") { return RecordCipher(mode: .gcm, keySize: keySize) }
        if has("_CHACHA20_POLY1305_") { return RecordCipher(mode: .chaCha20Poly1305, keySize: 32) }
        if has("_AES_128_CCM_8") || has("_AES_256_CCM_8") { return RecordCipher(mode: .ccm8, keySize: keySize) }
        if has("_AES_128_CCM") || has("_AES_256_CCM") { return RecordCipher(mode: .ccm, keySize: keySize) }
        guard has("_AES_128_CBC_") || has("_AES_256_CBC_") else { return nil }
        let mac: HashFunction =
            name.hasSuffix("_SHA384") ? .sha384 : name.hasSuffix("_SHA256") ? .sha256 : .sha1
        return RecordCipher(mode: .cbc, keySize: keySize, mac: mac)
    }

    /// Those of TLS 1.3 without a look at their names, which takes longer than their keys: nearly all connections have
    /// them.
    private var tls13: (cipher: RecordCipher, hash: HashFunction)? {
        switch code {
        case 0x1301: (RecordCipher(mode: .gcm, keySize: 16), .sha256)
        case 0x1302: (RecordCipher(mode: .gcm, keySize: 32), .sha384)
        case 0x1303: (RecordCipher(mode: .chaCha20Poly1305, keySize: 32), .sha256)
        case 0x1304: (RecordCipher(mode: .ccm, keySize: 16), .sha256)
        case 0x1305: (RecordCipher(mode: .ccm8, keySize: 16), .sha256)
        default: nil
        }
    }

    package static let aes128GCM = CipherSuite(0x1301)
    package static let aes256GCM = CipherSuite(0x1302)
    package static let chaCha20Poly1305 = CipherSuite(0x1303)
    package static let aes128CCM = CipherSuite(0x1304)
    package static let aes128CCM8 = CipherSuite(0x1305)

    /// Those of TLS 1.3 (RFC 8446 B.4), the common ones first.
    package static let allOfTLS13 = [aes128GCM, aes256GCM, chaCha20Poly1305, aes128CCM, aes128CCM8]
}

/// How the bytes of records are protected.
package struct RecordCipher: Hashable, Sendable {
    package enum Mode: Sendable {
        case gcm
        case chaCha20Poly1305
        case ccm
        /// With tags of 8 bytes.
        case ccm8
        /// With an HMAC.
        case cbc
    }

    package let mode: Mode
    private let keyBytes: UInt8
    /// The hash function of the HMAC in mode `cbc`.
    package let mac: HashFunction

    package init(mode: Mode, keySize: Int, mac: HashFunction = .sha1) {
        self.mode = mode
        keyBytes = UInt8(truncatingIfNeeded: keySize)
        self.mac = mac
    }

    /// The size of its keys, in bytes.
    package var keySize: Int { Int(keyBytes) }

    /// The size of an AEAD's nonce.
    package static let nonceSize = 12
    /// The size of a block of AES.
    package static let blockSize = 16

    /// The size of an AEAD's tag; 0 in mode `cbc`.
    package var tagSize: Int {
        switch mode {
        case .gcm, .chaCha20Poly1305, .ccm: 16
        case .ccm8: 8
        case .cbc: 0
        }
    }

    /// The size of the HMAC; 0 for an AEAD.
    package var macSize: Int { mode == .cbc ? mac.digestSize : 0 }

    /// How many bytes of the nonce or the initialization vector the key schedule gives.
    package func fixedVectorSize(_ version: TLSVersion) -> Int {
        switch mode {
        case .chaCha20Poly1305: Self.nonceSize
        case .gcm, .ccm, .ccm8: version >= .tls13 ? Self.nonceSize : 4
        case .cbc: version >= .tls11 ? 0 : Self.blockSize
        }
    }

    /// How many bytes of the nonce or the initialization vector each record brings.
    package func explicitVectorSize(_ version: TLSVersion) -> Int {
        switch mode {
        case .chaCha20Poly1305: 0
        case .gcm, .ccm, .ccm8: version >= .tls13 ? 0 : 8
        case .cbc: version >= .tls11 ? Self.blockSize : 0
        }
    }
}

extension String {
    /// Whether it contains a text; ASCII only.
    fileprivate func containsPart(_ part: String) -> Bool {
        let (own, other) = (Array(utf8), Array(part.utf8))
        guard own.count >= other.count else { return false }
        return (0...(own.count - other.count)).contains { own[$0..<($0 + other.count)].elementsEqual(other) }
    }
}
