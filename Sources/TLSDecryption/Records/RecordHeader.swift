import WireFormat

/// What a record holds (RFC 8446 5.1).
package enum ContentType: UInt8, Sendable {
    case changeCipherSpec = 20
    case alert = 21
    case handshake = 22
    case applicationData = 23
}

/// The five bytes in front of a record (RFC 8446 5.1, RFC 5246 6.2.1).
package struct RecordHeader: Hashable, Sendable {
    package static let size = 5

    package let type: ContentType
    /// The version that it names, which is no more than a habit since TLS 1.3.
    package let version: UInt16
    /// The bytes that follow it.
    package let length: Int

    /// The most bytes of a record: 2^14 of plaintext, and what TLS 1.2 allows protection to add (RFC 5246 6.2.3).
    package static let longest = 1 << 14 + 2048
    /// The same for TLS 1.3 (RFC 8446 5.2).
    package static let longestOfTLS13 = 1 << 14 + 256

    /// Reads a header; nil if the bytes are none, or fewer than one.
    @inline(__always)
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= Self.size, let type = ContentType(rawValue: bytes[0]), bytes[1] == 3, bytes[2] <= 4
        else { return nil }
        let length = Int(bytes.bigEndianUInt16(at: 3))
        guard length <= Self.longest, length > 0 || type == .applicationData else { return nil }
        self.type = type
        version = bytes.bigEndianUInt16(at: 1)
        self.length = length
    }

    /// Whether bytes, perhaps only some of a header, may begin one.
    package static func mayBegin(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count < size else { return RecordHeader(bytes) != nil }
        return (bytes.count < 1 || ContentType(rawValue: bytes[0]) != nil)
            && (bytes.count < 2 || bytes[1] == 3) && (bytes.count < 3 || bytes[2] <= 4)
    }
}
