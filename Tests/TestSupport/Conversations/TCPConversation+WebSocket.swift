extension TCPConversation {
    /// An upgrade request with the key of RFC 6455 1.3.
    ///
    /// - Parameters:
    ///   - target: What is asked for.
    ///   - fields: Further header fields, each with its line's end.
    /// - Returns: The head of the request.
    public static func upgradeRequest(_ target: String = "/chat", fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(fields)\r\n"
    }

    /// The answer that accepts ``upgradeRequest(_:fields:)``.
    ///
    /// - Parameter fields: Further header fields, each with its line's end.
    /// - Returns: The head of the response.
    public static func upgradeResponse(fields: String = "") -> String {
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\(fields)\r\n"
    }

    /// The three-way handshake and an accepted upgrade.
    public mutating func openWebSocket(_ target: String = "/chat") {
        open()
        send(Self.upgradeRequest(target), from: .client)
        send(Self.upgradeResponse(), from: .server)
    }
}
