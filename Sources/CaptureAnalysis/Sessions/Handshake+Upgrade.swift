import WebSocketProtocol
import WireFormat

extension Handshake {
    /// The event of a request and, unless it was never answered, its answer.
    ///
    /// `asked` is where the request stood; `answered` the packet that completed the answer, and its time.
    init(
        _ request: UpgradeRequest, _ answer: UpgradeAnswer?,
        asked: (packet: UInt64, time: Timestamp, elapsed: Int64), answered: (packet: UInt64, time: Timestamp)
    ) {
        let response = answer?.response
        self.init(
            isAccepted: answer?.verdict == .accepted, status: response?.status, url: request.url,
            target: request.target, host: request.host, httpVersion: request.httpVersion, version: request.version,
            requestHeader: request.header, responseHeader: response?.header ?? HTTPFields([]),
            subprotocol: answer?.subprotocol, offeredExtensions: request.extensions,
            extensions: answer?.extensions ?? [], isAcceptValid: answer?.isAcceptValid, requestPacket: asked.packet,
            responsePacket: response.map { _ in answered.packet },
            responseTime: response.map { _ in answered.time.nanoseconds(since: asked.time) },
            requestElapsed: asked.elapsed)
    }
}
