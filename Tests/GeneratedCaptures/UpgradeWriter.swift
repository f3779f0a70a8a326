internal import WireFormat

/// The heads of an upgrade (RFC 6455 4).
enum UpgradeWriter {
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
    ///   - compression: How the client compresses, then how the server does; empty if neither does.
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

/// The content of connections without WebSocket.
enum OtherProtocolWriter {
    /// The response that refuses an upgrade.
    static let refusal = Array("HTTP/1.1 400 Bad Request\r\nServer: nginx/1.24.0\r\nContent-Length: 0\r\n\r\n".utf8)

    static func request(_ number: Int) -> [UInt8] {
        Array("GET /leaves/\(number) HTTP/1.1\r\nHost: tea.example.com\r\nAccept: */*\r\n\r\n".utf8)
    }

    /// The head of a response; the body is as long as it says.
    static func response(_ length: Int) -> [UInt8] {
        let head = """
            HTTP/1.1 200 OK\r
            Server: nginx/1.24.0\r
            Content-Type: application/octet-stream\r
            Content-Length: \(length)\r
            \r\n
            """
        return Array(head.utf8)
    }

    /// Appends a TLS record: first of a handshake, later of application data.
    static func appendRecord(
        _ length: Int, isFirst: Bool, to end: inout SendingEnd, _ world: inout GeneratedWorld
    ) {
        var left = length
        var type: UInt8 = isFirst ? 22 : 23
        while left > 0 {
            let count = min(left, 16_384)
            end.outbox += [type, 3, 3] + UInt16(count).bigEndianBytes
            world.pools.appendNoise(count, to: &end.outbox, &world.random)
            left -= count
            type = 23
        }
    }

    /// Appends a length, and this many random bytes.
    static func appendUnknown(_ length: Int, to end: inout SendingEnd, _ world: inout GeneratedWorld) {
        end.outbox += UInt32(length).bigEndianBytes
        world.pools.appendNoise(length, to: &end.outbox, &world.random)
    }
}

/// The protocol of a generated connection.
enum SpokenProtocol {
    case webSocket
    /// An upgrade is requested and refused; HTTP follows.
    case refusedUpgrade
    case http
    case tls
    case unknown

    init(_ profile: CaptureProfile, _ random: inout SeededRandom) {
        guard random.chance(profile.otherTraffic) else {
            self = .webSocket
            return
        }
        switch random.below(100) {
        case ..<50: self = .tls
        case ..<75: self = .http
        case ..<85: self = .unknown
        default: self = .refusedUpgrade
        }
    }

    func port(_ random: inout SeededRandom) -> Int {
        switch self {
        case .tls: 443
        case .unknown: 5000 + random.below(100)
        case .webSocket, .refusedUpgrade, .http: [80, 8080, 9001 + random.below(20)][random.below(3)]
        }
    }
}
