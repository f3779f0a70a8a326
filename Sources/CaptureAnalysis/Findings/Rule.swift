import HTTPUpgrade
public import WebSocketProtocol

/// A rule that findings concern.
///
/// This is the catalogue: every rule is here or in `Observation.swift`, and nowhere else.
///
/// The initialisers list the rules by what detects that they are broken: the opening handshake, WebSocket itself, or
/// the analysis as a whole. A rule reported with different texts has an entry for each.
public struct Rule: Hashable, Sendable {
    /// The stable name, such as "masking.client-unmasked".
    public let id: String
    /// How much it matters.
    public let severity: Finding.Severity
    /// The document that states the rule, such as "RFC 6455 5.1".
    public let reference: String
    /// One sentence for a person; `{…}` stands for a value.
    public let text: String

    /// All rules.
    public static var all: [Rule] {
        UpgradeViolation.allCases.map { Rule($0) } + OpeningViolation.allCases.map { Rule($0) }
            + Violation.allCases.map { Rule($0) } + Observation.allCases.map { Rule($0) }
    }

    init(_ id: String, _ severity: Finding.Severity, _ reference: String, _ text: String) {
        self.id = id
        self.severity = severity
        self.reference = reference
        self.text = text
    }
}

extension Rule {
    /// The rules of an upgrade over HTTP/1.1.
    init(_ violation: UpgradeViolation) {
        switch violation {
        case .methodNotGET:
            self.init("handshake.method-not-get", .error, "RFC 6455 4.1", "The upgrade request's method is not GET.")
        case .httpVersionBelow11:
            self.init(
                "handshake.http-version", .error, "RFC 6455 4.1",
                "The upgrade request's HTTP version is below 1.1.")
        case .hostMissing:
            self.init("handshake.host-missing", .error, "RFC 6455 4.1", "The upgrade request has no Host field.")
        case .connectionHeaderMissing:
            self.init(
                "handshake.connection-header", .warning, "RFC 6455 4.1",
                "The Connection field does not contain \"upgrade\".")
        case .keyMissing:
            self.init(
                "handshake.key-missing", .error, "RFC 6455 4.1", "The upgrade request has no Sec-WebSocket-Key.")
        case .keyInvalid:
            self.init(
                "handshake.key-invalid", .error, "RFC 6455 4.1", "Sec-WebSocket-Key is not 16 bytes in base64.")
        case .keyRepeated:
            self.init(
                "handshake.key-repeated", .error, "RFC 6455 11.3.1", "Sec-WebSocket-Key occurs more than once.")
        case .upgradeStripped:
            self.init(
                "handshake.upgrade-stripped", .error, "RFC 6455 4.1",
                "The request has a Sec-WebSocket-Key but no Upgrade field: a proxy has probably removed it.")
        case .responseVersion:
            self.init(
                "handshake.response-version", .error, "RFC 6455 4.2.2",
                "The response's HTTP version is below 1.1, which has no status 101.")
        case .bodyIn101:
            self.init(
                "handshake.body-in-101", .error, "RFC 9110 8.6",
                "The response has a Content-Length or Transfer-Encoding field, which a 101 must not have.")
        case .upgradeHeaderMissing:
            self.init(
                "handshake.upgrade-header", .error, "RFC 6455 4.2.2",
                "The response has no Upgrade field that names WebSocket.")
        case .acceptMissing:
            self.init(
                "handshake.accept-missing", .error, "RFC 6455 4.2.2", "The response has no Sec-WebSocket-Accept.")
        case .acceptWrong:
            self.init(
                "handshake.accept-wrong", .error, "RFC 6455 4.2.2",
                "Sec-WebSocket-Accept does not match the request's key.")
        case .acceptRepeated:
            self.init(
                "handshake.accept-repeated", .error, "RFC 6455 11.3.3", "Sec-WebSocket-Accept occurs more than once.")
        }
    }

