/// The key schedule of TLS 1.3 from a traffic secret on (RFC 8446 7).
package struct TrafficSecret: Sendable {
    /// The secret, as a key log has it.
    package let bytes: KeyBytes
    /// The hash function of the cipher suite.
    package let hash: HashFunction

    package init(_ bytes: KeyBytes, _ hash: HashFunction) {
        self.bytes = bytes
        self.hash = hash
    }

    /// The key of records, and what their nonces begin from (RFC 8446 7.3).
    package func keys(_ cipher: RecordCipher) -> (key: KeyBytes, initializationVector: KeyBytes) {
        (expand("key", to: cipher.keySize), expand("iv", to: RecordCipher.nonceSize))
    }

    /// The secret after a KeyUpdate (RFC 8446 7.2).
    package var next: TrafficSecret {
        TrafficSecret(expand("traffic upd", to: hash.digestSize), hash)
    }

    /// HKDF-Expand-Label without a context (RFC 8446 7.1), for at most one digest's length.
    package func expand(_ label: String, to length: Int) -> KeyBytes {
        let label = "tls13 " + label
        var info: [UInt8] = [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        info.append(UInt8(truncatingIfNeeded: label.utf8.count))
        info.append(contentsOf: label.utf8)
        // No context; and HKDF-Expand's counter (RFC 5869 2.3), which stays 1.
        info.append(contentsOf: [0, 1])
        var output = hash.authenticate(info.span, key: bytes.span)
        output.truncate(to: length)
        return output
    }
}
