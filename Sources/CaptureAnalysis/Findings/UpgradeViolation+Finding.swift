import WebSocketProtocol

extension Finding {
    /// What a broken rule of the opening handshake (RFC 6455 4) says to a person.
    init(_ violation: UpgradeViolation, of request: UpgradeRequest, from role: Role) {
        let (rule, severity, reference, text): (String, Severity, String, String) =
            switch violation {
            case .methodNotGET:
                ("handshake.method-not-get", .error, "RFC 6455 4.1", "The upgrade request's method is not GET.")
            case .httpVersionBelow11:
                ("handshake.http-version", .error, "RFC 6455 4.1", "The upgrade request is below HTTP/1.1.")
            case .hostMissing:
                ("handshake.host-missing", .error, "RFC 6455 4.1", "The upgrade request has no Host field.")
            case .connectionHeaderMissing:
                (
                    "handshake.connection-header", .warning, "RFC 6455 4.1",
                    "The Connection field does not name \"upgrade\"."
                )
            case .keyMissing:
                ("handshake.key-missing", .error, "RFC 6455 4.1", "The upgrade request has no Sec-WebSocket-Key.")
            case .keyInvalid:
                ("handshake.key-invalid", .error, "RFC 6455 4.1", "Sec-WebSocket-Key is not 16 bytes in base64.")
            case .keyRepeated:
                ("handshake.key-repeated", .error, "RFC 6455 11.3.1", "Sec-WebSocket-Key stands more than once.")
            case .versionMissing:
                ("handshake.version-missing", .error, "RFC 6455 4.1", "The upgrade request has no version.")
            case .versionNot13:
                (
                    "handshake.version-not-13", .warning, "RFC 6455 4.1",
                    "The upgrade request asks for version \(request.version ?? 0), not 13; frames are read as version 13's."
                )
            case .extensionsMalformed:
                (
                    "handshake.extensions-malformed", .error, "RFC 6455 9.1",
                    "Sec-WebSocket-Extensions does not follow its grammar."
                )
            case .upgradeHeaderMissing:
                ("handshake.upgrade-header", .error, "RFC 6455 4.2.2", "The response has no Upgrade field.")
            case .acceptMissing:
                ("handshake.accept-missing", .error, "RFC 6455 4.2.2", "The response has no Sec-WebSocket-Accept.")
            case .acceptWrong:
                (
                    "handshake.accept-wrong", .error, "RFC 6455 4.2.2",
                    "Sec-WebSocket-Accept is not the right one for the request's key."
                )
            case .acceptRepeated:
                ("handshake.accept-repeated", .error, "RFC 6455 11.3.3", "Sec-WebSocket-Accept stands more than once.")
            case .extensionNotOffered:
                (
                    "handshake.extension-not-offered", .error, "RFC 6455 4.1",
                    "The response names an extension that the client did not offer."
                )
            case .subprotocolNotOffered:
                (
                    "handshake.subprotocol-not-offered", .error, "RFC 6455 4.1",
                    "The response names a subprotocol that the client did not offer."
                )
            case .subprotocolRepeated:
                (
                    "handshake.subprotocol-repeated", .error, "RFC 6455 11.3.4",
                    "The response names more than one subprotocol."
                )
            case .deflateOfferInvalid:
                (
                    "deflate.offer-invalid", .error, "RFC 7692 7.1",
                    "The offer of permessage-deflate has a parameter that is unknown, wrong or there twice."
                )
            case .deflateAnswerInvalid:
                (
                    "deflate.response-invalid", .error, "RFC 7692 7.1",
                    "The response's permessage-deflate has a parameter that is unknown, wrong or there twice."
                )
            case .deflateClientWindowNotOffered:
                (
                    "deflate.client-window-not-offered", .error, "RFC 7692 7.1.2.2",
                    "The response limits the client's window, though the client did not offer client_max_window_bits."
                )
            case .deflateServerWindowTooLarge:
                (
                    "deflate.server-window-too-large", .error, "RFC 7692 7.1.2.1",
                    "The response leaves the server a larger window than the client's server_max_window_bits allows."
                )
            case .deflateServerTakeoverKept:
                (
                    "deflate.server-takeover-kept", .error, "RFC 7692 7.1.1.1",
                    "The response lacks server_no_context_takeover, which the client's offer demands."
                )
            }
        self.init(rule: rule, severity: severity, reference: reference, text: text, from: role, streamOffset: nil)
    }

    /// What negotiated extensions that are not decoded say to a person: one finding for the legacy ones, and one for all
    /// others.
    static func undecoded(_ extensions: UndecodedExtensions) -> [Finding] {
        var findings: [Finding] = []
        if let name = extensions.names.first(where: UndecodedExtensions.isLegacyDeflate) {
            findings.append(
                Finding(
                    rule: "extension.legacy-deflate", severity: .warning, reference: "RFC 6455 9",
                    text:
                        "The ends agreed on \(name), an expired draft that compresses frames: such frames are not inflated.",
                    from: .server, streamOffset: nil))
        }
        let others = extensions.names.filter { !UndecodedExtensions.isLegacyDeflate($0) }
        if let name = others.first {
            let names = others.count == 1 ? "the extension \(name)" : "\(others.count) extensions, \(name) among them,"
            findings.append(
                Finding(
                    rule: "extension.not-decoded", severity: .warning, reference: "RFC 6455 9",
                    text: "The ends agreed on \(names) that wstap does not decode: what it changes is withheld.",
                    from: .server, streamOffset: nil))
        }
        return findings
    }
}
