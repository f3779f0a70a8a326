import CCrypto
import WireFormat

/// How the number of a record that GCM protects is found by its tag.
extension CipherBench {
    /// The nonce that a record was encrypted with, by its tag.
    ///
    /// A tag is GHASH of the record plus the encrypted counter block J0 (NIST SP 800-38D 7.1), so the tag reveals J0.
    ///
    /// - Parameters:
    ///   - sealed: The encrypted bytes, then the tag.
    ///   - key: The key.
    ///   - additional: What is authenticated beside; at most 16 bytes.
    /// - Returns: The nonce in the first 12 bytes; nil if the key is not that of the record.
    package func nonceOfGCM(_ sealed: Span<UInt8>, key: KeyBytes, additional: Span<UInt8>) -> Block? {
        let blockSize = RecordCipher.blockSize
        guard sealed.count >= blockSize, additional.count <= blockSize, additional.count > 0 else { return nil }
        let text = sealed.extracting(droppingLast: blockSize)
        guard let hashKey = crypt(Block(), key, .encryptBlock),
            let mask = crypt(Block(first: 1), key, .encryptBlock),
            let tag = authenticate(Block(additional), text, key)
        else { return nil }
        let paddedCount = UInt128(blockSize + (text.count + blockSize - 1) / blockSize * blockSize)
        let lengths = (paddedCount * 8) << 64
        let ownLengths = (UInt128(additional.count) * 8) << 64 | UInt128(text.count) * 8
        let correction = GaloisField.multiply(lengths ^ ownLengths, hashKey.bits)
        let counter = Block(bits: Block(sealed.extracting(last: blockSize)).bits ^ tag.bits ^ mask.bits ^ correction)
        guard let nonce = crypt(counter, key, .decryptBlock), nonce.bits & 0xffff_ffff == 1 else { return nil }
        return nonce
    }

    /// GMAC of a block and what follows it, filled up to whole blocks, with a nonce of zeros.
    private func authenticate(_ head: Block, _ text: Span<UInt8>, _ key: KeyBytes) -> Block? {
        let kind = Kind(use: .authenticate, keySize: key.count)
        guard let context = unsafe context(kind), unsafe start(kind, context, key, Block()) else { return nil }
        var done: Int32 = 0
        let isHeadDone = unsafe head.span.withUnsafeBufferPointer {
            unsafe EVP_EncryptUpdate(context, nil, &done, $0.baseAddress, Int32($0.count))
        }
        guard isHeadDone == 1 else { return nil }
        if text.count > 0 {
            let isTextDone = unsafe text.withUnsafeBufferPointer {
                unsafe EVP_EncryptUpdate(context, nil, &done, $0.baseAddress, Int32($0.count))
            }
            guard isTextDone == 1 else { return nil }
            let missing = (16 - text.count % 16) % 16
            let padding = Block()
            let isPadded = unsafe padding.span.withUnsafeBufferPointer {
                missing == 0 ? 1 : unsafe EVP_EncryptUpdate(context, nil, &done, $0.baseAddress, Int32(missing))
            }
            guard isPadded == 1 else { return nil }
        }
        var tag = InlineArray<16, UInt8>(repeating: 0)
        var none: UInt8 = 0
        guard unsafe EVP_EncryptFinal_ex(context, &none, &done) == 1 else { return nil }
        var span = tag.mutableSpan
        let hasTag = unsafe span.withUnsafeMutableBufferPointer {
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, UnsafeMutableRawPointer($0.baseAddress))
        }
        return hasTag == 1 ? Block(tag.span) : nil
    }

    /// One block of AES.
    private func crypt(_ block: Block, _ key: KeyBytes, _ use: Kind.Use) -> Block? {
        let kind = Kind(use: use, keySize: key.count)
        guard let context = unsafe context(kind), unsafe start(kind, context, key, Block()) else { return nil }
        unsafe EVP_CIPHER_CTX_set_padding(context, 0)
        var output = InlineArray<32, UInt8>(repeating: 0)
        var span = output.mutableSpan
        var done: Int32 = 0
        let isDone = unsafe block.span.withUnsafeBufferPointer { input in
            unsafe span.withUnsafeMutableBufferPointer { room in
                unsafe EVP_CipherUpdate(context, room.baseAddress, &done, input.baseAddress, 16)
            }
        }
        return isDone == 1 && done == 16 ? Block(output.span) : nil
    }
}
