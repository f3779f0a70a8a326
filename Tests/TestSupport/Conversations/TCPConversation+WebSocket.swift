import PacketDecoding
import WireFormat

extension TCPConversation {
    /// An upgrade request with the key of RFC 6455 1.3.
    ///
    /// - Parameters:
    ///   - target: The request target.
    ///   - fields: Further header fields, each with its line ending.
    /// - Returns: The head of the request.
    package static func upgradeRequest(_ target: String = "/chat", fields: String = "") -> String {
        "GET \(target) HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(fields)\r\n"
    }

    /// The response that accepts ``upgradeRequest(_:fields:)``.
    ///
    /// - Parameter fields: Further header fields, each with its line ending.
    /// - Returns: The head of the response.
    package static func upgradeResponse(fields: String = "") -> String {
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\(fields)\r\n"
    }

    /// Adds the three-way handshake and an accepted upgrade.
    package mutating func openWebSocket(_ target: String = "/chat") {
        open()
        send(Self.upgradeRequest(target), from: .client)
        send(Self.upgradeResponse(), from: .server)
    }

    /// Sends a whole text message, masked if the client sends it.
    package mutating func sendText(_ text: String, from sender: ExpectedMessage.Sender) {
        send(WireFrame.text(text, from: sender), from: sender)
    }

    /// Sends a Ping, masked if the client sends it.
    package mutating func sendPing(_ text: String, from sender: ExpectedMessage.Sender) {
        send(WireFrame.ping(text, from: sender), from: sender)
    }

    /// Sends a Pong, masked if the client sends it.
    package mutating func sendPong(_ text: String, from sender: ExpectedMessage.Sender) {
        send(WireFrame.pong(text, from: sender), from: sender)
    }

    /// Sends a Close frame, masked if the client sends it; without a code, an empty one.
    package mutating func sendClose(_ code: UInt16?, _ reason: String = "", from sender: ExpectedMessage.Sender) {
        send(WireFrame.close(code, reason, from: sender), from: sender)
    }
}

extension TCPConversation {
    /// A session of four messages, a Ping and its Pong, closed by the client, in 16 packets.
    package static var chat: TCPConversation {
        var talk = TCPConversation()
        talk.openWebSocket("/room?id=7")
        talk.sendText("hello", from: .client)
        talk.sendText("world", from: .server)
        talk.sendPing("p", from: .server)
        talk.sendPong("p", from: .client)
        talk.send(WireFrame(2, [1, 2, 3], from: .client).bytes, from: .client)
        talk.sendText(String(repeating: "long ", count: 40), from: .server)
        talk.sendClose(1000, "bye", from: .client)
        talk.sendClose(1000, "bye", from: .server)
        talk.finish(first: .server)
        return talk
    }

    /// An HTTP exchange on its own connection.
    package static func http(_ request: String, _ response: String) -> TCPConversation {
        var talk = TCPConversation()
        talk.open()
        talk.send(request, from: .client)
        talk.send(response, from: .server)
        talk.finish(first: .client)
        return talk
    }
}

extension TimedPacket {
    /// A UDP packet.
    package static var udp: TimedPacket {
        let datagram = IPv4Datagram(
            from: IPAddress("10.0.0.7"), to: IPAddress("10.0.0.9"), protocolNumber: 17,
            payload: [0, 53, 0, 53, 0, 12, 0, 0, 1, 2, 3, 4])
        return TimedPacket(at: Timestamp(nanoseconds: 0), datagram.ethernet())
    }
}
