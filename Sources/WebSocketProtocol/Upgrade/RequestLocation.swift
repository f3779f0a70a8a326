/// Where a request wants to go, from its target and its Host field (RFC 9112 3.2, RFC 6455 3).
struct RequestLocation {
    /// The host and port, without user information; empty where there is none.
    let host: String
    /// "ws://HOST/PATH" or "wss://HOST/PATH".
    let url: String

    /// Joins a request target with the value of the Host field.
    init(target: String, host hostField: String?) {
        // Absolute form (RFC 9112 3.2.2): the Host field is ignored.
        for (prefix, scheme) in [("http://", "ws"), ("ws://", "ws"), ("https://", "wss"), ("wss://", "wss")]
        where target.utf8.hasPrefixIgnoringCase(prefix) {
            let rest = target.utf8.dropFirst(prefix.utf8.count)
            let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            let path = String(Substring(rest[authority.endIndex...]))
            host = Self.withoutUserInformation(Substring(authority))
            url = "\(scheme)://\(host)\(path.utf8.first == UInt8(ascii: "/") ? "" : "/")\(path)"
            return
        }
        host = Self.withoutUserInformation(Substring(hostField ?? ""))
        url = "ws://\(host)\(target.utf8.first == UInt8(ascii: "/") ? "" : "/")\(target)"
    }

    private static func withoutUserInformation(_ authority: Substring) -> String {
        guard let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) else { return String(authority) }
        return String(authority[authority.utf8.index(after: at)...])
    }
}
