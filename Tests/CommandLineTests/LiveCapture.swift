import Foundation
import TestSupport
import Testing

/// A running `wstap live` on the loopback interface.
struct LiveCapture {
    let program: Program
    let folder: ScratchFolder
    let output: NamedPipe
    private let errors: NamedPipe

    /// Whether this user may capture from the loopback interface.
    static let isPermitted =
        (try? Wstap.run(["live", "-i", "lo", "--duration", "0.01", "-q"]).status) == 0

    /// Starts it, and waits until it captures.
    ///
    /// - Parameters:
    ///   - port: The port whose packets to capture.
    ///   - options: Further arguments; `FOLDER` stands for a folder that every user may write to.
    /// - Throws: An error if it does not start capturing.
    init(port: UInt16, _ options: [String] = ["--format", "jsonl"]) throws {
        folder = try ScratchFolder()
        chmod(folder.url.path, 0o777)
        output = try NamedPipe("output", in: folder, holding: .reading)
        errors = try NamedPipe("errors", in: folder, holding: .reading)
        let path = folder.url.path
        program = try Wstap.start(
            ["live", "-i", "lo"] + options.map { $0.replacing("FOLDER", with: path) } + ["tcp", "port", "\(port)"],
            output: output.path, errors: errors.path)
        let greeting = try #require(try errors.readLine())
        try #require(greeting.hasPrefix("wstap: capturing on lo"), "\(greeting)")
    }

    /// Reads lines until one contains `mark`, and returns that line.
    @discardableResult
    func read(until mark: String) throws -> String {
        while let line = try output.readLine() {
            if line.contains(mark) { return line }
        }
        Issue.record("the output ended before \(mark)")
        return ""
    }

    /// Reads the next line of standard error.
    func readError() throws -> String? { try errors.readLine() }

    /// Returns the rest of both streams, and the exit status.
    func end() throws -> (lines: [String], errors: [String], status: Int32) {
        var lines: [String] = []
        var complaints: [String] = []
        while let line = try output.readLine() { lines.append(line) }
        while let line = try errors.readLine() { complaints.append(line) }
        return (lines, complaints, program.wait())
    }
}

/// A WebSocket session between two sockets of the test, over the loopback interface.
final class LoopbackTalk {
    /// The server's port.
    let port: UInt16
    private let listener: Int32
    private var ends: [ExpectedMessage.Sender: Int32] = [:]

    /// Listens on a free port.
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

    /// Opens a connection with a session.
    func open() throws {
        try connect()
        send(Array(TCPConversation.upgradeRequest().utf8), from: .client)
        send(Array(TCPConversation.upgradeResponse().utf8), from: .server)
    }

    /// Sends bytes, and makes the other end read them.
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

    /// Closes the session and the connection.
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
