import HTTPUpgrade
import WebSocketProtocol
import WireFormat

/// An upgrade to WebSocket: the HTTP exchange, and what the two ends negotiated in it.
///
/// HTTPUpgrade knows the exchange, WebSocketProtocol what its fields mean; here they meet.
final class Upgrade {
    /// The request, as HTTP sees it.
    let request: UpgradeRequest
    /// What it offers.
    let offer: OpeningOffer
    /// The answer, as HTTP sees it; nil if there was none.
    let answer: UpgradeAnswer?
    /// What the answer selects; nil unless it accepts.
    let selection: OpeningAnswer?
    /// When the request was complete.
    let asked: UpgradeMoment

    /// Reads what was negotiated in a request and the answer to it.
    init(_ answer: UpgradeAnswer, asked: UpgradeMoment) {
        request = answer.request
        offer = OpeningOffer(answer.request.header)
        self.answer = answer
        self.asked = asked
        if answer.verdict == .accepted, let response = answer.response {
            selection = OpeningAnswer(response.header, to: offer)
        } else {
            selection = nil
        }
    }

    /// Reads what a request offers that was never answered.
    init(unanswered request: UpgradeRequest, asked: UpgradeMoment) {
        self.request = request
        offer = OpeningOffer(request.header)
        answer = nil
        selection = nil
        self.asked = asked
    }

    /// Whether the session was opened.
    var isAccepted: Bool { selection != nil }

    /// The first rule that an end breaks in it, and over which the other may fail the connection.
    func brokenRule(of role: Role) -> Rule? {
        let rules =
            role == .client
            ? request.violations.map { Rule($0) } + offer.violations.map { Rule($0) }
            : (answer?.violations ?? []).map { Rule($0) } + (selection?.violations ?? []).map { Rule($0) }
        return rules.first { $0.severity == .error }
    }

    /// The negotiated extensions.
    var extensions: [WebSocketExtension] { selection?.extensions ?? [] }
}

/// When a head was complete.
struct UpgradeMoment {
    var origin: Origin
    /// Nanoseconds since the capture's first packet.
    var elapsed: Int64
}

extension Handshake {
    /// The event of an upgrade.
    ///
    /// - Parameters:
    ///   - upgrade: The request and its answer.
    ///   - answered: The packet that completed the answer.
    init(_ upgrade: Upgrade, answered: Origin) {
        let request = upgrade.request
        let response = upgrade.answer?.response
        self.init(
            isAccepted: upgrade.isAccepted, status: response?.status, url: request.url,
            target: request.target, host: request.host, httpVersion: request.httpVersion,
            version: upgrade.offer.version,
            requestHeader: request.header, responseHeader: response?.header ?? HTTPFields([]),
            subprotocol: upgrade.selection?.subprotocols.first, offeredExtensions: upgrade.offer.extensions,
            extensions: upgrade.extensions, isAcceptValid: upgrade.answer?.isAcceptValid,
            requestPacket: upgrade.asked.origin.packet,
            responsePacket: response.map { _ in answered.packet },
            responseTime: response.map { _ in answered.time.nanoseconds(since: upgrade.asked.origin.time) },
            requestElapsed: upgrade.asked.elapsed)
    }
}
