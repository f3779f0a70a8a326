import CaptureAnalysis
import PacketDecoding
import WebSocketProtocol

/// The last line.
extension JSONLinesFormat {
    mutating func write(_ summary: borrowing Summary) {
        output.write(.packets, summary.packets)
        output.write(.bytes, summary.bytes)
        output.write(.tcpConnections, summary.tcpConnections)
        output.write(.webSocketConnections, summary.webSocketConnections)
        output.write(.frames, summary.frames)
        output.write(.messages, summary.messages)
        output.write(.payloadBytes, summary.payloadBytes)
        output.writeObject(.findings, (summary.notes, summary.warnings, summary.errors)) { output, counts in
            output.write(.note, counts.0)
            output.write(.warning, counts.1)
            output.write(.error, counts.2)
        }
        output.writeCounts(.findingsByRule, summary.findingsByRule.map { ($0.rule, $0.findings) })
        output.write(.gaps, summary.gaps)
        output.write(.unreadablePackets, summary.unreadablePackets)
        if summary.encrypted.total > 0 { output.writeEncrypted(.encryptedConnections, summary) }
        writeUnlessZero(.connectionsGivenUp, summary.connectionsGivenUp)
        output.write(.duration, seconds: summary.duration)
        output.write(.refusedUpgrades, summary.refusedUpgrades)
        output.write(.unansweredUpgrades, summary.unansweredUpgrades)
        output.write(.others, summary.others)
        output.writeObject(.compression, (summary.compressedSessions, summary.compression)) { output, value in
            let (sessions, compression) = value
            output.write(.sessions, sessions)
            output.write(.compressedMessages, compression.compressedMessages)
            output.write(.uncompressedMessages, compression.uncompressedMessages)
            output.write(.withheldMessages, compression.withheldMessages)
            output.write(.compressedBytes, compression.compressedBytes)
            output.write(.inflatedBytes, compression.inflatedBytes)
        }
        output.writeObjects(.endings, summary.endings) { output, ending in output.writeMembers(of: ending) }
        writeUnlessZero(.otherEndings, summary.otherEndings)
        output.writeObjects(.servers, summary.servers) { output, server in output.writeMembers(of: server) }
        writeUnlessZero(.otherServers, summary.otherServers)
        output.writeObjects(.proxiedSessions, summary.proxiedSessions) { output, session in
            output.writeArray(.connections, session.connections) { output, number in output.append(decimal: number) }
            if let proxy = session.endedBy { output.write(.endedBy, proxy) }
            if session.isTranslated { output.write(.translated, true) }
        }
        writeUnlessZero(.otherProxiedSessions, summary.otherProxiedSessions)
        output.writeObjects(.patterns, summary.patterns) { output, pattern in output.writeMembers(of: pattern) }
        writeUnlessZero(.uncomparedSessions, summary.uncomparedSessions)
        writeUnlessZero(.forgottenTimes, summary.forgottenTimes)
        guard let losses = summary.losses else { return }
        output.write(.droppedByKernel, losses.droppedByKernel)
        output.write(.droppedByInterface, losses.droppedByInterface)
        output.write(.undisplayedLines, losses.undisplayedLines)
    }

    private mutating func writeUnlessZero(_ key: JSONKey, _ count: UInt64) {
        if count > 0 { output.write(key, count) }
    }
}

extension OutputBuffer {
    /// Writes the TLS connections by how much of them was decrypted.
    fileprivate mutating func writeEncrypted(_ key: JSONKey, _ summary: borrowing Summary) {
        let values = (summary.encrypted, summary.encryptedServers, summary.otherEncryptedConnections)
        let patterns = summary.encryptedPatterns
        writeObject(key, values) { output, values in
            let (encrypted, servers, others) = values
            output.write(.total, encrypted.total)
            output.write(.decrypted, encrypted.decrypted)
            output.write(.noKeyLog, encrypted.noKeyLog)
            output.write(.noSecret, encrypted.noSecret)
            output.write(.wrongSecret, encrypted.wrongSecret)
            output.write(.unsupported, encrypted.unsupported)
            output.write(.noHandshake, encrypted.noHandshake)
            output.write(.incomplete, encrypted.incomplete)
            output.write(.http2, encrypted.http2)
            output.write(.encryptedHellos, encrypted.encryptedHellos)
            output.writeObjects(.servers, servers) { output, server in output.writeMembers(of: server) }
            output.write(.otherConnections, others)
            output.writeObjects(.patterns, patterns) { output, pattern in output.writeMembers(of: pattern) }
        }
    }

