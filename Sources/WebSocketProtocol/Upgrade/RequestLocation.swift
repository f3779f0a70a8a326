/// Where a request wants to go, from its target and its Host field (RFC 9112 3.2, RFC 6455 3).
struct RequestLocation {
    /// The host and port, without user information; empty where there is none.
    let host: String
    /// "ws://HOST/PATH" or "wss://HOST/PATH".
    let url: String

    /// Joins a request target with the value of the Host field.
    init(target: String, host hostField: String?) {
        // Absolute form (RFC 9112 3.2.2): the Host field is ignored.
        if target.utf8.first != UInt8(ascii: "/") {
            for (prefix, scheme) in Self.schemes where Self.begins(target, with: prefix) {
                let rest = target.utf8.dropFirst(prefix.utf8CodeUnitCount)
                let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
                let path = String(Substring(rest[authority.endIndex...]))
                host = Self.withoutUserInformation(String(Substring(authority)))
                url = Self.url(scheme, host, path)
                return
            }
        }
        host = Self.withoutUserInformation(hostField ?? "")
        url = Self.url("ws", host, target)
    }

    /// How a target in absolute form may begin, and the scheme of its URL.
    private static let schemes: [(StaticString, String)] = [
        ("http://", "ws"), ("ws://", "ws"), ("https://", "wss"), ("wss://", "wss"),
    ]

    private static func url(_ scheme: String, _ host: String, _ path: String) -> String {
        var url = scheme
        url.reserveCapacity(scheme.utf8.count + host.utf8.count + path.utf8.count + 4)
        url += "://"
        url += host
        if path.utf8.first != UInt8(ascii: "/") { url += "/" }
        url += path
        return url
    }

    /// Whether a target begins with a scheme (in lower case), whatever the case of its letters.
    private static func begins(_ target: String, with prefix: StaticString) -> Bool {
        let bytes = target.utf8.span
        return bytes.equalsIgnoringCase(prefix, in: bytes.indices.prefix(prefix.utf8CodeUnitCount))
    }

    private static func withoutUserInformation(_ authority: String) -> String {
        // Hardly any has it: whether there is a sign at all is found faster than the last one.
        let bytes = authority.utf8.span
        guard bytes.index(of: UInt8(ascii: "@"), in: bytes.indices) < bytes.count,
            let at = authority.utf8.lastIndex(of: UInt8(ascii: "@"))
        else { return authority }
        return String(authority[authority.utf8.index(after: at)...])
    }
}
