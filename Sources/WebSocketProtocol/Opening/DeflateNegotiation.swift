/// The rules on the parameters of permessage-deflate (RFC 7692 7.1).
enum DeflateNegotiation {
    private static let serverNoTakeover = "server_no_context_takeover"
    private static let clientNoTakeover = "client_no_context_takeover"
    private static let serverWindow = "server_max_window_bits"
    private static let clientWindow = "client_max_window_bits"

    /// The rules that the offers break, each once.
    static func violations(ofOffers offers: [WebSocketExtension]) -> [OpeningViolation] {
        let areValid = offers.allSatisfy { !$0.isDeflate || isValid($0, isOffer: true) }
        return areValid ? [] : [.deflateOfferInvalid]
    }

    /// The rules that the response breaks, each once, compared with the offer that it fits best.
    ///
    /// Accepting an extension that was not offered at all breaks another rule
    /// (``OpeningViolation/extensionNotOffered``).
    static func violations(of response: [WebSocketExtension], to offers: [WebSocketExtension]) -> [OpeningViolation] {
        guard let answer = response.first(where: \.isDeflate) else { return [] }
        let shape: [OpeningViolation] = isValid(answer, isOffer: false) ? [] : [.deflateResponseInvalid]
        let terms = Terms(answer)
        var best: [OpeningViolation]?
        for offer in offers where offer.isDeflate {
            let misfits = misfits(terms, Terms(offer))
            if best.map({ misfits.count < $0.count }) ?? true { best = misfits }
        }
        return shape + (best ?? [])
    }

    /// The terms to which an offer or a response commits the other end.
    private struct Terms {
        var hasClientWindow = false
        var serverWindow: Int?
        var givesUpServerContext = false

        /// Reads an extension; if a parameter occurs twice, the first one counts.
        init(_ element: WebSocketExtension) {
            var hasServerWindow = false
            for parameter in element.parameters {
                switch parameter.name {
                case DeflateNegotiation.clientWindow: hasClientWindow = true
                case DeflateNegotiation.serverNoTakeover: givesUpServerContext = true
                case DeflateNegotiation.serverWindow where !hasServerWindow:
                    hasServerWindow = true
                    serverWindow = DeflateNegotiation.bits(parameter.value)
                default: break
                }
            }
        }
    }

    /// RFC 7692 7.1: an unknown or repeated parameter, or one with an invalid value, makes an offer or a response
    /// invalid.
    private static func isValid(_ element: WebSocketExtension, isOffer: Bool) -> Bool {
        guard element.parameters.count < 2 || Set(element.parameters.map(\.name)).count == element.parameters.count
        else { return false }
        return element.parameters.allSatisfy { parameter in
            switch parameter.name {
            case serverNoTakeover, clientNoTakeover: return parameter.value == nil
            case clientWindow where isOffer && parameter.value == nil: return true
            case serverWindow, clientWindow: return bits(parameter.value) != nil
            default: return false
            }
        }
    }

    /// The rules broken by a response that exceeds an offer, or omits something that it demands.
    private static func misfits(_ answer: Terms, _ offer: Terms) -> [OpeningViolation] {
        var violations: [OpeningViolation] = []
        if answer.hasClientWindow, !offer.hasClientWindow { violations.append(.deflateClientWindowNotOffered) }
        // RFC 7692 7.1.2.1: the server accepts with the same window or a smaller one.
        if let most = offer.serverWindow, answer.serverWindow ?? 15 > most {
            violations.append(.deflateServerWindowTooLarge)
        }
        // RFC 7692 7.1.1.1: the server accepts with the same parameter in the response.
        if offer.givesUpServerContext, !answer.givesUpServerContext {
            violations.append(.deflateServerTakeoverKept)
        }
        return violations
    }

    /// Parses a window size (RFC 7692 7.1.2): 8 to 15, without leading zeros.
    private static func bits(_ value: String?) -> Int? {
        guard let value, value.utf8.first != UInt8(ascii: "0"), value.utf8.first != UInt8(ascii: "+") else {
            return nil
        }
        return Int(value).flatMap { (8...15).contains($0) ? $0 : nil }
    }
}

extension WebSocketExtension {
    fileprivate var isDeflate: Bool { name == DeflateParameters.extensionName }
}
