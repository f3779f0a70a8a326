import CCrypto

/// SHA-1 (RFC 3174), for formats defined with it, not for security.
package enum SHA1 {
    /// The digest of `bytes`.
    package static func digest(of bytes: Span<UInt8>) -> InlineArray<20, UInt8> {
        var state = SHA_CTX()
        _ = unsafe SHA1_Init(&state)
        _ = unsafe bytes.withUnsafeBytes { unsafe SHA1_Update(&state, $0.baseAddress, $0.count) }
        var digest = InlineArray<20, UInt8>(repeating: 0)
        var room = digest.mutableSpan
        _ = unsafe room.withUnsafeMutableBufferPointer { unsafe SHA1_Final($0.baseAddress, &state) }
        return digest
    }

    /// The digest of `bytes` in base64.
    package static func base64(of bytes: Span<UInt8>) -> String { Base64.encode(digest(of: bytes).span) }
}

/// SHA-256 (RFC 6234).
package enum SHA256 {
    /// The 32-byte digest of `bytes`.
    package static func digest(of bytes: Span<UInt8>) -> InlineArray<32, UInt8> {
        var digest = InlineArray<32, UInt8>(repeating: 0)
        var room = digest.mutableSpan
        unsafe bytes.withUnsafeBufferPointer { bytes in
            _ = unsafe room.withUnsafeMutableBufferPointer {
                unsafe CCrypto.SHA256(bytes.baseAddress, bytes.count, $0.baseAddress)
            }
        }
        return digest
    }

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

/// Base16 (RFC 4648 8), in lower case.
package enum Base16 {
    package static func encode(_ bytes: Span<UInt8>) -> String {
        unsafe String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for index in bytes.indices {
                unsafe text[2 * index] = digit(bytes[index] >> 4)
                unsafe text[2 * index + 1] = digit(bytes[index] & 15)
            }
            return 2 * bytes.count
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
