package import WireFormat

/// What a client offers in its opening handshake (RFC 6455 4.1), in any version of HTTP.
package struct OpeningOffer: Sendable {
    /// The value of Sec-WebSocket-Version; nil if there is none or it is not a number.
    package private(set) var version: Int?
    /// The subprotocols offered, in order.
    package private(set) var subprotocols: [String]
    /// The extensions offered, in order.
    package private(set) var extensions: [WebSocketExtension]
    /// The rules that the offer breaks, each once.
    package private(set) var violations: [OpeningViolation] = []

    /// Reads the header fields of a request.
    package init(_ header: HTTPFields) {
        let fields = NegotiationFields(header)
        version = fields.version
        subprotocols = fields.subprotocols
        extensions = fields.extensions
        switch version {
        case nil: violations.append(.versionMissing)
        case 13: break
        default: violations.append(.versionNot13)
        }
        if fields.versionCount > 1 { violations.append(.versionRepeated) }
        if fields.hasEmpty { violations.append(.fieldEmpty) }
        if fields.areExtensionsMalformed { violations.append(.extensionsMalformed) }
        if !extensions.isEmpty { violations += DeflateNegotiation.violations(ofOffers: extensions) }
    }
}

/// What a server selects from an offer when it accepts it (RFC 6455 4.2.2).
package struct OpeningAnswer: Sendable {
    /// The subprotocols named; a correct answer names at most one.
    package private(set) var subprotocols: [String]
    /// The extensions named, in order: these are negotiated.
    package private(set) var extensions: [WebSocketExtension]
    /// The rules that the answer breaks, each once (RFC 6455 4.1, "If the response…").
    package private(set) var violations: [OpeningViolation] = []

    /// Reads the header fields of a response that accepts `offer`.
    package init(_ header: HTTPFields, to offer: borrowing OpeningOffer) {
        let fields = NegotiationFields(header)
        subprotocols = fields.subprotocols
        extensions = fields.extensions
        if fields.hasEmpty { violations.append(.fieldEmpty) }
        if fields.extensionsCount > 1 { violations.append(.extensionsRepeated) }
        if fields.areExtensionsMalformed { violations.append(.extensionsMalformed) }
        if !extensions.isEmpty {
            if !extensions.areNamed(in: offer.extensions) { violations.append(.extensionNotOffered) }
            violations += DeflateNegotiation.violations(of: extensions, to: offer.extensions)
        }
        if subprotocols.isEmpty, !offer.subprotocols.isEmpty, !fields.hasEmpty { violations.append(.subprotocolNone) }
        if subprotocols.count > 1 { violations.append(.subprotocolRepeated) }
        if !subprotocols.isEmpty, !Set(subprotocols).isSubset(of: offer.subprotocols) {
            violations.append(.subprotocolNotOffered)
        }
    }
}

/// The header fields that negotiate the session (RFC 6455 11.3).
private struct NegotiationFields {
    /// The number in the first Sec-WebSocket-Version field; nil if there is none or it is not a number.
    var version: Int?
    /// The elements of all Sec-WebSocket-Protocol fields.
    var subprotocols: [String] = []
    /// The entries of all Sec-WebSocket-Extensions fields.
    var extensions: [WebSocketExtension] = []
    /// Whether the extensions break their grammar (RFC 6455 9.1).
    var areExtensionsMalformed = false
    /// The number of Sec-WebSocket-Version fields.
    var versionCount = 0
    /// The number of Sec-WebSocket-Extensions fields.
    var extensionsCount = 0
    /// Whether any of these fields is empty.
    var hasEmpty = false

    init(_ header: HTTPFields) {
        var lists: [String] = []
        header.forEachMarked { name, value in
            let prefix = 0..<min(14, name.count)
            guard name.count > 14, name.equalsIgnoringCase("sec-websocket-", in: prefix) else { return }
            let rest = 14..<name.count
            switch rest.count {
            case 7 where name.equalsIgnoringCase("version", in: rest):
                if versionCount == 0 { version = Int(value.string(0..<value.count)) }
                versionCount += 1
                hasEmpty = hasEmpty || value.isEmpty
            case 8 where name.equalsIgnoringCase("protocol", in: rest):
                let elements = value.elements
                subprotocols += elements
                hasEmpty = hasEmpty || elements.isEmpty
            case 10 where name.equalsIgnoringCase("extensions", in: rest):
                lists.append(value.string(0..<value.count))
                extensionsCount += 1
                hasEmpty = hasEmpty || value.isEmpty
            default: break
            }
        }
        guard !lists.isEmpty else { return }
        var parser = ExtensionListParser()
        extensions = parser.parse(lists)
        areExtensionsMalformed = parser.isMalformed
        hasEmpty = hasEmpty || extensions.isEmpty && !areExtensionsMalformed
    }
}
