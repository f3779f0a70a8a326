import WireFormat

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
        let all = 0..<bytes.count
        if bytes.equals("CLIENT_RANDOM", in: all) {
            self = .master
        } else if bytes.equals("CLIENT_EARLY_TRAFFIC_SECRET", in: all) {
            self = .clientEarly
        } else if bytes.equals("CLIENT_HANDSHAKE_TRAFFIC_SECRET", in: all) {
            self = .clientHandshake
        } else if bytes.equals("SERVER_HANDSHAKE_TRAFFIC_SECRET", in: all) {
            self = .serverHandshake
        } else if bytes.starts(with: "CLIENT_TRAFFIC_SECRET_", at: 0, in: all) {
            self = .clientApplication
        } else if bytes.starts(with: "SERVER_TRAFFIC_SECRET_", at: 0, in: all) {
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
        guard line.count <= Self.limit else { return nil }
        let first = line.index(of: UInt8(ascii: " "), in: 0..<line.count)
        guard let label = SecretLabel(line.extracting(first: first)) else { return nil }
        let end = line.trimmed(0..<line.count).upperBound
        let randomEnd = first + 1 + 2 * Random.size
        guard end > randomEnd, line[randomEnd] == UInt8(ascii: " "),
            let randomBytes = KeyBytes(hexadecimal: line.extracting((first + 1)..<randomEnd)),
            let random = Random(randomBytes.span),
            let secret = KeyBytes(hexadecimal: line.extracting((randomEnd + 1)..<end)),
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
            guard let high = digits[index].hexadecimalValue, let low = digits[index + 1].hexadecimalValue else {
                return nil
            }
            append(high << 4 | low)
        }
    }
}
