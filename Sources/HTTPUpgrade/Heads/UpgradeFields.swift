import WireFormat

/// The header fields that decide about an upgrade (RFC 6455 4.1, 4.2.2), as ranges, without making strings.
///
/// Fields with which the ends negotiate do not depend on HTTP; only their positions are recorded.
struct UpgradeFields {
    /// The first Host field.
    private(set) var host: FieldReader.Field?
    /// The first Sec-WebSocket-Key.
    private(set) var key: FieldReader.Field?
    /// How many Sec-WebSocket-Key fields there are.
    private(set) var keyCount = 0
    /// The first Sec-WebSocket-Accept.
    private(set) var accept: FieldReader.Field?
    /// How many Sec-WebSocket-Accept fields there are.
    private(set) var acceptCount = 0
    /// The first Sec-WebSocket-Version.
    private(set) var version: FieldReader.Field?
    /// Whether there is an Upgrade field.
    private(set) var hasUpgrade = false
    /// Whether an Upgrade field names WebSocket.
    private(set) var namesWebSocket = false
    /// Whether a Connection field names the upgrade.
    private(set) var namesUpgrade = false
    /// Where the fields are with which the two ends negotiate (RFC 6455 11.3.2, 11.3.4, 11.3.5).
    private(set) var negotiation = FieldMarks()
    /// Whether there is a field of hixie-75.
    private(set) var hasOldField = false
    /// Whether the name of a field begins with "Sec-WebSocket-".
    private(set) var hasModernField = false
    /// Whether both keys of hixie-76 are present.
    var hasKeyPair: Bool { hasKey1 && hasKey2 }

    private var hasKey1 = false
    private var hasKey2 = false

    /// Records the next field of a head, whose fields begin at `start`.
    mutating func record(_ field: FieldReader.Field, in head: Span<UInt8>, after start: Int) {
        switch Name(head, in: field.name) {
        case nil: break
        case .host: host = host ?? field
        case .origin, .oldProtocol: hasOldField = true
        case .upgrade:
            hasUpgrade = true
            namesWebSocket = namesWebSocket || field.hasToken("websocket", in: head)
        case .connection: namesUpgrade = namesUpgrade || field.hasToken("upgrade", in: head)
        case .modern(let name):
            hasModernField = true
            record(name, field, at: field.name.lowerBound &- start)
        }
    }

    private mutating func record(_ name: Name.Modern, _ field: FieldReader.Field, at place: Int) {
        switch name {
        case .key:
            key = key ?? field
            keyCount += 1
        case .key1: hasKey1 = true
        case .key2: hasKey2 = true
        case .accept:
            accept = accept ?? field
            acceptCount += 1
        case .version:
            version = version ?? field
            negotiation.add(place)
        case .negotiation: negotiation.add(place)
        case .other: break
        }
    }
}

extension UpgradeFields {
    /// A name that matters.
    fileprivate enum Name {
        case host, origin, upgrade, connection
        /// "WebSocket-Protocol", of hixie-75.
        case oldProtocol
        /// One that begins with "Sec-WebSocket-".
        case modern(Modern)

        /// What follows "Sec-WebSocket-".
        enum Modern {
            case key, key1, key2, accept, version, negotiation, other
        }

        init?(_ head: Span<UInt8>, in range: Range<Int>) {
            switch range.count {
            case 4 where head.equalsIgnoringCase("host", in: range): self = .host
            case 6 where head.equalsIgnoringCase("origin", in: range): self = .origin
            case 7 where head.equalsIgnoringCase("upgrade", in: range): self = .upgrade
            case 10 where head.equalsIgnoringCase("connection", in: range): self = .connection
            case 14... where head.equalsIgnoringCase("sec-websocket-", in: range.prefix(14)):
                self = .modern(Modern(head, in: range.dropFirst(14)))
            case 18 where head.equalsIgnoringCase("websocket-protocol", in: range): self = .oldProtocol
            default: return nil
            }
        }
    }
}

extension UpgradeFields.Name.Modern {
    fileprivate init(_ head: Span<UInt8>, in range: Range<Int>) {
        switch range.count {
        case 3 where head.equalsIgnoringCase("key", in: range): self = .key
        case 4 where head.equalsIgnoringCase("key1", in: range): self = .key1
        case 4 where head.equalsIgnoringCase("key2", in: range): self = .key2
        case 6 where head.equalsIgnoringCase("accept", in: range): self = .accept
        case 7 where head.equalsIgnoringCase("version", in: range): self = .version
        case 8 where head.equalsIgnoringCase("protocol", in: range): self = .negotiation
        case 10 where head.equalsIgnoringCase("extensions", in: range): self = .negotiation
        default: self = .other
        }
    }
}
