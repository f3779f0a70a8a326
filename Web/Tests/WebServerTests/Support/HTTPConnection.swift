import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A client of few words on a socket, which reads when it is told to.
final class HTTPConnection {
    struct Failure: Error { let text: String }

    private let socket: Int32
    private var bytes: [UInt8] = []
    /// The head of the response, once it is read.
    private(set) var head = ""

    init(port: Int) throws {
        #if canImport(Glibc)
            socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            socket = Darwin.socket(AF_INET, SOCK_STREAM, 0)
        #endif
        // Little room, so that a reader who does not read is felt soon.
        var room: Int32 = 1 << 14
        setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &room, 4)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failure(text: "connect: \(errno)") }
    }

    deinit { close(socket) }

    func send(_ text: String) throws {
        let data = Array(text.utf8)
        guard write(socket, data, data.count) == data.count else { throw Failure(text: "write: \(errno)") }
    }

    private func readMore() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(socket, &buffer, buffer.count)
        guard count > 0 else { throw Failure(text: "read: \(count), \(errno)") }
        bytes += buffer[..<count]
    }

    /// The status; reads the head.
    func status() throws -> Int {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let range = bytes.firstRange(of: end) {
                head = String(decoding: bytes[..<range.lowerBound], as: UTF8.self)
                bytes.removeSubrange(..<range.upperBound)
                return Int(head.split(separator: " ")[1]) ?? 0
            }
            try readMore()
        }
    }

    /// A body with a length.
    func body() throws -> String {
        guard let length = head.lowercased().firstMatch(of: /content-length: ([0-9]+)/).flatMap({ Int($0.1) }) else {
            throw Failure(text: "no length: \(head)")
        }
        while bytes.count < length { try readMore() }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }

    /// The next lines of a body in chunks, until one is what is looked for.
    func lines(until isLast: (String) -> Bool) throws -> [String] {
        var (lines, text) = ([String](), [UInt8]())
        while true {
            try text += chunk()
            while let end = text.firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(String(decoding: text[..<end], as: UTF8.self))
                text.removeSubrange(...end)
                if let last = lines.last, text.isEmpty, isLast(last) { return lines }
            }
        }
    }

    private func chunk() throws -> [UInt8] {
        let end = Array("\r\n".utf8)
        while true {
            if let range = bytes.firstRange(of: end),
                let length = Int(String(decoding: bytes[..<range.lowerBound], as: UTF8.self), radix: 16),
                bytes.count >= range.upperBound + length + 2
            {
                let chunk = Array(bytes[range.upperBound..<(range.upperBound + length)])
                bytes.removeSubrange(..<(range.upperBound + length + 2))
                return chunk
            }
            try readMore()
        }
    }
}
