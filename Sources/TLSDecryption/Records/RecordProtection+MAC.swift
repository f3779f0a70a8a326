import WireFormat

/// How records of TLS 1.0 to 1.2 are authenticated, and decrypted if their cipher is CBC.
extension RecordProtection {
    /// CBC with an HMAC (RFC 5246 6.2.3.2, RFC 7366 3).
    mutating func openChain(
        _ header: RecordHeader, _ payload: Span<UInt8>, _ bench: CipherBench, into output: inout [UInt8]
    ) -> ContentType? {
        let macSize = cipher.macSize
        let explicit = cipher.explicitVectorSize(version)
        let end = encryptsThenAuthenticates ? payload.count &- macSize : payload.count
        guard end >= explicit &+ RecordCipher.blockSize, !lacksVector || encryptsThenAuthenticates else { return nil }
        if encryptsThenAuthenticates {
            let additional = AdditionalData(header, sequence: sequence, plaintextLength: end)
            guard
                bench.verifies(
                    payload.extracting(last: macSize), of: additional.span, payload.extracting(first: end),
                    cipher.mac, key: macKey)
            else { return nil }
            guard !lacksVector else { return withhold(header, payload) }
        }
        let first = explicit > 0 ? Block(payload) : vector
        let start = output.count
        guard bench.decryptChain(payload.extracting(explicit..<end), key: keyBytes, vector: first, into: &output) else {
            return nil
        }
        guard let padding = output.last, removePadding(Int(padding), from: start, &output) else {
            return drop(&output, from: start)
        }
        if !encryptsThenAuthenticates {
            let count = output.count &- start &- macSize
            guard count >= 0 else { return drop(&output, from: start) }
            guard hasRightMAC(output.span.extracting(start...), header, count, bench) else {
                return drop(&output, from: start)
            }
            output.removeLast(macSize)
        }
        pass(payload)
        return header.type
    }

    /// Passes over a record that is genuine, but whose vector, which its HMAC does not cover, is not known.
    private mutating func withhold(_ header: RecordHeader, _ payload: Span<UInt8>) -> ContentType {
        pass(payload)
        hasWithheld = true
        return header.type
    }

    private func hasRightMAC(_ text: Span<UInt8>, _ header: RecordHeader, _ count: Int, _ bench: CipherBench) -> Bool {
        let additional = AdditionalData(header, sequence: sequence, plaintextLength: count)
        return bench.verifies(
            text.extracting(last: cipher.macSize), of: additional.span, text.extracting(first: count), cipher.mac,
            key: macKey)
    }

    /// RFC 5246 6.2.3.2: the last byte says how many bytes of padding precede it, and each has the same value.
    private func removePadding(_ padding: Int, from start: Int, _ output: inout [UInt8]) -> Bool {
        let count = padding &+ 1
        guard output.count &- start >= count,
            output[(output.count &- count)...].allSatisfy({ Int($0) == padding })
        else { return false }
        output.removeLast(count)
        return true
    }
}

extension RecordProtection {
    /// The key of the HMAC; empty for an AEAD.
    ///
    /// 100,000 connections may be open, so it stands in words of which an AEAD needs the first ones: the longest, of
    /// SHA-384, fills them all. In TLS 1.0, the vector is needed itself. What is left has room for a key of SHA-256.
    /// The few suites with SHA-384 that TLS 1.0 has, by a PSK (RFC 5487 3), keep the end of theirs elsewhere: vector,
    /// number and both keys have 104 bytes, and there are 88.
    var macKey: KeyBytes {
        get { KeyBytes(words: macWords, count: cipher.macSize) }
        set {
            let words = newValue.words
            claimRoom.room = words[0]
            macRoom = [words[1], words[2]]
            if version >= .tls11 {
                vector[word: 0] = words[3]
                vector[word: 1] = words[4]
                rest = .macWord(words[5])
            } else {
                rest = newValue.count > 32 ? .macEnd(KeyEnd([words[3], words[4], words[5]])) : .macWord(words[3])
            }
        }
    }

    private var macWords: InlineArray<6, UInt64> {
        switch rest {
        case .macEnd(let end): [claimRoom.room, macRoom[0], macRoom[1], end.words[0], end.words[1], end.words[2]]
        case .macWord(let last) where version >= .tls11:
            [claimRoom.room, macRoom[0], macRoom[1], vector[word: 0], vector[word: 1], last]
        case .macWord(let last): [claimRoom.room, macRoom[0], macRoom[1], last, 0, 0]
        case .none, .secret: [0, 0, 0, 0, 0, 0]
        }
    }
}
