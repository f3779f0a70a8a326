import CCrypto

/// What a correct analysis of a capture finds, according to its endpoints.
package struct Expectation: Sendable, Decodable {
    /// The exit status of `wstap read`; nil if not specified.
    package var exitStatus: Int32?
    /// Words that must appear on standard error.
    package var standardError: [String]
    /// The fewest messages that must be found, if the capture lacks some that were sent; nil for all of them.
    package var messagesAtLeast: Int?
    /// Ends that did not log everything they sent: more of their messages may be found than are listed.
    package var unloggedFrom: Set<ExpectedMessage.Sender>
    /// The sessions that were opened; a session through a proxy is listed once for each leg.
    package var connections: [ExpectedConnection]
    /// The rules of the findings of each connection, in order, by its client; nil if not specified.
    ///
    /// Connections that are not listed have none.
    package var findings: [String: [String]]?

    private enum CodingKeys: CodingKey {
        case exitStatus, standardError, messagesAtLeast, unloggedFrom, connections, findings
    }

    /// Decodes an `expected.json`.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        exitStatus = try values.decode(Int32.self, forKey: .exitStatus)
        standardError = try values.decode([String].self, forKey: .standardError)
        messagesAtLeast = try values.decodeIfPresent(Int.self, forKey: .messagesAtLeast)
        unloggedFrom = try values.decodeIfPresent(Set.self, forKey: .unloggedFrom) ?? []
        connections = try values.decode([ExpectedConnection].self, forKey: .connections)
        findings = try values.decodeIfPresent([String: [String]].self, forKey: .findings)
    }

    /// Expects everything that the endpoints of a capture logged.
    package init(_ log: EndpointLog) {
        self.init(connections: log.connections, messagesAtLeast: nil, unloggedFrom: [])
    }

    /// Creates an expectation without wstap's exit status and standard error.
    init(connections: [ExpectedConnection], messagesAtLeast: Int?, unloggedFrom: Set<ExpectedMessage.Sender>) {
        self.standardError = []
        self.messagesAtLeast = messagesAtLeast
        self.unloggedFrom = unloggedFrom
        self.connections = connections
    }
}

extension Expectation {
    /// The errors in the data messages that an analysis found in the whole capture, in any order; empty if there are
    /// none.
    ///
    /// Messages that the analysis itself calls incomplete or withheld are not to be passed in.
    package func discrepancies(in found: [ExpectedMessage]) -> [String] {
        (inventions(in: found) + omissions(in: found)).sorted()
    }

    /// The messages found that were not sent, or not as often.
    package func inventions(in found: [ExpectedMessage]) -> [String] {
        let logged = counts(connections.flatMap(\.messages))
        let unconfirmed = counts(connections.flatMap(\.unconfirmed))
        return counts(found).filter { !unloggedFrom.contains($0.key.from) }.compactMap { message, count in
            let most = logged[message, default: 0] + unconfirmed[message, default: 0]
            guard count > most else { return nil }
            return most == 0
                ? "invented: \(message)" : "found \(count) times, sent \(most) times: \(message)"
        }.sorted()
    }

    /// The messages that should have been found but were not.
    package func omissions(in found: [ExpectedMessage]) -> [String] {
        let logged = counts(connections.flatMap(\.messages))
        let seen = counts(found)
        guard let messagesAtLeast else {
            return logged.filter { seen[$0.key, default: 0] < $0.value }.map { message, count in
                "found \(seen[message, default: 0]) times, logged \(count) times: \(message)"
            }.sorted()
        }
        let right = seen.reduce(0) { $0 + min($1.value, logged[$1.key, default: 0]) }
        return right < messagesAtLeast ? ["only \(right) messages found of at least \(messagesAtLeast)"] : []
    }

    private func counts(_ messages: [ExpectedMessage]) -> [ExpectedMessage: Int] {
        messages.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}

/// A payload that an endpoint logged: of a decoded data message, or of a Ping.
package struct ExpectedMessage: Hashable, Sendable, Decodable {
    /// Who sent it.
    package enum Sender: String, CaseIterable, Hashable, Sendable, Decodable {
        case client, server

        /// The other end.
        package var peer: Self { self == .client ? .server : .client }
    }

    /// The kind of frame that carried it.
    package enum Opcode: String, Hashable, Sendable, Decodable {
        case text, binary, ping
    }

    /// Who sent it.
    package var from: Sender
    /// The kind of frame that carried it.
    package var opcode: Opcode
    /// Its length in bytes.
    package var length: Int
    /// Its SHA-256 in 64 lowercase hex digits.
    package var sha256: String

    /// Describes a payload by its digest.
    package init(from sender: Sender, opcode: Opcode, length: Int, sha256: String) {
        self.from = sender
        self.opcode = opcode
        self.length = length
        self.sha256 = sha256
    }

    /// Describes a payload, to compare it with expected ones.
    package init(from sender: Sender, opcode: Opcode, payload: [UInt8]) {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256(payload, payload.count, &digest)
        let digits = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        self.init(from: sender, opcode: opcode, length: payload.count, sha256: digits.joined())
    }
}

extension ExpectedMessage: CustomStringConvertible {
    /// The name in failures.
    package var description: String {
        "\(opcode.rawValue) of \(length) B from \(from.rawValue), SHA-256 \(sha256.prefix(8))…"
    }
}
