/// The final response to an upgrade request (RFC 6455 4.2.2).
public struct UpgradeResponse: Hashable, Sendable {
    /// The status: 101, or why not.
    public var status: Int
    /// The version of HTTP: "1.1", "1.0".
    public var httpVersion: String
    /// The header fields, which become strings when they are asked for.
    public var header: HTTPFields
    /// The value of Sec-WebSocket-Accept.
    public var accept: String?
    /// The subprotocols named; a right answer names one at most.
    public var subprotocols: [String]
    /// The extensions named, in order: the negotiated ones when the upgrade was accepted.
    public var extensions: [WebSocketExtension]
    /// Whether Sec-WebSocket-Extensions breaks its grammar (RFC 6455 9.1).
    var areExtensionsMalformed: Bool
    /// Whether there is an Upgrade field.
    var hasUpgrade: Bool
    /// Whether an Upgrade field names WebSocket.
    var namesWebSocket: Bool
    /// Whether a Connection field names the upgrade.
    var namesUpgrade: Bool
    /// Whether Sec-WebSocket-Accept stands more than once.
    var isAcceptRepeated: Bool
}

extension UpgradeResponse {
    /// The header fields in order; each access makes them anew.
    public var fields: [HTTPField] {
        get { header.all }
        set { header = HTTPFields(newValue) }
    }

    /// Reads the complete head of a response whose first line is `line`.
    init(_ line: StatusLine, _ fields: UpgradeFields, head: Span<UInt8>) {
        header = HTTPFields(head, after: line.end)
        status = line.status
        httpVersion = head.string(line.version)
        accept = fields.accept?.text(in: head)
        isAcceptRepeated = fields.acceptCount > 1
        hasUpgrade = fields.hasUpgrade
        namesWebSocket = fields.namesWebSocket
        namesUpgrade = fields.namesUpgrade
        subprotocols = fields.subprotocols.flatMap { $0.elements(in: head) }
        var parser = ExtensionListParser()
        extensions = parser.parse(fields.extensions.map { $0.text(in: head) })
        areExtensionsMalformed = parser.isMalformed
    }
}
