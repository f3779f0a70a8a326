import WireFormat

extension UpgradeFollower {
    /// Reads on in an exchange with a SOCKS proxy.
    mutating func readProxy(
        _ step: SOCKSStep, _ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction
    ) -> Outcome? {
        guard step.isFromClient == (direction == .fromInitiator) else { return .waits }
        while let length = step.length(proxyMessage) {
            if proxyMessage.count == length {
                let result = step.result(proxyMessage)
                proxyMessage = []
                return enter(result)
            }
            guard offset < bytes.count else { return nil }
            let end = min(bytes.count, offset + length - proxyMessage.count)
            for index in offset..<end { proxyMessage.append(bytes[index]) }
            offset = end
        }
        return finish(.unknown)
    }

    private mutating func enter(_ result: SOCKSStep.Result) -> Outcome? {
        switch result {
        case .next(let step):
            phase = .proxy(step)
            return nil
        case .connected: return beginTunnel()
        case .refused: return finish(.proxy)
        case .broken: return finish(.unknown)
        }
    }

    /// Lets both streams begin afresh behind a proxy's consent.
    mutating func beginTunnel() -> Outcome? {
        proxies += 1
        guard proxies <= limits.proxies else { return finish(.tooManyProxies) }
        phase = .following
        // RFC 1928 3: it is the client that connects to a SOCKS proxy.
        tunnelClient = client ?? .fromInitiator
        client = nil
        isAwaitingAnswer = false
        outstanding = OutstandingRequests()
        streams = [MessageStream(), MessageStream()]
        return nil
    }
}
