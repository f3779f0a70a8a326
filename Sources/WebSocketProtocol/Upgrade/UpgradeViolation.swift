/// A rule of the opening handshake that a request or a response broke (RFC 6455 4).
public enum UpgradeViolation: Hashable, Sendable, CaseIterable {
    /// The method of the request is not GET (4.1, item 2).
    case methodNotGET
    /// The request's version of HTTP is below 1.1 (4.1, item 2).
    case httpVersionBelow11
    /// The request has no Host field (4.1, item 4).
    case hostMissing
    /// The Connection field has no token "upgrade" (4.1, item 6 of the request, item 3 of the response).
    case connectionHeaderMissing
    /// The request has no Sec-WebSocket-Key (4.1, item 7).
    case keyMissing
    /// Sec-WebSocket-Key is not 16 bytes in base64 (4.1, item 7).
    case keyInvalid
    /// Sec-WebSocket-Key stands more than once (11.3.1).
    case keyRepeated
    /// The request has no Sec-WebSocket-Version, or one that is no number (4.1, item 9).
    case versionMissing
    /// Sec-WebSocket-Version is not 13 (4.1, item 9).
    case versionNot13
    /// Sec-WebSocket-Extensions does not follow its grammar (9.1).
    case extensionsMalformed
    /// The response has no Upgrade field, though its Accept is the right one (4.1, item 2 of the response).
    case upgradeHeaderMissing
    /// The response has no Sec-WebSocket-Accept (4.1, item 4 of the response).
    case acceptMissing
    /// Sec-WebSocket-Accept is not the one for the key (4.1, item 4 of the response).
    case acceptWrong
    /// Sec-WebSocket-Accept stands more than once (11.3.3).
    case acceptRepeated
    /// The response names an extension that was not offered (4.1, item 5 of the response).
    case extensionNotOffered
    /// The response names a subprotocol that was not offered (4.1, item 6 of the response).
    case subprotocolNotOffered
    /// The response names more than one subprotocol (11.3.4).
    case subprotocolRepeated
    /// An offer of permessage-deflate has a parameter that is unknown, wrong or there twice (RFC 7692 7.1).
    case deflateOfferInvalid
    /// The response to it has one (RFC 7692 7.1).
    case deflateAnswerInvalid
    /// The response limits the client's window, though the client did not offer that (RFC 7692 7.1.2.2).
    case deflateClientWindowNotOffered
    /// The response leaves the server a larger window than the client demands (RFC 7692 7.1.2.1).
    case deflateServerWindowTooLarge
    /// The response does not promise to give up the server's context, as the client demands (RFC 7692 7.1.1.1).
    case deflateServerTakeoverKept
}
