import Foundation
import TestSupport

/// A WebSocket session between two sockets of the test, over the loopback interface.
final class LoopbackTalk {
    /// The server's port.
    let port: UInt16
    private let listener: Int32
    private var ends: [ExpectedMessage.Sender: Int32] = [:]

    /// Waits on a port that is free.
    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 ? getsockname(listener, $0, &length) : -1
            }
        }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        guard outcome == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    }

    deinit {
        hangUp()
        close(listener)
    }

    /// Opens a connection.
    func connect() throws {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        let outcome = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let server = accept(listener, nil, nil)
        ends = [.client: client, .server: server]
        guard outcome == 0, server >= 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    /// Opens a connection, and a session on it.
    func open() throws {
        try connect()
        send(Array(TCPConversation.upgradeRequest().utf8), from: .client)
        send(Array(TCPConversation.upgradeResponse().utf8), from: .server)
    }

    /// Sends bytes, and has the other end read them.
    func send(_ bytes: [UInt8], from sender: ExpectedMessage.Sender) {
        guard let source = ends[sender], let target = ends[sender.peer] else { return }
        var sent = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while sent < bytes.count {
            let piece = Array(bytes[sent..<min(sent + 1 << 16, bytes.count)])
            let count = Foundation.send(source, piece, piece.count, Int32(MSG_NOSIGNAL))
            guard count > 0 else { return }
            sent += count
            var rest = count
            while rest > 0 {
                let read = recv(target, &buffer, min(rest, buffer.count), 0)
                guard read > 0 else { return }
                rest -= read
            }
        }
    }

    /// Closes the session, and the connection.
    func finish() {
        send(WireFrame.close(1000, "bye", from: .client), from: .client)
        send(WireFrame.close(1000, "bye", from: .server), from: .server)
        hangUp()
    }

    /// Closes the connection, the server's end first.
    func hangUp() {
        for end in [ExpectedMessage.Sender.server, .client] {
            if let descriptor = ends.removeValue(forKey: end) { close(descriptor) }
        }
    }
}
