/// What is said on connections without WebSocket.
enum OtherWords {
    /// The answer to an upgrade that is not accepted.
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

    /// A record of TLS: of a handshake at first, of application data later.
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

    /// A length, and as many random bytes.
    static func appendUnknown(_ length: Int, to end: inout SendingEnd, _ world: inout GeneratedWorld) {
        end.outbox += UInt32(length).bigEndianBytes
        world.pools.appendNoise(length, to: &end.outbox, &world.random)
    }
}
