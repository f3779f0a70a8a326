import CaptureAnalysis
import PacketDecoding
import TestSupport
import Testing
import WebSocketProtocol

@Suite("The totals of a capture")
struct TotalsTests {
    /// A SYN, and the RST that refuses it if there is one.
    private func attempt(_ client: String, to server: String, isRefused: Bool) -> [TimedPacket] {
        var talk = TCPConversation(from: client, to: server)
        talk.open()
        talk.reset(from: .server)
        return isRefused ? [talk.packets[0], talk.packets[3]] : [talk.packets[0], talk.packets[0]]
    }

    @Test("The totals name the servers that refuse connections, and those that do not answer")
    func failedConnections() throws {
        var packets: [TimedPacket] = []
        for port in 1...3 { packets += attempt("10.0.0.7:500\(port)", to: "10.0.0.9:81", isRefused: true) }
        for port in 1...2 { packets += attempt("10.0.0.7:600\(port)", to: "10.0.0.8:82", isRefused: false) }
        // Opened but never used: neither refused nor unanswered.
        var silent = TCPConversation(from: "10.0.0.7:7001", to: "10.0.0.8:82")
        silent.open()
        // The same, but the capture has only one direction.
        var half = TCPConversation(from: "10.0.0.7:7002", to: "10.0.0.8:82")
        half.open()
        packets += silent.packets + [half.packets[0], half.packets[2]]
        let summary = try Analysis(packets).summary
        #expect(summary.others.silent == 7 && summary.others.refused == 3 && summary.others.unanswered == 2)
        var refusing = ServerTraffic(server: Endpoint("10.0.0.9:81"))
        refusing.refusedConnections = 3
        var silentServer = ServerTraffic(server: Endpoint("10.0.0.8:82"))
        silentServer.unansweredConnections = 2
        #expect(summary.servers == [refusing, silentServer])
    }

