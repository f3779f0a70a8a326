import CaptureAnalysis
import CaptureReading
import Foundation
import PacketCapture
import Testing

@Suite("The events of an interface, asynchronously")
struct LiveEventsTests {
    private static let isPermitted = (try? LiveDevice(LiveOptions(interface: "lo"))) != nil

    @Test("report an interface that does not exist")
    func missing() async {
        await #expect(throws: LiveError.self) {
            for try await _ in LiveEvents(LiveOptions(interface: "wstap-none")) {}
        }
    }

    @Test(
        "come while the session goes on, and end properly when the task is cancelled",
        .enabled(if: isPermitted, "capturing is not permitted"))
    func session() async throws {
        let listener = try Listener()
        let capture = Task {
            var (texts, ends, summaries): ([String], Int, Int) = ([], 0, 0)
            for try await entry in LiveEvents(LiveOptions(interface: "lo"), filter: "tcp port \(listener.port)") {
                switch entry.event {
                case .message:
                    texts.append(String(decoding: entry.payload, as: UTF8.self))
                    withUnsafeCurrentTask { $0?.cancel() }
                case .end: ends += 1
                case .summary: summaries += 1
                default: break
                }
            }
            return (texts, ends, summaries)
        }
        // The capture may not have begun yet: repeat the session until the capture has seen a message.
        let talking = Task {
            while !Task.isCancelled {
                try listener.talk()
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        let (texts, ends, summaries) = try await capture.value
        talking.cancel()
        #expect(texts.first == "Hello" && ends >= 1 && summaries == 1)
    }
}

/// A server on the loopback interface that exchanges the examples of RFC 6455 (1.3 and 5.7) with a client of its own.
private struct Listener {
    private struct Failure: Error {}

    let port: UInt16
    private let socket: Int32

    init() throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.socket = socket
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        port = try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                guard bind(socket, $0, size) == 0, listen(socket, 8) == 0, getsockname(socket, $0, &length) == 0
                else { throw Failure() }
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
    }

    /// One session: a request, its response, and "Hello" from the server.
    func talk() throws {
        let client = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, size) }
        }
        guard connected == 0 else { throw Failure() }
        let server = accept(socket, nil, nil)
        defer { close(server) }
        try write(
            "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", to: client)
        try read(from: server)
        try write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", to: server)
        try read(from: client)
        try write([0x81, 0x05] + Array("Hello".utf8), to: server)
        try read(from: client)
    }

    private func write(_ text: String, to socket: Int32) throws { try write(Array(text.utf8), to: socket) }

    private func write(_ bytes: [UInt8], to socket: Int32) throws {
        guard Glibc.write(socket, bytes, bytes.count) == bytes.count else { throw Failure() }
    }

    private func read(from socket: Int32) throws {
        var room = [UInt8](repeating: 0, count: 4096)
        guard Glibc.read(socket, &room, room.count) > 0 else { throw Failure() }
    }
}
