/// An upgrade request and what came of it.
public struct UpgradeAnswer: Hashable, Sendable {
    /// What came of a request.
    public enum Verdict: Hashable, Sendable {
        /// 101 to WebSocket: both streams are frames from here on.
        case accepted
        /// Any other final status: HTTP goes on.
        case refused
        /// 101, but not to WebSocket as RFC 6455 has it, or to a draft whose frames differ: nothing is followed.
        case switchedElsewhere
        /// The client went on with another request, and the capture lacks the answer to this one.
        case lost
    }

    /// What came of it.
    public var verdict: Verdict
    /// The request.
    public var request: UpgradeRequest
    /// The final response; nil when the capture lacks it.
    public var response: UpgradeResponse?
    /// Whether Sec-WebSocket-Accept is the one for the key; nil unless the status is 101.
    public var isAcceptValid: Bool?
    /// The rules the response breaks, each once; empty unless accepted.
    public var violations: [UpgradeViolation]

    /// The negotiated subprotocol: the first that the response names, when accepted.
    public var subprotocol: String? { verdict == .accepted ? response?.subprotocols.first : nil }

    /// The negotiated extensions: those that the response names, when accepted.
    public var extensions: [WebSocketExtension] { verdict == .accepted ? response?.extensions ?? [] : [] }
}

extension UpgradeAnswer {
    /// A request whose answer the capture lacks.
    init(lost request: UpgradeRequest) {
        self.init(verdict: .lost, request: request, response: nil, isAcceptValid: nil, violations: [])
    }

    /// Judges a final response (RFC 6455 4.1, "If the response does not…").
    init(_ request: consuming UpgradeRequest, response: consuming UpgradeResponse) {
        var verdict = Verdict.refused
        var isAcceptValid: Bool?
        var violations: [UpgradeViolation] = []
        if response.status == 101 {
            let isValid = response.accept != nil && response.accept == request.key.map(WebSocketAccept.value(for:))
            isAcceptValid = isValid
            if request.draft == nil, response.namesWebSocket || !response.hasUpgrade && isValid {
                verdict = .accepted
                violations = Self.violations(of: response, to: request, isAcceptValid: isValid)
            } else {
                verdict = .switchedElsewhere
            }
        }
        self.init(
            verdict: verdict, request: request, response: response, isAcceptValid: isAcceptValid,
            violations: violations)
    }

    /// What a response breaks that accepts an upgrade.
    private static func violations(
        of response: borrowing UpgradeResponse, to request: borrowing UpgradeRequest, isAcceptValid: Bool
    ) -> [UpgradeViolation] {
        var violations: [UpgradeViolation] = []
        if !response.hasUpgrade { violations.append(.upgradeHeaderMissing) }
        if !response.namesUpgrade { violations.append(.connectionHeaderMissing) }
        if response.accept == nil {
            violations.append(.acceptMissing)
        } else if !isAcceptValid {
            violations.append(.acceptWrong)
        }
        if response.isAcceptRepeated { violations.append(.acceptRepeated) }
        if response.areExtensionsMalformed { violations.append(.extensionsMalformed) }
        if !response.extensions.isEmpty {
            let offered = request.extensions.map(\.name)
            if !Set(response.extensions.map(\.name)).isSubset(of: offered) { violations.append(.extensionNotOffered) }
            violations += DeflateNegotiation.violations(of: response.extensions, to: request.extensions)
        }
        if response.subprotocols.count > 1 { violations.append(.subprotocolRepeated) }
        if !response.subprotocols.isEmpty, !Set(response.subprotocols).isSubset(of: request.subprotocols) {
            violations.append(.subprotocolNotOffered)
        }
        return violations
    }
}