    /// The rules of negotiation in an opening handshake.
    init(_ violation: OpeningViolation) {
        switch violation {
        case .versionMissing:
            self.init(
                "handshake.version-missing", .error, "RFC 6455 4.1",
                "The upgrade request has no Sec-WebSocket-Version, or one that is not a number.")
        case .versionNot13:
            self.init(
                "handshake.version-not-13", .warning, "RFC 6455 4.1",
                "The upgrade request asks for version {N}, not 13; frames are read as version 13.")
        case .versionRepeated:
            self.init(
                "handshake.version-repeated", .error, "RFC 6455 11.3.5",
                "Sec-WebSocket-Version occurs more than once in the request.")
        case .fieldEmpty:
            self.init(
                "handshake.field-empty", .error, "RFC 6455 4.1",
                "A Sec-WebSocket-Protocol, -Extensions or -Version field is empty.")
        case .extensionsRepeated:
            self.init(
                "handshake.extensions-repeated", .warning, "RFC 6455 11.3.2",
                "Sec-WebSocket-Extensions occurs more than once in the response.")
        case .subprotocolNone:
            self.init(
                "handshake.subprotocol-none", .note, "RFC 6455 4.1",
                "The client offers subprotocols and the response selects none; browsers fail the connection.")
        case .extensionsMalformed:
            self.init(
                "handshake.extensions-malformed", .error, "RFC 6455 9.1", "Sec-WebSocket-Extensions is malformed.")
        case .extensionNotOffered:
            self.init(
                "handshake.extension-not-offered", .error, "RFC 6455 4.1",
                "The response names an extension that the client did not offer.")
        case .subprotocolNotOffered:
            self.init(
                "handshake.subprotocol-not-offered", .error, "RFC 6455 4.1",
                "The response names a subprotocol that the client did not offer.")
        case .subprotocolRepeated:
            self.init(
                "handshake.subprotocol-repeated", .error, "RFC 6455 11.3.4",
                "The response names more than one subprotocol.")
        case .deflateOfferInvalid:
            self.init(
                "deflate.offer-invalid", .error, "RFC 7692 7.1",
                "The permessage-deflate offer has an unknown, invalid or repeated parameter.")
        case .deflateResponseInvalid:
            self.init(
                "deflate.response-invalid", .error, "RFC 7692 7.1",
                "The permessage-deflate response has an unknown, invalid or repeated parameter.")
        case .deflateClientWindowNotOffered:
            self.init(
                "deflate.client-window-not-offered", .error, "RFC 7692 7.1.2.2",
                "The response limits the client's window, although the client did not offer client_max_window_bits.")
        case .deflateServerWindowTooLarge:
            self.init(
                "deflate.server-window-too-large", .error, "RFC 7692 7.1.2.1",
                "The response allows the server a larger window than the client's server_max_window_bits.")
        case .deflateServerTakeoverKept:
            self.init(
                "deflate.server-takeover-kept", .error, "RFC 7692 7.1.1.1",
                "The response lacks server_no_context_takeover, which the client's offer requires.")
        }
    }

