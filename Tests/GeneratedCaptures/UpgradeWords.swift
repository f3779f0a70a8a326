internal import WireFormat

/// The heads of an upgrade (RFC 6455 4).
enum UpgradeWords {
    /// The 16 bytes of a Sec-WebSocket-Key.
    static func key(_ random: inout SeededRandom) -> [UInt8] {
        (0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    static func request(_ number: Int, key: [UInt8], offersCompression: Bool) -> [UInt8] {
        let offer = offersCompression ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : ""
        let head = """
            GET /rooms/\(number % 100)?lang=any HTTP/1.1\r
            Host: chat\(number % 7).example.com\r
            User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0\r
            Accept: */*\r
            Accept-Encoding: gzip, deflate\r
            Origin: http://chat.example.com\r
            Sec-WebSocket-Version: 13\r
            \(offer)Sec-WebSocket-Key: \(Base64.encode(key.span))\r
            Connection: keep-alive, Upgrade\r
            Cookie: session=\(number)\r
            Upgrade: websocket\r
            \r\n
            """
        return Array(head.utf8)
    }

    /// - Parameters:
    ///   - key: That of the request.
    ///   - compression: How the client compresses, then how the server does; empty where nobody does.
    /// - Returns: The head of the response.
    static func acceptance(key: [UInt8], compression: [CompressionParameters]) -> [UInt8] {
        let text = Base64.encode(key.span) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        let accept = SHA1.base64(of: text.utf8.span)
        var extensions = ""
        if compression.count == 2 {
            let parameters = compression[1].words("server") + compression[0].words("client")
            extensions = "Sec-WebSocket-Extensions: permessage-deflate\(parameters)\r\n"
        }
        let head = """
            HTTP/1.1 101 Switching Protocols\r
            Server: nginx/1.24.0\r
            Connection: upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Accept: \(accept)\r
            \(extensions)\r\n
            """
        return Array(head.utf8)
    }
}
