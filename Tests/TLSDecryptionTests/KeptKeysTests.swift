import Testing

@testable import TLSDecryption

@Suite("What a connection inside TLS keeps")
struct KeptKeysTests {
    struct Chain: CustomTestStringConvertible {
        let version: TLSVersion
        let keySize: Int
        let mac: HashFunction

        var testDescription: String { "TLS \(version.name), AES-\(8 * keySize), \(mac)" }

        /// All suites that exist: with a PSK, SHA-2 HMACs are allowed in any version (RFC 5487 3, RFC 5489 3).
        static let all = [TLSVersion.tls10, .tls11, .tls12].flatMap { version in
            [16, 32].flatMap { keySize in
                [HashFunction.sha1, .sha256, .sha384].map { Chain(version: version, keySize: keySize, mac: $0) }
            }
        }
    }

    @Test("holds both keys of CBC whole, and the IV of TLS 1.0", arguments: Chain.all)
    func chain(_ chain: Chain) {
        let cipher = RecordCipher(mode: .cbc, keySize: chain.keySize, mac: chain.mac)
        let vectorSize = cipher.fixedVectorSize(chain.version)
        let keys = MasterSecret.Keys(
            macKey: KeyBytes((1...UInt8(cipher.macSize))), key: KeyBytes((101...(100 + UInt8(chain.keySize)))),
            initializationVector: KeyBytes(repeatElement(201, count: vectorSize)))
        var protection = RecordProtection(keys, cipher, chain.version, encryptsThenAuthenticates: false)
        #expect(protection.macKey == keys.macKey && protection.keyBytes == keys.key)
        #expect(chain.version > .tls10 || protection.vector.bits == Block(keys.initializationVector.span).bits)

        // A record's last block is the next record's IV, and takes no room from the key.
        let record = [UInt8](repeating: 0xff, count: 64)
        protection.pass(record.span)
        #expect(protection.macKey == keys.macKey && protection.keyBytes == keys.key)
        #expect((chain.version == .tls10) == (protection.vector.bits == .max))
    }

    @Test("stays as small as it was measured")
    func sizes() {
        // With the object's header, the allocator provides 104 bytes in any case.
        #expect(MemoryLayout<TLSReader>.size <= 88)
        #expect(TLSReader.SidePool.pairSize <= 240)
    }
}
