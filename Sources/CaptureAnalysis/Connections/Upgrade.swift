import HTTPUpgrade
import WebSocketProtocol
import WireFormat

/// An upgrade to WebSocket: the HTTP exchange, and what the two ends negotiated in it.
///
/// HTTPUpgrade knows the exchange, WebSocketProtocol what its fields mean; here they meet.
final class Upgrade {
    /// The request and its answer, as HTTP sees them.
    let answer: UpgradeAnswer
    /// What the request offers.
    let offer: OpeningOffer
    /// What the answer selects; nil unless it accepts.
    let selection: OpeningAnswer?
    /// When the request was complete.
    let asked: HeadMoment

    /// The packet that completed the answer, or the request if that was captured later; nil if there is none.
    let answered: Origin?
    /// Whether bytes that are no part of it stand before the response.
    var hasBytesBeforeHead = false
    /// Whether text, not a frame, follows the response's head.
    var hasTextAfterHead = false

    /// Reads what was negotiated in a request and the answer to it, if there was one.
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

    /// The request, as HTTP sees it.
    var request: HTTPRequest { answer.request }

    /// Whether the session was opened.
    var isAccepted: Bool { selection != nil }

    /// "ws://HOST/PATH" as the request names it; nil if the capture lacks the request.
    var knownURL: String? { request.isSeen ? request.url : nil }

    /// The first rule that an end breaks in it and over which the other may fail the connection.
    ///
    /// - Returns: The rule, and whether it is a lesser one, which some fail the connection over and others put up with:
    ///   browsers do not put up with no subprotocol. Without another rule, a lesser one counts. nil if there is none.
    func brokenRule(of role: Role) -> (rule: Rule, isLesser: Bool)? {
        let negotiated = role == .client ? offerViolations : selectionViolations
        let lesser = negotiated.first(where: Self.lesserViolations.contains).map { Rule($0) }
        return (gravestRule(of: role, negotiated) ?? lesser).map { ($0, $0 == lesser) }
    }

    private static let lesserViolations: [OpeningViolation] = [.versionNot13, .extensionsRepeated, .subprotocolNone]

    /// The first rule that nobody need put up with.
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

    /// The rules that the offer breaks, if the capture has it.
    var offerViolations: [OpeningViolation] { request.isSeen ? offer.violations : [] }

    /// The rules that the selection breaks; only those that need no offer if the capture lacks that.
    var selectionViolations: [OpeningViolation] {
        let violations = selection?.violations ?? []
        guard !request.isSeen else { return violations }
        let alone: [OpeningViolation] = [.fieldEmpty, .extensionsRepeated, .extensionsMalformed, .subprotocolRepeated]
        return violations.filter(alone.contains)
    }

    /// The negotiated extensions.
    var extensions: [WebSocketExtension] { selection?.extensions ?? [] }
}

/// When a head was complete.
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
    ///   - upgrade: The request and its answer.
    ///   - answered: The packet that completed the answer.
    ///   - identity: What names the session.
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
                // None is negative, whatever the capture's clock does.
                let time = answered.time.nanoseconds(since: upgrade.asked.origin.time)
                return request.isSeen && time >= 0 ? time : nil
            },
            requestElapsed: upgrade.asked.elapsed, method: request.method, responseHTTPVersion: response?.httpVersion,
            identity: identity, key: request.key)
    }
}
