import CCrypto

/// SHA-1 (RFC 3174), for formats defined with it, not for security.
package enum SHA1 {
    /// The 20-byte digest of `bytes` in base64.
    package static func base64(of bytes: Span<UInt8>) -> String {
        withDigest(of: bytes) { Base64.encode($0) }
    }

    /// The 20-byte digest of `bytes` in 40 lower-case hexadecimal digits.
    package static func hexadecimal(of bytes: Span<UInt8>) -> String {
        withDigest(of: bytes) { digest in
            var text = ""
            for index in digest.indices {
                text += String(digest[index] >> 4, radix: 16)
                text += String(digest[index] & 15, radix: 16)
            }
            return text
        }
    }

    private static func withDigest(of bytes: Span<UInt8>, _ body: (Span<UInt8>) -> String) -> String {
        var state = SHA_CTX()
        _ = unsafe SHA1_Init(&state)
        _ = unsafe bytes.withUnsafeBytes { unsafe SHA1_Update(&state, $0.baseAddress, $0.count) }
        return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(SHA_DIGEST_LENGTH)) { digest in
            _ = unsafe SHA1_Final(digest.baseAddress, &state)
            return unsafe body(Span(_unsafeElements: UnsafeBufferPointer(digest)))
        }
    }
}

/// SHA-256 (RFC 6234).
package enum SHA256 {
    /// The 32-byte digest of `bytes` in base64.
    package static func base64(of bytes: Span<UInt8>) -> String {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(SHA256_DIGEST_LENGTH)) { digest in
            _ = unsafe bytes.withUnsafeBufferPointer {
                unsafe CCrypto.SHA256($0.baseAddress, $0.count, digest.baseAddress)
            }
            return unsafe Base64.encode(Span(_unsafeElements: UnsafeBufferPointer(digest)))
        }
    }
}

/// Base64 (RFC 4648 4), with padding.
package enum Base64 {
    package static func encode(_ bytes: Span<UInt8>) -> String {
        let count = (bytes.count + 2) / 3 * 4
        return unsafe String(unsafeUninitializedCapacity: count) { text in
            var end = 0
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let length = min(3, bytes.count - start)
                var bits = Int(bytes[start]) << 16
                if length > 1 { bits |= Int(bytes[start + 1]) << 8 }
                if length > 2 { bits |= Int(bytes[start + 2]) }
                for digit in 0..<4 {
                    unsafe text[end] =
                        digit <= length ? Self.digit(bits >> (18 - 6 * digit) & 63) : UInt8(ascii: "=")
                    end += 1
                }
            }
            return end
        }
    }

    /// The digit for a number below 64.
    private static func digit(_ value: Int) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value)
        switch value {
        case 0..<26: return UInt8(ascii: "A") + value
        case 26..<52: return UInt8(ascii: "a") + value - 26
        case 52..<62: return UInt8(ascii: "0") + value - 52
        case 62: return UInt8(ascii: "+")
        default: return UInt8(ascii: "/")
        }
    }
}
