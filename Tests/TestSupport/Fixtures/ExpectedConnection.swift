/// A WebSocket session that was opened, as its endpoints logged it.
package struct ExpectedConnection: Sendable, Decodable {
    /// A Close frame that an end is known to have sent.
    package struct Close: Hashable, Sendable, Decodable {
        /// Who sent it.
        package var from: ExpectedMessage.Sender
        /// Its code.
        package var code: Int
        /// Its reason; empty if there was none, nil if it was not logged.
        package var reason: String?
    }

    /// The client's address and port, "192.0.2.1:4711" or "[2001:db8::1]:4711".
    package var client: String
    /// The Sec-WebSocket-Key, which distinguishes connections between the same ports; nil if neither end logged it.
    package var key: String?
    /// The request target; nil if neither end logged it.
    package var path: String?
    /// The negotiated subprotocol; nil if there was none, or neither end logged it.
    package var subprotocol: String?
    /// The statuses of upgrades refused earlier on the same TCP connection; nil if neither end logged them.
    package var refused: [Int]?
    /// The close code that the client's application got (RFC 6455 7.1.5); nil if it logged none.
    package var clientSees: Int?
    /// The close code that the server's application got (RFC 6455 7.1.5); nil if it logged none.
    package var serverSees: Int?
    /// The close reason that the client's application got; nil if it logged none.
    package var clientReason: String?
    /// The close reason that the server's application got; nil if it logged none.
    package var serverReason: String?
    /// Whether the client's application saw a clean close; nil if it did not log that.
    package var clientWasClean: Bool?
    /// Close frames known to have been sent; others may have been.
    package var closes: [Close]
    /// Pings known to have been sent; others may have been.
    package var pings: [ExpectedMessage]
    /// Data messages, in order for each sender.
    package var messages: [ExpectedMessage]
    /// Data messages and Pings that were sent, but that no receiver logged.
    package var unconfirmed: [ExpectedMessage]
    /// The name of the client's deliberate violation.
    package var violation: String?
    /// The rule that it breaks, such as "RFC 6455 5.1"; nil if it is allowed after all.
    package var breaks: String?

    private enum CodingKeys: CodingKey {
        case client, key, path, subprotocol, refused, clientSees, serverSees
        case closes, pings, messages, unconfirmed, violation, breaks
    }

    /// Decodes a connection of an `expected.json`, in which empty lists may be omitted.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        client = try values.decode(String.self, forKey: .client)
        key = try values.decodeIfPresent(String.self, forKey: .key)
        path = try values.decodeIfPresent(String.self, forKey: .path)
        subprotocol = try values.decodeIfPresent(String.self, forKey: .subprotocol)
        refused = try values.decodeIfPresent([Int].self, forKey: .refused) ?? []
        clientSees = try values.decodeIfPresent(Int.self, forKey: .clientSees)
        serverSees = try values.decodeIfPresent(Int.self, forKey: .serverSees)
        closes = try values.decodeIfPresent([Close].self, forKey: .closes) ?? []
        pings = try values.decodeIfPresent([ExpectedMessage].self, forKey: .pings) ?? []
        messages = try values.decode([ExpectedMessage].self, forKey: .messages)
        unconfirmed = try values.decodeIfPresent([ExpectedMessage].self, forKey: .unconfirmed) ?? []
        violation = try values.decodeIfPresent(String.self, forKey: .violation)
        breaks = try values.decodeIfPresent(String.self, forKey: .breaks)
    }

    /// Creates a connection about which nothing is known yet.
    init(client: String) {
        self.client = client
        closes = []
        pings = []
        messages = []
        unconfirmed = []
    }
}
