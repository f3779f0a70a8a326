import WireFormat

/// The key schedule of TLS 1.0 to 1.2 from the master secret on (RFC 5246 6.3).
package struct MasterSecret: Sendable {
    /// What of the key block protects one direction.
    package struct Keys: Sendable {
        package var macKey: KeyBytes
        package var key: KeyBytes
        package var initializationVector: KeyBytes
    }

    private let bytes: KeyBytes
    /// The hash function of the PRF; nil for that of TLS 1.0 and 1.1, which has two.
    private let hash: HashFunction?

    /// - Parameters:
    ///   - bytes: The secret, as a key log has it.
    ///   - version: The version.
    ///   - suite: The cipher suite.
    package init(_ bytes: KeyBytes, _ version: TLSVersion, _ suite: CipherSuite) {
        self.bytes = bytes
        hash = version < .tls12 ? nil : suite.hash
    }

    /// What the key block gives to the client's and the server's records.
    package func keys(
        _ cipher: RecordCipher, clientRandom: Random, serverRandom: Random, _ version: TLSVersion
    ) -> (client: Keys, server: Keys) {
        let vectorSize = cipher.fixedVectorSize(version)
        let seed = serverRandom.bytes + clientRandom.bytes
        let block = pseudoRandom("key expansion", seed, count: 2 * (cipher.macSize + cipher.keySize + vectorSize))
        var start = 0
        func next(_ count: Int) -> KeyBytes {
            defer { start += count }
            return KeyBytes(block[start..<(start + count)])
        }
        let macKeys = (next(cipher.macSize), next(cipher.macSize))
        let keys = (next(cipher.keySize), next(cipher.keySize))
        let vectors = (next(vectorSize), next(vectorSize))
        return (
            Keys(macKey: macKeys.0, key: keys.0, initializationVector: vectors.0),
            Keys(macKey: macKeys.1, key: keys.1, initializationVector: vectors.1)
        )
    }

    /// The PRF (RFC 5246 5; RFC 2246 5).
    package func pseudoRandom(_ label: String, _ seed: [UInt8], count: Int) -> [UInt8] {
        let seed = Array(label.utf8) + seed
        if let hash { return Self.expand(bytes.span, seed, hash, count: count) }
        let half = (bytes.count + 1) / 2
        let first = Self.expand(bytes.span.extracting(first: half), seed, .md5, count: count)
        let second = Self.expand(bytes.span.extracting(last: half), seed, .sha1, count: count)
        return zip(first, second).map { $0 ^ $1 }
    }

    /// P_hash (RFC 5246 5).
    private static func expand(_ secret: Span<UInt8>, _ seed: [UInt8], _ hash: HashFunction, count: Int) -> [UInt8] {
        var output: [UInt8] = []
        var chain = hash.authenticate(seed.span, key: secret)
        while output.count < count {
            var message: [UInt8] = []
            message.append(copying: chain.span)
            message.append(contentsOf: seed)
            output.append(copying: hash.authenticate(message.span, key: secret).span)
            chain = hash.authenticate(chain.span, key: secret)
        }
        return Array(output.prefix(count))
    }
}
