import WireFormat

/// A version of TLS, by its number on the wire.
package struct TLSVersion: RawRepresentable, Hashable, Comparable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let tls10 = TLSVersion(rawValue: 0x0301)
    package static let tls11 = TLSVersion(rawValue: 0x0302)
    package static let tls12 = TLSVersion(rawValue: 0x0303)
    package static let tls13 = TLSVersion(rawValue: 0x0304)

    package static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }

    /// Its name, "1.3"; its number in hexadecimal if it has none here.
    package var name: String {
        switch rawValue {
        case 0x0300: "SSL 3.0"
        case 0x0301...0x0304: "1.\(rawValue - 0x0301)"
        default: "0x" + String(rawValue, radix: 16)
        }
    }
}

/// The 32 random bytes of a hello; a key log names a connection by those of its ClientHello.
package struct Random: Hashable, Sendable {
    package static let size = 32

    let words: (UInt64, UInt64, UInt64, UInt64)

    /// Takes the first 32 bytes; nil if there are fewer.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= Self.size else { return nil }
        words = (
            bytes.bigEndianUInt64(at: 0), bytes.bigEndianUInt64(at: 8), bytes.bigEndianUInt64(at: 16),
            bytes.bigEndianUInt64(at: 24)
        )
    }

    package var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        }
    }

    package static func == (left: Random, right: Random) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
