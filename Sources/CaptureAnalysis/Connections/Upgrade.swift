import HTTPUpgrade
import WebSocketProtocol
import WireFormat

/// An upgrade to WebSocket: the HTTP exchange, and what the two ends negotiated in it.
///
/// HTTPUpgrade knows the exchange, and WebSocketProtocol knows what its fields mean; this type combines them.
final class Upgrade {
    /// The request and its response, as HTTP messages.
    let answer: UpgradeAnswer
    /// What the client offers in the request.
    let offer: OpeningOffer
    /// What the server selects in the response; nil unless it accepts.
    let selection: OpeningAnswer?
    /// When the request was complete.
    let asked: HeadMoment

    /// The packet that completed the response, or the request if that was captured later; nil if there is none.
    let answered: Origin?
    /// Whether bytes that belong to no response come before it.
    var hasBytesBeforeHead = false
    /// Whether the response's head is followed by text, not a frame.
    var hasTextAfterHead = false

    /// Reads what a request and its response, if there was one, negotiated.
    init(_ answer: UpgradeAnswer, asked: HeadMoment, answered: Origin? = nil) {
        self.answered = answered.map { $0.packet < asked.origin.packet ? asked.origin : $0 }
        offer = OpeningOffer(answer.request.header)
        self.answer = answer
        self.asked = asked
        if answer.verdict == .accepted, let response = answer.response {
            selection = OpeningAnswer(response.header, to: offer)
        } else {
            selection = nil
        }
    }

    /// The request, as an HTTP message.
    var request: HTTPRequest { answer.request }

    /// Whether the session was opened.
    var isAccepted: Bool { selection != nil }

    /// The request's "ws://HOST/PATH"; nil if the capture lacks the request.
    var knownURL: String? { request.isSeen ? request.url : nil }

    /// The first rule that an end breaks and over which the other may fail the connection.
    ///
    /// - Returns: The rule, and whether it is a lesser one, over which some fail the connection while others tolerate
    ///   it: browsers do not tolerate a missing subprotocol. A lesser rule counts only if no other is broken. nil if
    ///   there is none.
    func brokenRule(of role: Role) -> (rule: Rule, isLesser: Bool)? {
        let negotiated = role == .client ? offerViolations : selectionViolations
        let lesser = negotiated.first(where: Self.lesserViolations.contains).map { Rule($0) }
        return (gravestRule(of: role, negotiated) ?? lesser).map { ($0, $0 == lesser) }
    }

    private static let lesserViolations: [OpeningViolation] = [.versionNot13, .extensionsRepeated, .subprotocolNone]

    /// The first broken rule that no endpoint needs to tolerate.
    private func gravestRule(of role: Role, _ negotiated: [OpeningViolation]) -> Rule? {
        let violations = role == .client ? request.violations : answer.violations
        for violation in violations
        where Rule(violation).severity == .error || violation == .connectionHeaderMissing {
            return Rule(violation)
        }
        for violation in negotiated where Rule(violation).severity == .error { return Rule(violation) }
        if role == .server, hasBytesBeforeHead { return Rule(.bytesBeforeAnswer) }
        return role == .server && hasTextAfterHead ? Rule(.textAfterAnswer) : nil
    }

    /// The rules that the offer breaks; none if the capture lacks it.
    var offerViolations: [OpeningViolation] { request.isSeen ? offer.violations : [] }

    /// The rules that the selection breaks; if the capture lacks the offer, only those that can be judged without it.
    var selectionViolations: [OpeningViolation] {
        let violations = selection?.violations ?? []
        guard !request.isSeen else { return violations }
        let alone: [OpeningViolation] = [.fieldEmpty, .extensionsRepeated, .extensionsMalformed, .subprotocolRepeated]
        return violations.filter(alone.contains)
    }

    /// The negotiated extensions.
    var extensions: [WebSocketExtension] { selection?.extensions ?? [] }
}

/// The time at which a head was complete.
struct HeadMoment {
    var origin: Origin
    /// Nanoseconds since the capture's first packet.
    var elapsed: Int64

    init(_ origin: Origin, _ workspace: borrowing Workspace) {
        self.origin = origin
        elapsed = workspace.elapsed(origin.time)
    }
}

extension Handshake {
    /// The event of an upgrade.
    ///
    /// - Parameters:
    ///   - upgrade: The request and its response.
    ///   - answered: The packet that completed the response.
    ///   - identity: The identity of the session.
    init(_ upgrade: Upgrade, answered: Origin, _ identity: SessionIdentity) {
        let request = upgrade.request
        let response = upgrade.answer.response
        self.init(
            isAccepted: upgrade.isAccepted, status: response?.status, url: request.url,
            target: request.target, host: request.host,
            httpVersion: request.isSeen ? request.httpVersion : response?.httpVersion ?? "",
            version: upgrade.offer.version,
            requestHeader: request.header, responseHeader: response?.header ?? HTTPFields([]),
            subprotocol: upgrade.selection?.subprotocols.first, offeredExtensions: upgrade.offer.extensions,
            extensions: upgrade.extensions, isAcceptValid: upgrade.answer.isAcceptValid,
            requestPacket: request.isSeen ? upgrade.asked.origin.packet : 0,
            responsePacket: response.map { _ in answered.packet },
            responseTime: response.flatMap { _ in
                // Never negative, whatever the capture's clock does.
                let time = answered.time.nanoseconds(since: upgrade.asked.origin.time)
                return request.isSeen && time >= 0 ? time : nil
            },
            requestElapsed: upgrade.asked.elapsed, method: request.method, responseHTTPVersion: response?.httpVersion,
            identity: identity, key: request.key)
    }
}
