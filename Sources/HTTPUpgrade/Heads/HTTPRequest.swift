package import WireFormat

/// A request to upgrade to WebSocket (RFC 6455 4.1), or a plain one that is reported, as HTTP/1.1 sees it.
///
/// An object, since it is large and passed on several times, and most connections never have one.
package final class HTTPRequest: Sendable {
    /// The method; GET unless the client breaks the rule.
    package let method: String
    /// The request target as it is in the request line.
    package let target: String
    /// The host and port asked for, without user information; empty if none is given.
    package let host: String
    /// "ws://HOST/PATH"; from the target alone if that is in absolute form.
    package let url: String
    /// The version of HTTP: "1.1", "1.0".
    package let httpVersion: String
    /// The header fields.
    package let header: HTTPFields
    /// The value of Sec-WebSocket-Key.
    package let key: String?
    /// The name of the draft that it follows, if the draft's frames differ from those of RFC 6455: "hixie-75", "hybi-00
    /// (hixie-76)", "hybi-04".
    package let draft: String?
    /// The rules it breaks as a request to upgrade, each once; none for a draft, whose fields follow rules of their
    /// own.
    package let violations: [UpgradeViolation]
    /// Its size in memory, in bytes.
    let cost: Int

    /// Reads the complete head of a request whose first line is `line`.
    init(_ line: RequestLine, _ fields: UpgradeFields, head: Span<UInt8>) {
        header = HTTPFields(head, after: line.end, marks: fields.negotiation)
        method = head.string(line.method)
        target = head.string(line.target)
        httpVersion = head.string(line.version)
        let location = RequestLocation(target: target, host: fields.host?.text(in: head))
        host = location.host
        url = location.url
        key = fields.key?.text(in: head)
        draft = Self.draft(version: fields.version.flatMap { Int($0.text(in: head)) }, fields: fields)
        violations = draft == nil ? Self.brokenRules(method, httpVersion: httpVersion, key: key, fields) : []
        // Short fields cost more for their strings than for their bytes.
        cost = 256 + 4 * head.count
    }

    /// Stands for a request that is missing from the capture.
    static let unseen = HTTPRequest()

    private init() {
        header = HTTPFields([])
        method = ""
        target = ""
        httpVersion = ""
        host = ""
        url = ""
        key = nil
        draft = nil
        violations = []
        cost = 0
    }

    /// Whether the capture has it.
    package var isSeen: Bool { !method.isEmpty }

    private static func brokenRules(
        _ method: String, httpVersion: String, key: String?, _ fields: borrowing UpgradeFields
    ) -> [UpgradeViolation] {
        var violations: [UpgradeViolation] = []
        if method != "GET" { violations.append(.methodNotGET) }
        if httpVersion < "1.1" { violations.append(.httpVersionBelow11) }
        if !fields.hasUpgrade { violations.append(.upgradeStripped) }
        if fields.host == nil { violations.append(.hostMissing) }
        if !fields.namesUpgrade { violations.append(.connectionHeaderMissing) }
        switch key {
        case nil: violations.append(.keyMissing)
        case let key?: if !WebSocketAccept.isKey(key) { violations.append(.keyInvalid) }
        }
        if fields.keyCount > 1 { violations.append(.keyRepeated) }
        return violations
    }

    /// The name of the draft that sends eight bytes more after its request.
    static let hixie76 = "hybi-00 (hixie-76)"

    /// The name of the draft, if its frames differ from those of RFC 6455; from version 7 on they are the same.
    private static func draft(version: Int?, fields: UpgradeFields) -> String? {
        if fields.hasKeyPair { return hixie76 }
        if let version { return (0...6).contains(version) ? "hybi-0\(version)" : nil }
        return !fields.hasModernField && fields.hasOldField ? "hixie-75" : nil
    }
}

extension HTTPRequest: Hashable {
    package static func == (left: HTTPRequest, right: HTTPRequest) -> Bool {
        // Everything else is derived from these.
        left === right
            || (left.method, left.target, left.httpVersion, left.header)
                == (right.method, right.target, right.httpVersion, right.header)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(target)
        hasher.combine(header)
    }
}

/// Where a request is addressed, from its target and its Host field (RFC 9112 3.2, RFC 6455 3).
struct RequestLocation {
    /// The host and port, without user information; empty if there is none.
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

    /// Whether a target begins with a scheme (given in lower case), in any case.
    private static func begins(_ target: String, with prefix: StaticString) -> Bool {
        let bytes = target.utf8.span
        return bytes.equalsIgnoringCase(prefix, in: bytes.indices.prefix(prefix.utf8CodeUnitCount))
    }

    private static func withoutUserInformation(_ authority: String) -> String {
        // Few have one, and finding that there is no "@" is faster than finding the last one.
        let bytes = authority.utf8.span
        guard bytes.index(of: UInt8(ascii: "@"), in: bytes.indices) < bytes.count,
            let at = authority.utf8.lastIndex(of: UInt8(ascii: "@"))
        else { return authority }
        return String(authority[authority.utf8.index(after: at)...])
    }
}