    /// Writes what was not decrypted of the connections with a server.
    private mutating func writeMembers(of server: EncryptedServer) {
        write(.name, server.name)
        write(.connections, server.connections)
        write(.bytesFromClients, server.bytesFromClients)
        write(.bytesFromServers, server.bytesFromServers)
        write(.longest, seconds: server.longest)
        for (key, list) in [
            (JSONKey.versions, server.versions), (.cipherSuites, server.cipherSuites), (.protocols, server.protocols),
        ] {
            writeArray(key, list) { output, text in output.append(jsonString: text) }
        }
        write(.encryptedHellos, server.encryptedHellos)
        write(.noSecret, server.withoutSecret)
        writeObjects(.endings, server.endings) { output, ending in
            output.write(.by, ending.by.rawValue)
            output.write(.layer, ending.layer.rawValue)
            output.write(.connections, ending.connections)
        }
    }

    /// Writes a pattern of endings; times that differ too much to form one are null.
    fileprivate mutating func writeMembers(of pattern: EndingPattern) {
        write(.server, String(describing: pattern.server))
        write(.by, pattern.by.rawValue)
        write(.layer, pattern.layer.rawValue)
        write(.sessions, pattern.sessions)
        write(.ended, pattern.ended)
        write(.silenceMin, seconds: pattern.silence?.lowerBound)
        write(.silenceMax, seconds: pattern.silence?.upperBound)
        if let end = pattern.silentEnd { write(.silentEnd, end) }
        write(.messageSilenceMin, seconds: pattern.messageSilence?.lowerBound)
        write(.messageSilenceMax, seconds: pattern.messageSilence?.upperBound)
        write(.lifetimeMin, seconds: pattern.lifetime?.lowerBound)
        write(.lifetimeMax, seconds: pattern.lifetime?.upperBound)
        if pattern.isAtOnce { write(.atOnce, true) }
    }

    /// Writes the TCP connections without WebSocket, and the packets without TCP.
    fileprivate mutating func write(_ key: JSONKey, _ others: OtherTraffic) {
        writeObject(key, others) { output, others in
            output.write(.tls, others.tls)
            output.write(.http2, others.http2)
            output.write(.http, others.http)
            output.write(.eventStreams, others.eventStreams)
            output.write(.polling, others.longPolling)
            output.write(.silent, others.silent)
            output.write(.refused, others.refused)
            output.write(.unanswered, others.unanswered)
            output.write(.unknown, others.unknown)
            output.write(.midstream, others.midstream)
            output.write(.packetsNotTCP, others.packetsNotTCP)
            output.write(.quicPackets, others.quicPackets)
            output.write(.fragments, others.fragments)
            let tunnels = others.tunnels.map { ($0.key.name, $0.value) }
            output.writeCounts(.tunnels, tunnels.sorted { $0.0 < $1.0 })
        }
    }

    /// Writes one way in which sessions ended.
    fileprivate mutating func writeMembers(of ending: EndingCount) {
        write(.by, ending.by.rawValue)
        write(.layer, ending.layer.rawValue)
        write(.clean, ending.isClean)
        write(.code, ending.code)
        write(.clientSees, ending.clientSees)
        write(.serverSees, ending.serverSees)
        write(.sessions, ending.sessions)
    }

    /// Writes the outcomes of the connections with a server.
    fileprivate mutating func writeMembers(of traffic: ServerTraffic) {
        writeMembers(of: traffic.server)
        write(.sessions, traffic.sessions)
        write(.refusedUpgrades, traffic.refusedUpgrades)
        write(.unansweredUpgrades, traffic.unansweredUpgrades)
        write(.refusedConnections, traffic.refusedConnections)
        write(.unansweredConnections, traffic.unansweredConnections)
        write(.polling, traffic.polling)
        write(.eventStreams, traffic.eventStreams)
    }

    /// Writes counts by name.
    fileprivate mutating func writeCounts(_ key: JSONKey, _ counts: [(String, UInt64)]) {
        writeObject(key, counts) { output, counts in
            for (name, count) in counts {
                output.append(",")
                output.append(jsonString: name)
                output.append(":")
                output.append(decimal: count)
            }
        }
    }
}
