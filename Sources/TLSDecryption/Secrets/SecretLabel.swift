/// What a line of a key log holds (RFC 9850 2).
package enum SecretLabel: Sendable {
    /// The master secret of TLS 1.2 and before.
    case master
    case clientEarly
    case clientHandshake
    case serverHandshake
    /// Of any generation: `CLIENT_TRAFFIC_SECRET_0`, `_N` and further ones.
    case clientApplication
    case serverApplication

    /// Reads a label; nil for those that decrypt no record, and unknown ones.
    init?(_ bytes: Span<UInt8>) {
        if bytes.equals("CLIENT_RANDOM") {
            self = .master
        } else if bytes.equals("CLIENT_EARLY_TRAFFIC_SECRET") {
            self = .clientEarly
        } else if bytes.equals("CLIENT_HANDSHAKE_TRAFFIC_SECRET") {
            self = .clientHandshake
        } else if bytes.equals("SERVER_HANDSHAKE_TRAFFIC_SECRET") {
            self = .serverHandshake
        } else if bytes.begins("CLIENT_TRAFFIC_SECRET_") {
            self = .clientApplication
        } else if bytes.begins("SERVER_TRAFFIC_SECRET_") {
            self = .serverApplication
        } else {
            return nil
        }
    }

    /// Whether a secret can have this length: that of a master secret, or of the digest of a suite of TLS 1.3.
    func allows(_ length: Int) -> Bool {
        self == .master ? length == 48 : length == 32 || length == 48
    }
}

/// A line of a key log: a label, the random of a ClientHello, and a secret, in hexadecimal.
package struct KeyLogLine: Sendable {
    package let label: SecretLabel
    package let random: Random
    package let secret: KeyBytes

    /// The longest line that is read.
    static let limit = 512

    /// Reads a line without its end.
    ///
    /// Nil for comments, unknown labels, and lines that are cut: they are no errors (RFC 9850 2).
    package init?(_ line: Span<UInt8>) {
        guard line.count <= Self.limit, let first = line.position(of: UInt8(ascii: " "), from: 0),
            let label = SecretLabel(line.extracting(first: first))
        else { return nil }
        let randomEnd = first + 1 + 2 * Random.size
        guard line.count > randomEnd, line[randomEnd] == UInt8(ascii: " "),
            let randomBytes = KeyBytes(hexadecimal: line.extracting((first + 1)..<randomEnd)),
            let random = Random(randomBytes.span),
            let secret = KeyBytes(hexadecimal: line.extracting((randomEnd + 1)...).trimmed),
            label.allows(secret.count)
        else { return nil }
        self.label = label
        self.random = random
        self.secret = secret
    }
}

extension KeyBytes {
    /// Reads hexadecimal digits; nil if there are others, an odd number, or more than fit.
    init?(hexadecimal digits: Span<UInt8>) {
        guard digits.count % 2 == 0, digits.count <= 2 * Self.capacity else { return nil }
        self.init()
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.value(of: digits[index]), let low = Self.value(of: digits[index + 1]) else {
                return nil
            }
            append(high << 4 | low)
        }
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Span<UInt8> {
    fileprivate func begins(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { unsafe text.utf8Start[$0] == self[$0] }
    }

    fileprivate func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && begins(text)
    }

    /// Where a byte stands first.
    func position(of byte: UInt8, from start: Int) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index &+= 1
        }
        return nil
    }

    /// The bytes without spaces, tabs and carriage returns at the end.
    fileprivate var trimmed: Span<UInt8> {
        @_lifetime(copy self) get {
            var end = count
            while end > 0, self[end &- 1] == 0x20 || self[end &- 1] == 0x09 || self[end &- 1] == 0x0d { end &-= 1 }
            return extracting(first: end)
        }
    }
}
