/// A rule of the opening handshake over HTTP/1.1 that a request or a response breaks (RFC 6455 4).
///
/// Rules on what the two ends negotiate hold for any version of HTTP, and are not among these.
package enum UpgradeViolation: Hashable, Sendable, CaseIterable {
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
    /// Sec-WebSocket-Key occurs more than once (11.3.1).
    case keyRepeated
    /// The request has a key, but no Upgrade field: an intermediary removed it (4.1, item 5).
    case upgradeStripped
    /// The response's version of HTTP is below 1.1 (4.2.2, item 5; RFC 9110 15.2: HTTP/1.0 has no 1xx).
    case responseVersion
    /// The response has Content-Length or Transfer-Encoding (RFC 9110 8.6, RFC 9112 6.1).
    case bodyIn101
    /// The response has no Upgrade field that names WebSocket, although its Accept is right (4.1, item 2 of the
    /// response).
    case upgradeHeaderMissing
    /// The response has no Sec-WebSocket-Accept (4.1, item 4 of the response).
    case acceptMissing
    /// Sec-WebSocket-Accept does not match the key (4.1, item 4 of the response).
    case acceptWrong
    /// Sec-WebSocket-Accept occurs more than once (11.3.3).
    case acceptRepeated
}
