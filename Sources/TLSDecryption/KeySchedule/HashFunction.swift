import CCrypto

/// The hash functions that TLS derives keys and authenticates records with.
package enum HashFunction: Sendable {
    case md5
    case sha1
    case sha256
    case sha384

    /// The size of its digest, in bytes.
    package var digestSize: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        }
    }

    /// HMAC (RFC 2104).
    package func authenticate(_ message: Span<UInt8>, key: Span<UInt8>) -> KeyBytes {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(EVP_MAX_MD_SIZE)) { digest in
            var count: UInt32 = 0
            let result = unsafe key.withUnsafeBufferPointer { key in
                unsafe message.withUnsafeBufferPointer { message in
                    unsafe HMAC(
                        function, key.baseAddress, Int32(truncatingIfNeeded: key.count), message.baseAddress,
                        message.count, digest.baseAddress, &count)
                }
            }
            guard unsafe result != nil else { return KeyBytes() }
            return unsafe KeyBytes(digest.prefix(Int(count)))
        }
    }

    private var function: OpaquePointer? {
        switch self {
        case .md5: unsafe EVP_md5()
        case .sha1: unsafe EVP_sha1()
        case .sha256: unsafe EVP_sha256()
        case .sha384: unsafe EVP_sha384()
        }
    }
}
