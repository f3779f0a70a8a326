/// A request to upgrade to WebSocket (RFC 6455 4.1).
public struct UpgradeRequest: Hashable, Sendable {
    /// The method; GET unless the client is wrong.
    public var method: String
    /// The request target as it stands in the request line.
    public var target: String
    /// The host and port asked for, without user information; empty where there is none.
    public var host: String
    /// "ws://HOST/PATH"; from the target alone where that is in absolute form.
    public var url: String
    /// The version of HTTP: "1.1", "1.0".
    public var httpVersion: String
    /// The header fields, which become strings when they are asked for.
    public var header: HTTPFields
    /// The value of Sec-WebSocket-Key.
    public var key: String?
    /// The value of Sec-WebSocket-Version; nil where there is none or it is no number.
    public var version: Int?
    /// The subprotocols offered, in order.
    public var subprotocols: [String]
    /// The extensions offered, in order.
    public var extensions: [WebSocketExtension]
    /// The name of the draft the request speaks when its frames are not those of RFC 6455: "hixie-75",
    /// "hybi-00 (hixie-76)", "hybi-04".
    public var draft: String?
    /// The rules it breaks, each once.
    public var violations: [UpgradeViolation]
}

extension UpgradeRequest {
    /// The header fields in order; each access makes them anew.
    public var fields: [HTTPField] {
        get { header.all }
        set { header = HTTPFields(newValue) }
    }

    /// Reads the complete head of a request whose first line is `line`.
    init(_ line: RequestLine, _ fields: UpgradeFields, head: Span<UInt8>) {
        header = HTTPFields(head, after: line.end)
        method = head.string(line.method)
        target = head.string(line.target)
        httpVersion = head.string(line.version)
        let location = RequestLocation(target: target, host: fields.host?.text(in: head))
        host = location.host
        url = location.url
        key = fields.key?.text(in: head)
        version = fields.version.flatMap { Int($0.text(in: head)) }
        subprotocols = fields.subprotocols.flatMap { $0.elements(in: head) }
        var parser = ExtensionListParser()
        extensions = parser.parse(fields.extensions.map { $0.text(in: head) })
        draft = Self.draft(version: version, fields: fields)
        violations = []
        // The fields of a draft follow rules of their own.
        if draft == nil { violations = brokenRules(fields, areExtensionsMalformed: parser.isMalformed) }
    }

    private func brokenRules(_ fields: borrowing UpgradeFields, areExtensionsMalformed: Bool) -> [UpgradeViolation] {
        var violations: [UpgradeViolation] = []
        if method != "GET" { violations.append(.methodNotGET) }
        if httpVersion < "1.1" { violations.append(.httpVersionBelow11) }
        if fields.host == nil { violations.append(.hostMissing) }
        if !fields.namesUpgrade { violations.append(.connectionHeaderMissing) }
        switch key {
        case nil: violations.append(.keyMissing)
        case let key?: if !WebSocketAccept.isKey(key) { violations.append(.keyInvalid) }
        }
        if fields.keyCount > 1 { violations.append(.keyRepeated) }
        switch version {
        case nil: violations.append(.versionMissing)
        case 13: break
        default: violations.append(.versionNot13)
        }
        if areExtensionsMalformed { violations.append(.extensionsMalformed) }
        if !extensions.isEmpty { violations += DeflateNegotiation.violations(ofOffers: extensions) }
        return violations
    }

    /// The name of the draft that sends eight more bytes behind its request.
    static let hixie76 = "hybi-00 (hixie-76)"

    /// Names the draft whose frames differ from those of RFC 6455; from version 7 on they are the same.
    private static func draft(version: Int?, fields: UpgradeFields) -> String? {
        if fields.hasKeyPair { return hixie76 }
        if let version { return (0...6).contains(version) ? "hybi-0\(version)" : nil }
        return !fields.hasModernField && fields.hasOldField ? "hixie-75" : nil
    }
}
