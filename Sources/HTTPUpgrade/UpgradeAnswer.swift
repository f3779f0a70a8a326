import WireFormat

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
    package let request: HTTPRequest
    /// The final response; nil if it is missing from the capture.
    package let response: HTTPResponse?
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
    package init(lost request: HTTPRequest) {
        verdict = .lost
        self.request = request
        response = nil
        isAcceptValid = nil
        violations = []
    }

    /// Creates the outcome of an answer whose request is missing from the capture.
    init(unasked response: HTTPResponse) {
        verdict = .accepted
        request = .unseen
        isAcceptValid = nil
        violations = response.violations(isAcceptValid: true)
        self.response = response
    }

    /// Judges a final response (RFC 6455 4.1, "If the response does not…").
    init(_ request: HTTPRequest, response: consuming HTTPResponse) {
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
