import CaptureAnalysis
import WebSocketProtocol

/// The line that ends a session.
extension JSONLinesFormat {
    mutating func write(_ end: borrowing SessionEnd) {
        output.write(.url, end.identity.url)
        output.write(.client, end.identity.client)
        output.write(.server, end.identity.server)
        output.write(.communityID, end.identity.communityID)
        output.write(.sessionID, end.identity.sessionID)
        output.write(.verdict, end.verdict)
        let (clientEvent, serverEvent) = (end.verdict.clientEvent, end.verdict.serverEvent)
        output.writeObject(.closeEvents, (clientEvent, serverEvent)) { output, events in
            output.write(.client, events.0)
            output.write(.server, events.1)
        }
        output.writeObject(.readyStates, (end.clientReadyStates, end.serverReadyStates)) { output, states in
            output.write(.client, states.0)
            output.write(.server, states.1)
        }
        output.write(.duration, seconds: end.duration)
        output.write(.fromClient, end.fromClient)
        output.write(.fromServer, end.fromServer)
        output.write(.pingRoundTrip, end.pingRoundTrip)
        output.write(.tcp, end.tcp)
        output.writeObject(.compression, end.compression) { output, compression in
            output.write(.fromClient, compression.client)
            output.write(.fromServer, compression.server)
        }
        if let origin = end.origin { write(origin) }
    }
}

extension OutputBuffer {
    /// Writes a verdict, as in the trace.
    mutating func write(_ key: JSONKey, _ verdict: SessionEnd.Verdict) {
        writeObject(key, verdict) { output, verdict in
            output.write(.by, verdict.by.rawValue)
            output.write(.layer, verdict.layer.rawValue)
            output.write(.clean, verdict.isClean)
            output.writeNamed(verdict.code)
            output.write(.reason, verdict.reason)
            output.write(.clientSees, verdict.clientSees)
            output.write(.serverSees, verdict.serverSees)
            output.write(.silence, seconds: verdict.silence)
            output.write(.messageSilence, seconds: verdict.messageSilence)
            output.write(.unansweredPings, verdict.unansweredPings)
            if verdict.uncertainPings > 0 { output.write(.uncertainPings, verdict.uncertainPings) }
            output.write(.failedBy, verdict.failure?.by)
            output.write(.failedOver, verdict.failure?.rule?.id)
            guard let tls = verdict.tls else { return }
            output.writeObject(.tls, tls) { output, tls in
                output.write(.alert, tls.fatalAlert?.name)
                output.write(.alertFrom, tls.fatalAlert?.from)
                output.write(.clientCloseNotify, tls.undecrypted == .client ? nil : tls.clientHasClosed)
                output.write(.serverCloseNotify, tls.undecrypted == .server ? nil : tls.serverHasClosed)
            }
        }
    }

    mutating func write(_ key: JSONKey, _ code: CloseCode?) {
        write(key, code.map { UInt64($0.rawValue) })
    }

    /// Writes a close code and its name; null for both if there is no code.
    mutating func writeNamed(_ code: CloseCode?) {
        write(.code, code)
        write(.name, code?.name)
    }

    fileprivate mutating func write(_ key: JSONKey, _ event: CloseEvent?) {
        writeObject(key, event) { output, event in
            output.writeNamed(event.code)
            output.write(.reason, event.reason)
            output.write(.wasClean, event.wasClean)
        }
    }

    fileprivate mutating func write(_ key: JSONKey, _ changes: [SessionEnd.ReadyStateChange]) {
        writeObjects(key, changes) { output, change in
            output.write(.state, change.state.rawValue)
            output.write(.elapsed, seconds: change.elapsed)
        }
    }

    fileprivate mutating func write(_ key: JSONKey, _ traffic: SessionEnd.Traffic) {
        writeObject(key, traffic) { output, traffic in
            output.write(.frames, traffic.frames)
            output.write(.messages, traffic.messages)
            output.write(.payloadBytes, traffic.payloadBytes)
            output.write(.wireBytes, traffic.wireBytes)
            output.writeObject(.framesByOpcode, traffic) { output, traffic in
                output.writeCounts(byOpcode: traffic)
            }
            output.write(.messageInterval, traffic.messageInterval)
        }
    }

    /// Writes the frames of each opcode, under its name: always the six of RFC 6455, and reserved ones if there were
    /// any.
    private mutating func writeCounts(byOpcode traffic: SessionEnd.Traffic) {
        for value in traffic.framesByOpcode.indices {
            let opcode = Opcode(rawValue: UInt8(value))
            guard !opcode.isReserved || traffic.framesByOpcode[value] > 0 else { continue }
            append(",\"")
            append(name: opcode)
            append("\":")
            append(decimal: traffic.framesByOpcode[value])
        }
    }

    fileprivate mutating func write(_ key: JSONKey, _ durations: SessionEnd.Durations?) {
        writeObject(key, (durations?.count ?? 0, durations)) { output, value in
            let (count, durations) = value
            output.write(.count, count)
            output.write(.min, seconds: durations?.min)
            output.write(.p50, seconds: durations?.p50)
            output.write(.p90, seconds: durations?.p90)
            output.write(.p99, seconds: durations?.p99)
            output.write(.max, seconds: durations?.max)
        }
    }

    fileprivate mutating func write(_ key: JSONKey, _ health: SessionEnd.TCPHealth) {
        writeObject(key, health) { output, health in
            output.write(.retransmittedSegments, health.retransmittedSegments)
            output.write(.outOfOrderSegments, health.outOfOrderSegments)
            output.write(.duplicateSegments, health.duplicateSegments)
            output.write(.gapBytes, health.gapBytes)
            output.writeArray(.finPackets, health.finPackets) { output, packet in output.append(decimal: packet) }
            output.write(.rstPacket, health.resetPacket)
            output.write(.rstFrom, health.resetFrom)
            output.write(.unansweredFrom, health.unanswered?.from)
            output.write(.unansweredSegments, health.unanswered?.segments ?? 0)
            output.write(.unansweredFor, seconds: health.unanswered?.span)
        }
    }

    fileprivate mutating func write(_ key: JSONKey, _ direction: SessionEnd.Compression) {
        writeObject(key, direction) { output, direction in
            output.write(.noContextTakeover, direction.parameters?.noContextTakeover)
            output.write(.maxWindowBits, direction.parameters.map { UInt64($0.maxWindowBits) })
            output.write(.compressedMessages, direction.compressedMessages)
            output.write(.uncompressedMessages, direction.uncompressedMessages)
            output.write(.withheldMessages, direction.withheldMessages)
            output.write(.compressedBytes, direction.compressedBytes)
            output.write(.inflatedBytes, direction.inflatedBytes)
            output.append(.ratio)
            if let ratio = direction.ratioInThousandths {
                output.append(decimal: ratio / 1000)
                output.append(".")
                output.append(decimal: ratio % 1000, digits: 3)
            } else {
                output.append("null")
            }
            output.write(.contextsLost, direction.contextsLost)
            output.write(.contextsRegained, direction.contextsRegained)
        }
    }
}
