/// A rule on negotiation that the opening handshake breaks (RFC 6455 4, 9 and 11.3, RFC 7692 7), in any version of
/// HTTP.
package enum OpeningViolation: Hashable, Sendable, CaseIterable {
    /// The request has no Sec-WebSocket-Version, or one that is not a number (4.1, item 9).
    case versionMissing
    /// Sec-WebSocket-Version is not 13 (4.1, item 9).
    case versionNot13
    /// Sec-WebSocket-Version occurs more than once in a request (11.3.5).
    case versionRepeated
    /// Sec-WebSocket-Protocol, -Extensions or -Version is empty (4.1, items 9 to 11: at least one element).
    case fieldEmpty
    /// Sec-WebSocket-Extensions occurs more than once in a response (11.3.2).
    case extensionsRepeated
    /// The client offers subprotocols, but the response names none (4.1, item 10): allowed, but clients may give up.
    case subprotocolNone
    /// Sec-WebSocket-Extensions breaks its grammar (9.1).
    case extensionsMalformed
    /// The response names an extension that was not offered (4.1, item 5 of the response).
    case extensionNotOffered
    /// The response names a subprotocol that was not offered (4.1, item 6 of the response).
    case subprotocolNotOffered
    /// The response names more than one subprotocol (11.3.4).
    case subprotocolRepeated
    /// An offer of permessage-deflate has a parameter that is unknown, invalid or repeated (RFC 7692 7.1).
    case deflateOfferInvalid
    /// The response to such an offer has a parameter that is unknown, invalid or repeated (RFC 7692 7.1).
    case deflateResponseInvalid
    /// The response limits the client's window, although the client did not offer that (RFC 7692 7.1.2.2).
    case deflateClientWindowNotOffered
    /// The response leaves the server a larger window than the client allows (RFC 7692 7.1.2.1).
    case deflateServerWindowTooLarge
    /// The response does not give up the server's context, as the client demands (RFC 7692 7.1.1.1).
    case deflateServerTakeoverKept
}
