import CCrypto

/// A payload that an endpoint logged: of a data message, decoded, or of a Ping.
public struct ExpectedMessage: Hashable, Sendable, Decodable {
    /// Who sent it.
    public enum Sender: String, CaseIterable, Hashable, Sendable, Decodable {
        case client, server

        /// The other end.
        public var peer: Self { self == .client ? .server : .client }
    }

    /// What it was sent as.
    public enum Opcode: String, Hashable, Sendable, Decodable {
        case text, binary, ping
    }

    /// Who sent it.
    public var from: Sender
    /// What it was sent as.
    public var opcode: Opcode
    /// Its length in bytes.
    public var length: Int
    /// Its SHA-256 in 64 lowercase hex digits.
    public var sha256: String

    /// Describes a payload by its digest.
    public init(from sender: Sender, opcode: Opcode, length: Int, sha256: String) {
        self.from = sender
        self.opcode = opcode
        self.length = length
        self.sha256 = sha256
    }

    /// Describes a payload that a test has at hand, to be found among the expected ones.
    public init(from sender: Sender, opcode: Opcode, payload: [UInt8]) {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256(payload, payload.count, &digest)
        let digits = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        self.init(from: sender, opcode: opcode, length: payload.count, sha256: digits.joined())
    }
}

extension ExpectedMessage: CustomStringConvertible {
    /// As failures name it.
    public var description: String {
        "\(opcode.rawValue) of \(length) B from \(from.rawValue), SHA-256 \(sha256.prefix(8))…"
    }
}
