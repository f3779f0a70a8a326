import CCrypto

/// What a correct analysis of a capture finds, by the word of the endpoints.
package struct Expectation: Sendable, Decodable {
    /// The exit status of `wstap read`; nil if not specified.
    package var exitStatus: Int32?
    /// Words that must stand on standard error.
    package var standardError: [String]
    /// How many of the messages must be found, where the capture does not hold all that was sent; nil: all of them.
    package var messagesAtLeast: Int?
    /// Ends that did not log all they sent: of these, more may be found than is listed.
    package var unloggedFrom: Set<ExpectedMessage.Sender>
    /// The sessions that were opened; one through a proxy stands here once for each leg.
    package var connections: [ExpectedConnection]
    /// The rules of the findings of each connection, in order, by its client; nil if not specified.
    ///
    /// Connections that are not listed have none.
    package var findings: [String: [String]]?

    private enum CodingKeys: CodingKey {
        case exitStatus, standardError, messagesAtLeast, unloggedFrom, connections, findings
    }

    /// Reads an `expected.json`.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        exitStatus = try values.decode(Int32.self, forKey: .exitStatus)
        standardError = try values.decode([String].self, forKey: .standardError)
        messagesAtLeast = try values.decodeIfPresent(Int.self, forKey: .messagesAtLeast)
        unloggedFrom = try values.decodeIfPresent(Set.self, forKey: .unloggedFrom) ?? []
        connections = try values.decode([ExpectedConnection].self, forKey: .connections)
        findings = try values.decodeIfPresent([String: [String]].self, forKey: .findings)
    }

    /// Expects what the endpoints of a capture logged, all of it.
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
    /// What is wrong with the data messages that an analysis found in the whole capture, in any order; empty: nothing.
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

    /// The messages that should have been found, and were not.
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

/// A payload that an endpoint logged: of a data message, decoded, or of a Ping.
package struct ExpectedMessage: Hashable, Sendable, Decodable {
    /// Who sent it.
    package enum Sender: String, CaseIterable, Hashable, Sendable, Decodable {
        case client, server

        /// The other end.
        package var peer: Self { self == .client ? .server : .client }
    }

    /// What it was sent as.
    package enum Opcode: String, Hashable, Sendable, Decodable {
        case text, binary, ping
    }

    /// Who sent it.
    package var from: Sender
    /// What it was sent as.
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

    /// Describes a payload, to be found among the expected ones.
    package init(from sender: Sender, opcode: Opcode, payload: [UInt8]) {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        SHA256(payload, payload.count, &digest)
        let digits = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        self.init(from: sender, opcode: opcode, length: payload.count, sha256: digits.joined())
    }
}

extension ExpectedMessage: CustomStringConvertible {
    /// As failures name it.
    package var description: String {
        "\(opcode.rawValue) of \(length) B from \(from.rawValue), SHA-256 \(sha256.prefix(8))…"
    }
}
