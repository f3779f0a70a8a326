/// The final response to an upgrade request (RFC 6455 4.2.2).
public struct UpgradeResponse: Hashable, Sendable {
    /// The status: 101, or why not.
    public var status: Int
    /// The version of HTTP: "1.1", "1.0".
    public var httpVersion: String
    /// The header fields in order.
    public var fields: [HTTPField]
    /// The value of Sec-WebSocket-Accept.
    public var accept: String?
    /// The subprotocols named; a right answer names one at most.
    public var subprotocols: [String]
    /// The extensions named, in order: the negotiated ones when the upgrade was accepted.
    public var extensions: [WebSocketExtension]
    /// Whether Sec-WebSocket-Extensions breaks its grammar (RFC 6455 9.1).
    var areExtensionsMalformed: Bool
}

extension UpgradeResponse {
    /// Reads the complete head of a response whose first line is `line`.
    init(_ line: StatusLine, head: Span<UInt8>) {
        fields = HTTPField.all(in: head, after: line.end)
        status = line.status
        httpVersion = head.string(line.version)
        accept = fields.firstValue("sec-websocket-accept")
        subprotocols = fields.list("sec-websocket-protocol")
        var parser = ExtensionListParser()
        extensions = parser.parse(fields.values("sec-websocket-extensions"))
        areExtensionsMalformed = parser.isMalformed
    }
}
