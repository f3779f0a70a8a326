import WebSocketProtocol
import WireFormat

extension Handshake {
    /// The event of a request and, unless it was never answered, its answer.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - answer: Its answer; nil if there was none.
    ///   - asked: When the request was complete.
    ///   - answered: The packet that completed the answer.
    init(
        _ request: UpgradeRequest, _ answer: UpgradeAnswer?,
        asked: UpgradeMoment, answered: Origin
    ) {
        let response = answer?.response
        self.init(
            isAccepted: answer?.verdict == .accepted, status: response?.status, url: request.url,
            target: request.target, host: request.host, httpVersion: request.httpVersion, version: request.version,
            requestHeader: request.header, responseHeader: response?.header ?? HTTPFields([]),
            subprotocol: answer?.subprotocol, offeredExtensions: request.extensions,
            extensions: answer?.extensions ?? [], isAcceptValid: answer?.isAcceptValid, requestPacket: asked.origin.packet,
            responsePacket: response.map { _ in answered.packet },
            responseTime: response.map { _ in answered.time.nanoseconds(since: asked.origin.time) },
            requestElapsed: asked.elapsed)
    }
}
