extension Summary {
    /// Adds what a part of the analysis has counted on its connections; packets are counted where they are dealt.
    mutating func add(_ part: Summary) {
        tcpConnections &+= part.tcpConnections
        webSocketConnections &+= part.webSocketConnections
        frames &+= part.frames
        messages &+= part.messages
        payloadBytes &+= part.payloadBytes
        notes &+= part.notes
        warnings &+= part.warnings
        errors &+= part.errors
        gaps &+= part.gaps
        others.add(part.others)
    }
}

extension OtherTraffic {
    /// Adds the same of a part.
    fileprivate mutating func add(_ part: OtherTraffic) {
        tls &+= part.tls
        http2 &+= part.http2
        http &+= part.http
        eventStreams &+= part.eventStreams
        longPolling &+= part.longPolling
        silent &+= part.silent
        unknown &+= part.unknown
        midstream &+= part.midstream
        unsearched &+= part.unsearched
        oversizedHeads &+= part.oversizedHeads
        proxyChains &+= part.proxyChains
        searchesAbandoned &+= part.searchesAbandoned
        evicted &+= part.evicted
        waitedTooLong &+= part.waitedTooLong
    }
}
