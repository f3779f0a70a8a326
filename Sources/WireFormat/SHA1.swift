import CCrypto

/// SHA-1 (RFC 3174), for the formats that are defined with it; it protects nothing.
public enum SHA1 {
    /// Returns the 20-byte digest of `bytes` in base64.
    public static func base64(of bytes: Span<UInt8>) -> String {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(SHA_DIGEST_LENGTH)) { digest in
            unsafe bytes.withUnsafeBufferPointer { _ = unsafe CCrypto.SHA1($0.baseAddress, $0.count, digest.baseAddress) }
            return unsafe Base64.encode(Span(_unsafeElements: UnsafeBufferPointer(digest)))
        }
    }
}
