package import WireFormat

/// An upgrade request and its outcome.
///
/// An object, like the request: large, rare, and passed on several times.
package final class UpgradeAnswer: Sendable {
    /// The outcome of a request.
    package enum Verdict: Hashable, Sendable {
        /// 101 to WebSocket: both streams are frames from here on.
        case accepted
        /// Any other final status: HTTP goes on.
        case refused
        /// 101, but not to WebSocket as in RFC 6455, or to a draft whose frames differ: the streams are not followed
        /// any further.
        case switchedElsewhere
        /// The client continued with another request, and the answer to this one is missing from the capture.
        case lost
    }

    /// The outcome.
    package let verdict: Verdict
    /// The request.
    package let request: UpgradeRequest
    /// The final response; nil if it is missing from the capture.
    package let response: UpgradeResponse?
    /// Whether Sec-WebSocket-Accept matches the key; nil unless the status is 101 and the request is known.
    package let isAcceptValid: Bool?
    /// The rules the response breaks, each once; empty unless accepted.
    package let violations: [UpgradeViolation]

    /// Whether Sec-WebSocket-Accept has the form of a right one, and the request that would show it is not known.
    package var mayBeProven: Bool {
        guard !request.isSeen, let accept = response?.accept else { return false }
        return WebSocketAccept.isAccept(accept)
    }

    /// Creates the outcome of a request whose answer is missing from the capture.
    package init(lost request: UpgradeRequest) {
        verdict = .lost
        self.request = request
        response = nil
        isAcceptValid = nil
        violations = []
    }

    /// Creates the outcome of an answer whose request is missing from the capture.
    init(unasked response: UpgradeResponse) {
        verdict = .accepted
        request = .unseen
        isAcceptValid = nil
        violations = response.violations(isAcceptValid: true)
        self.response = response
    }

    /// Judges a final response (RFC 6455 4.1, "If the response does not…").
    init(_ request: UpgradeRequest, response: consuming UpgradeResponse) {
        var verdict = Verdict.refused
        var isAcceptValid: Bool?
        var violations: [UpgradeViolation] = []
        if response.status == 101 {
            let isValid = response.accept != nil && response.accept == request.key.map(WebSocketAccept.value(for:))
            isAcceptValid = isValid
            if request.draft == nil, response.namesWebSocket || isValid {
                verdict = .accepted
                violations = response.violations(isAcceptValid: isValid)
            } else {
                verdict = .switchedElsewhere
            }
        }
        self.verdict = verdict
        self.request = request
        self.response = response
        self.isAcceptValid = isAcceptValid
        self.violations = violations
    }
}

extension UpgradeAnswer: Hashable {
    package static func == (left: UpgradeAnswer, right: UpgradeAnswer) -> Bool {
        // Everything else is derived from these.
        left === right
            || left.verdict == right.verdict && left.request == right.request && left.response == right.response
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(verdict)
        hasher.combine(request)
        hasher.combine(response)
    }
}

/// The final response to an upgrade request (RFC 6455 4.2.2), as HTTP/1.1 sees it.
package struct UpgradeResponse: Hashable, Sendable {
    /// The status: 101, or why not.
    package var status: Int
    /// The version of HTTP: "1.1", "1.0".
    package var httpVersion: String
    /// The header fields.
    package var header: HTTPFields
    /// The value of Sec-WebSocket-Accept.
    package var accept: String?
    /// Whether there is an Upgrade field.
    var hasUpgrade: Bool
    /// Whether an Upgrade field names WebSocket.
    var namesWebSocket: Bool
    /// Whether a Connection field names the upgrade.
    var namesUpgrade: Bool
    /// Whether Sec-WebSocket-Accept occurs more than once.
    var isAcceptRepeated: Bool
    /// Whether there is a field that frames a body.
    var hasBodyField: Bool
}

extension UpgradeResponse {
    /// Reads the complete head of a response whose first line is `line`.
    init(_ line: StatusLine, _ facts: HeadFacts, head: Span<UInt8>) {
        let fields = facts.upgrade
        hasBodyField = facts.hasBodyField
        header = HTTPFields(head, after: line.end, marks: fields.negotiation)
        status = line.status
        httpVersion = head.string(line.version)
        accept = fields.accept?.text(in: head)
        isAcceptRepeated = fields.acceptCount > 1
        hasUpgrade = fields.hasUpgrade
        namesWebSocket = fields.namesWebSocket
        namesUpgrade = fields.namesUpgrade
    }

    /// The rules that the response breaks if it accepts an upgrade.
    fileprivate func violations(isAcceptValid: Bool) -> [UpgradeViolation] {
        var violations: [UpgradeViolation] = []
        if !namesWebSocket { violations.append(.upgradeHeaderMissing) }
        if !namesUpgrade { violations.append(.connectionHeaderMissing) }
        if accept == nil {
            violations.append(.acceptMissing)
        } else if !isAcceptValid {
            violations.append(.acceptWrong)
        }
        if isAcceptRepeated { violations.append(.acceptRepeated) }
        if httpVersion < "1.1" { violations.append(.responseVersion) }
        if hasBodyField { violations.append(.bodyIn101) }
        return violations
    }
}

/// Sec-WebSocket-Key and the Sec-WebSocket-Accept that answers it (RFC 6455 4.2.2, item 5.4).
package enum WebSocketAccept {
    /// What is appended to a key before it is hashed (RFC 6455 1.3).
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The right Sec-WebSocket-Accept for a key.
    package static func value(for key: String) -> String {
        SHA1.base64(of: (key + suffix).utf8.span)
    }

    /// Whether a key is 16 bytes in base64 (RFC 6455 4.1, item 7): 22 digits and two padding characters.
    static func isKey(_ key: String) -> Bool {
        let bytes = key.utf8.span
        guard bytes.count == 24 else { return false }
        for index in 0..<22 where !isDigit(bytes[index]) { return false }
        return bytes[22] == UInt8(ascii: "=") && bytes[23] == UInt8(ascii: "=")
    }

    /// Whether an Accept is 20 bytes in base64: 27 digits and a padding character.
    static func isAccept(_ accept: String) -> Bool {
        let bytes = accept.utf8.span
        guard bytes.count == 28, bytes[27] == UInt8(ascii: "=") else { return false }
        for index in 0..<27 where !isDigit(bytes[index]) { return false }
        return true
    }

    /// Whether a byte is a digit of base64 (RFC 4648 4).
    private static func isDigit(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
    }
}
