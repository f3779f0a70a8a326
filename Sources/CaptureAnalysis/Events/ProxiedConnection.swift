public import PacketDecoding
import WireFormat

/// The connection that a proxy says it forwards, in a PROXY protocol header before the client's bytes.
///
/// This is only what the proxy says: nothing in the capture proves it.
public struct ProxiedConnection: Hashable, Sendable {
    /// The version of the PROXY protocol: 1 (text) or 2 (binary).
    public var version: Int
    /// The end that connected to the proxy.
    public var client: Endpoint
    /// The address to which it connected there.
    public var server: Endpoint

    /// Reads a header without its TLVs; nil if it names no TCP addresses over IP (UNKNOWN, LOCAL, UNSPEC, a Unix
    /// socket).
    init?(header: Span<UInt8>) {
        guard header.count > 16, header[0] == 13 else {
            self.init(line: header)
            return
        }
        // PROXY protocol 2.2: version 2 and the command PROXY, then the family and STREAM.
        let isIPv6 = header[13] == 0x21
        guard header[12] == 0x21, isIPv6 || header[13] == 0x11 else { return nil }
        let length = isIPv6 ? 16 : 4
        guard header.count >= 16 + 2 * length + 4, Int(header[14]) << 8 + Int(header[15]) >= 2 * length + 4 else {
            return nil
        }
        func number(at start: Int, _ count: Int) -> UInt128 {
            (start..<start + count).reduce(0) { $0 << 8 | UInt128(header[$1]) }
        }
        func endpoint(_ index: Int) -> Endpoint {
            let bits = number(at: 16 + index * length, length)
            let port = number(at: 16 + 2 * length + 2 * index, 2)
            return Endpoint(
                address: isIPv6 ? IPAddress(ipv6: bits) : IPAddress(ipv4: UInt32(truncatingIfNeeded: bits)),
                port: UInt16(truncatingIfNeeded: port))
        }
        self.init(version: 2, client: endpoint(0), server: endpoint(1))
    }

    private init(version: Int, client: Endpoint, server: Endpoint) {
        self.version = version
        self.client = client
        self.server = server
    }

    /// Reads the header line of version 1 (2.1): "PROXY TCP4 10.0.0.1 10.0.0.2 5000 80".
    private init?(line: Span<UInt8>) {
        let text = String(decoding: line.indices.map { line[$0] }, as: UTF8.self)
        let words = text.split { $0 == " " || $0 == "\r\n" || $0 == "\n" }
        guard words.count >= 6, words[1] == "TCP4" || words[1] == "TCP6" else { return nil }
        let isIPv6 = words[1] == "TCP6"
        guard let client = IPAddress(text: words[2], isIPv6: isIPv6), let clientPort = UInt16(words[4]),
            let server = IPAddress(text: words[3], isIPv6: isIPv6), let serverPort = UInt16(words[5])
        else { return nil }
        self.init(
            version: 1, client: Endpoint(address: client, port: clientPort),
            server: Endpoint(address: server, port: serverPort))
    }
}

extension IPAddress {
    /// Reads an address in text form (RFC 4291 2.2 for IPv6); nil if it is not one.
    fileprivate init?(text: Substring, isIPv6: Bool) {
        guard isIPv6 else {
            guard let bits = Self.quad(text) else { return nil }
            self.init(ipv4: bits)
            return
        }
        guard let gap = text.utf8.firstDoubleColon else {
            guard let groups = Self.groups(text), groups.count == 8 else { return nil }
            self.init(ipv6: groups.reduce(0) { $0 << 16 | UInt128($1) })
            return
        }
        guard let left = Self.groups(text[..<gap]),
            let right = Self.groups(text[text.utf8.index(gap, offsetBy: 2)...]), left.count + right.count < 8
        else { return nil }
        let groups = left + [UInt16](repeating: 0, count: 8 - left.count - right.count) + right
        self.init(ipv6: groups.reduce(0) { $0 << 16 | UInt128($1) })
    }

    private static func quad(_ text: Substring) -> UInt32? {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard numbers.count == 4 else { return nil }
        return numbers.reduce(UInt32?.some(0)) { bits, number in
            guard let bits, let number else { return nil }
            return bits << 8 | UInt32(number)
        }
    }

    /// Parses groups of hexadecimal digits between colons, up to four digits each; the last two groups may be a dotted
    /// quad.
    private static func groups(_ text: Substring) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains("."), let bits = quad(part) {
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            } else {
                guard part.utf8.count <= 4, let group = UInt16(part, radix: 16) else { return nil }
                groups.append(group)
            }
        }
        return groups
    }
}

extension Substring.UTF8View {
    /// The index of "::"; nil if there is none.
    fileprivate var firstDoubleColon: Index? {
        indices.first { index in
            let next = self.index(after: index)
            return self[index] == UInt8(ascii: ":") && next < endIndex && self[next] == UInt8(ascii: ":")
        }
    }
}
