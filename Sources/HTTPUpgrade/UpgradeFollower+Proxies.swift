import WireFormat

extension UpgradeFollower {
    /// Begins an exchange with a proxy; `bytes` of its first message were already read.
    mutating func beginProxy(_ step: SOCKSStep, _ direction: Direction, with bytes: [UInt8] = []) -> Outcome? {
        streams[direction.index].head = HeadCollector()
        phase = .proxy(ProxyExchange(step, with: bytes))
        return nil
    }

    /// Continues an exchange with a proxy.
    mutating func readProxy(
        _ bytes: Span<UInt8>, from offset: inout Int, _ direction: Direction
    ) -> Outcome? {
        guard case .proxy(var exchange) = phase else { return nil }
        guard exchange.isRead(from: direction) else { return .waits }
        // HTTP follows, unless the exchange goes on. (The assignment also makes `exchange` the only owner of its
        // bytes.)
        phase = .following
        switch exchange.read(bytes, from: &offset) {
        case .incomplete, .advanced:
            phase = .proxy(exchange)
            return nil
        case .connected: return beginTunnel()
        case .passed(let header):
            proxies.pass(header: header)
            return nil
        case .refused: return finish(.proxy)
        case .notProxy(let message): return beginPreamble(direction, with: message.span, from: 0)
        case .emptyLines:
            offset -= 1
            return nil
        }
    }

    /// Starts both streams over after a proxy has granted a tunnel.
    mutating func beginTunnel() -> Outcome? {
        // RFC 1928 3: the client is the end that connects to a SOCKS proxy.
        guard proxies.enterTunnel(of: client ?? .fromInitiator, limit: limits.proxies) else {
            return finish(.tooManyProxies)
        }
        phase = .following
        client = nil
        awaited.releaseClient()
        outstanding = OutstandingRequests()
        watched = nil
        streams = [MessageStream(), MessageStream()]
        return nil
    }
}