    /// The rules of frames and messages, and the bounds on them.
    public init(_ violation: Violation) {
        switch violation {
        case .clientUnmasked:
            self.init("masking.client-unmasked", .error, "RFC 6455 5.1", "The client sent an unmasked frame.")
        case .serverMasked:
            self.init("masking.server-masked", .error, "RFC 6455 5.1", "The server sent a masked frame.")
        case .reservedBits:
            self.init(
                "frame.reserved-bits", .error, "RFC 6455 5.2",
                "A reserved bit is set that no negotiated extension uses.")
        case .reservedOpcode:
            self.init("frame.reserved-opcode", .error, "RFC 6455 5.2", "The opcode is reserved.")
        case .implausible:
            self.init(
                "framing.implausible", .error, "RFC 6455 5.2",
                "These bytes break so many rules that they are not a frame; the rest of this stream is not decoded.")
        case .compressedControl:
            self.init(
                "deflate.compressed-control", .error, "RFC 7692 6.1",
                "A control frame has the bit set that marks compressed messages.")
        case .compressedContinuation:
            self.init(
                "deflate.compressed-continuation", .error, "RFC 7692 6.1",
                "A continuation frame has the bit set that marks compressed messages.")
        case .controlFragmented:
            self.init("control.fragmented", .error, "RFC 6455 5.5", "A control frame is fragmented.")
        case .controlTooLong:
            self.init(
                "control.too-long", .error, "RFC 6455 5.5", "A control frame's payload is longer than 125 bytes.")
        case .lengthNotMinimal:
            self.init(
                "frame.length-not-minimal", .error, "RFC 6455 5.2",
                "The payload length is not encoded in the fewest bytes.")
        case .lengthTopBit:
            self.init(
                "frame.length-top-bit", .error, "RFC 6455 5.2", "The top bit of the 64-bit payload length is set.")
        case .continuationWithoutStart:
            self.init(
                "message.continuation-without-start", .error, "RFC 6455 5.4",
                "A continuation frame has no message to continue.")
        case .messageInsideMessage:
            self.init(
                "message.inside-message", .error, "RFC 6455 5.4",
                "A new message begins before the previous one has ended.")
        case .frameAfterClose:
            self.init(
                "close.data-after-close", .error, "RFC 6455 5.5.1", "A frame was sent after the sender's Close frame.")
        case .zeroMaskingKey:
            self.init("masking.zero-key", .note, "RFC 6455 5.3", "The masking key is zero.")
        case .repeatedMaskingKey:
            self.init(
                "masking.repeated-key", .note, "RFC 6455 5.3", "The masking key is the same as the previous frame's.")
        case .closePayloadOneByte:
            self.init("close.one-byte", .error, "RFC 6455 5.5.1", "The Close frame has a payload of one byte.")
        case .closeCodeNotAllowed:
            self.init(
                "close.code-not-allowed", .error, "RFC 6455 7.4", "The Close frame has a code that must not be sent.")
        case .closeCodeByteOrder:
            self.init(
                "close.code-not-allowed", .error, "RFC 6455 7.4",
                "The Close frame has a code that must not be sent: its two bytes are in the wrong order.")
        case .closeCodeDigits:
            self.init(
                "close.code-not-allowed", .error, "RFC 6455 7.4",
                "The Close frame has a code that must not be sent: it is written in digits, not as a number of two bytes."
            )
        case .closeReasonNotUTF8:
            self.init(
                "close.reason-not-utf8", .error, "RFC 6455 8.1", "The Close frame's reason is not valid UTF-8.")
        case .textNotUTF8:
            self.init("message.text-not-utf8", .error, "RFC 6455 8.1", "The text message is not valid UTF-8.")
        case .deflateBroken:
            self.init("deflate.broken", .error, "RFC 7692 7.2.2", "The compressed message cannot be inflated.")
        case .deflateUnfinished:
            self.init(
                "deflate.unfinished", .warning, "RFC 7692 7.2.1",
                "The compressed data ends inside a block; the message is shown as far as it inflates, as browsers do.")
        case .windowExceeded:
            self.init(
                "deflate.window-exceeded", .error, "RFC 7692 7.1.2",
                "The message was compressed with a larger window than agreed; it is inflated with the largest.")
        case .inflateBomb:
            self.init(
                "deflate.bomb", .warning, "wstap limits",
                "The message inflates beyond the limits; its payload is withheld.")
        case .messageLimit:
            self.init(
                "limit.message", .warning, "wstap limits",
                "The message is longer than the limit; the rest is not shown.")
        case .controlPayloadLimit:
            self.init(
                "limit.control-payload", .warning, "wstap limits",
                "The control frame's payload is longer than the limit.")
        case .compressionLimit:
            self.init(
                "limit.compression", .warning, "wstap limits",
                "Too many sessions use compression at once; this end's compressed messages are not inflated.")
        }
    }
}