    @Test("The totals count sessions, refused and unanswered upgrades, polling and event streams by server")
    func servers() throws {
        var packets: [TimedPacket] = []
        func add(_ port: Int, _ request: String, _ response: String) {
            var talk = TCPConversation(from: "10.0.0.7:\(port)")
            talk.open()
            talk.send(request, from: .client)
            if !response.isEmpty { talk.send(response, from: .server) }
            talk.finish(first: .client)
            packets += talk.packets
        }
        let upgrade = TCPConversation.upgradeRequest()
        let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        add(1001, upgrade, TCPConversation.upgradeResponse())
        add(1002, upgrade, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        add(1003, upgrade, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        add(1004, upgrade, "")
        add(1005, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n\r\n", empty)
        add(1006, "POST /echo/0/abc/xhr_send HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", empty)
        add(
            1007, "GET /news HTTP/1.1\r\nHost: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 0\r\n\r\n")
        add(1008, "GET /page HTTP/1.1\r\nHost: a\r\n\r\n", empty)
        let summary = try Analysis(packets).summary
        #expect(summary.refusedUpgrades == 2 && summary.unansweredUpgrades == 1)
        var server = ServerTraffic(server: Endpoint("10.0.0.9:8080"))
        (server.sessions, server.refusedUpgrades, server.unansweredUpgrades) = (1, 2, 1)
        (server.polling, server.eventStreams) = (2, 1)
        #expect(summary.servers == [server])
    }

    @Test("The totals list 100 servers, those with most first, and count the rest")
    func manyServers() throws {
        var packets: [TimedPacket] = []
        for port in 1...120 {
            for client in 1...(port > 110 ? 2 : 1) {
                packets += attempt("10.0.0.7:\(5000 + client)", to: "10.0.0.9:\(port)", isRefused: true)
            }
        }
        let summary = try Analysis(packets).summary
        #expect(summary.servers.count == 100 && summary.otherServers == 20)
        #expect(summary.servers.prefix(11).map(\.refusedConnections) == [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1])
        #expect(summary.servers.first?.server == Endpoint("10.0.0.9:111"))
    }

    @Test("The totals group sessions by how they ended, and findings by rule")
    func endings() throws {
        var packets: [TimedPacket] = []
        for (number, code) in [1000, 1000, 1011, nil].enumerated() {
            var talk = TCPConversation(from: "10.0.0.7:\(5000 + number)")
            talk.openWebSocket()
            talk.send(WireFrame(1, [97], from: .server).bytes, from: .client)
            if let code {
                talk.send(WireFrame.close(UInt16(code), from: .server), from: .server)
                talk.send(WireFrame.close(UInt16(code), from: .client), from: .client)
            }
            talk.finish(first: .server)
            packets += talk.packets
        }
        let summary = try Analysis(packets).summary
        #expect(summary.endings.map(\.sessions) == [2, 1, 1])
        #expect(summary.endings.map(\.code?.rawValue) == [1000, 1011, nil])
        #expect(summary.endings.map(\.layer) == [.closeFrame, .closeFrame, .fin])
        #expect(summary.endings.map(\.clientSees?.rawValue) == [1000, 1011, 1006])
        #expect(summary.findingsByRule.contains(RuleCount(rule: "masking.client-unmasked", findings: 4)))
        #expect(
            summary.findingsByRule.reduce(0) { $0 + $1.findings } == summary.errors + summary.warnings + summary.notes)
    }

    /// A session from a client to a proxy, and from there to a server with a given port.
    ///
    /// The second request comes this many milliseconds later. The sequence numbers of the first connection begin at
    /// 1000.
    private func proxied(
        _ server: String, after milliseconds: Int64, client: String = "10.0.0.5:4000", sequence: UInt32 = 7000,
        firstToFinish first: (outer: ExpectedMessage.Sender, inner: ExpectedMessage.Sender) = (.client, .client)
    ) -> [TimedPacket] {
        var outer = TCPConversation(from: "10.0.0.7:5000", to: "10.0.0.5:80")
        outer.open()
        outer.send(TCPConversation.upgradeRequest(), from: .client)
        outer.wait(milliseconds: 1000)
        outer.send(TCPConversation.upgradeResponse(), from: .server)
        outer.finish(first: first.outer)
        var inner = TCPConversation(from: Endpoint(client), to: Endpoint(server), initialSequence: sequence)
        inner.wait(milliseconds: milliseconds)
        inner.openWebSocket()
        // It continues until the outer session is open.
        inner.wait(milliseconds: 2000)
        inner.finish(first: first.inner)
        return (outer.packets + inner.packets).sorted { $0.time < $1.time }
    }

    @Test("The totals pair the two sides of a proxy by their key")
    func proxies() throws {
        let summary = try Analysis(proxied("10.0.0.9:9000", after: 100)).summary
        // The inner upgrade is answered first, and so has number 1.
        #expect(summary.proxiedSessions == [ProxiedSession(connections: [2, 1])])
    }

    @Test(
        "The totals name the proxy that ended a session towards both ends",
        arguments: [
            (.server, .client, "10.0.0.5:80"), (.client, .client, nil), (.server, .server, nil),
            (.client, .server, nil),
        ] as [(ExpectedMessage.Sender, ExpectedMessage.Sender, String?)])
    func proxyThatEnds(outer: ExpectedMessage.Sender, inner: ExpectedMessage.Sender, proxy: String?) throws {
        let summary = try Analysis(proxied("10.0.0.9:9000", after: 100, firstToFinish: (outer, inner))).summary
        let session = try #require(summary.proxiedSessions.first)
        #expect(session.endedBy.map { "\($0)" } == proxy)
    }

    @Test("The totals pair the sides of two sessions that have the same key, in the order of their requests")
    func proxiesOfOneKey() throws {
        /// A connection whose request and response come after these milliseconds.
        func leg(_ client: String, _ server: String, _ request: Int64, _ response: Int64) -> [TimedPacket] {
            var talk = TCPConversation(
                from: Endpoint(client), to: Endpoint(server), initialSequence: UInt32(1000 * request))
            talk.open()
            talk.wait(milliseconds: request)
            talk.send(TCPConversation.upgradeRequest(), from: .client)
            talk.wait(milliseconds: response - request)
            talk.send(TCPConversation.upgradeResponse(), from: .server)
            return talk.packets
        }
        let packets =
            leg("10.0.0.7:5000", "10.0.0.5:80", 10, 80) + leg("10.0.0.8:5000", "10.0.0.5:80", 20, 90)
            + leg("10.0.0.5:4000", "10.0.0.9:9000", 30, 60) + leg("10.0.0.5:4001", "10.0.0.9:9000", 40, 70)
        let summary = try Analysis(packets.sorted { $0.time < $1.time }).summary
        #expect(
            summary.proxiedSessions == [ProxiedSession(connections: [3, 1]), ProxiedSession(connections: [4, 2])])
    }

    @Test("The totals pair the two sides of a NAT, whichever address it translates, by key and sequence numbers")
    func translatedAddresses() throws {
        for (client, server) in [("203.0.113.9:61000", "10.0.0.5:80"), ("10.0.0.7:5000", "10.0.0.9:8080")] {
            let packets = proxied(server, after: 0, client: client, sequence: 1000, firstToFinish: (.server, .client))
            let session = try #require(try Analysis(packets).summary.proxiedSessions.first)
            #expect(session.connections.sorted() == [1, 2] && session.isTranslated && session.endedBy == nil)
        }
    }

    @Test("The totals pair no sessions with the same server, and none whose upgrades do not overlap")
    func noProxies() throws {
        #expect(
            try Analysis(proxied("10.0.0.5:80", after: 100, client: "10.0.0.8:4000")).summary.proxiedSessions == [])
        #expect(try Analysis(proxied("10.0.0.9:9000", after: 2000)).summary.proxiedSessions == [])
    }
}
