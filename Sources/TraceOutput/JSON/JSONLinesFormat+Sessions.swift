import CaptureAnalysis
import PacketDecoding
import WebSocketProtocol
import WireFormat

/// The lines that come once or twice a connection.
extension JSONLinesFormat {
    mutating func write(_ start: borrowing ConnectionStart) {
        output.append(",\"client\":")
        output.append(json: start.client)
        output.append(",\"server\":")
        output.append(json: start.server)
        output.append(",\"community_id\":")
        output.append(jsonString: start.communityID)
        output.append(",\"opened\":")
        output.append(jsonString: start.opening.rawValue)
        output.append(",\"link_type\":")
        output.append(jsonString: start.linkType.name)
        output.append(",\"interface\":")
        output.append(jsonString: start.interface)
        output.append(",\"tcp\":{\"syn_packet\":")
        output.append(decimalOrNull: start.tcp.syn?.packet)
        output.append(",\"syn_ack_packet\":")
        output.append(decimalOrNull: start.tcp.synAck?.packet)
        output.append(",\"ack_packet\":")
        output.append(decimalOrNull: start.tcp.ack?.packet)
        output.append(",\"connect_time\":")
        output.append(secondsOrNull: start.tcp.connectTime)
        output.append("},\"encrypted\":null")
    }

    mutating func write(_ handshake: borrowing Handshake) {
        output.append(",\"accepted\":")
        output.append(boolean: handshake.isAccepted)
        output.append(",\"status\":")
        if let status = handshake.status { output.append(decimal: Int64(status)) } else { output.append("null") }
        output.append(",\"url\":")
        output.append(jsonString: handshake.url)
        output.append(",\"http_version\":")
        output.append(jsonString: handshake.httpVersion)
        output.append(",\"request_headers\":")
        output.append(json: handshake.requestHeader)
        output.append(",\"response_headers\":")
        output.append(json: handshake.responseHeader)
        output.append(",\"subprotocol\":")
        output.append(jsonString: handshake.subprotocol)
        output.append(",\"extensions_offered\":")
        output.append(json: handshake.offeredExtensions)
        output.append(",\"extensions\":")
        output.append(json: handshake.extensions)
        output.append(",\"accept_valid\":")
        if let isValid = handshake.isAcceptValid { output.append(boolean: isValid) } else { output.append("null") }
        output.append(",\"request_packet\":")
        output.append(decimal: handshake.requestPacket)
        output.append(",\"response_packet\":")
        output.append(decimalOrNull: handshake.responsePacket)
        output.append(",\"response_time\":")
        output.append(secondsOrNull: handshake.responseTime)
    }

    mutating func write(_ end: borrowing SessionEnd) {
        output.append(",\"verdict\":")
        output.append(json: end.verdict)
        output.append(",\"close_events\":{\"client\":")
        output.append(json: end.verdict.clientEvent)
        output.append(",\"server\":")
        output.append(json: end.verdict.serverEvent)
        output.append("},\"ready_states\":{\"client\":")
        output.append(json: end.clientReadyStates)
        output.append(",\"server\":")
        output.append(json: end.serverReadyStates)
        output.append("},\"duration\":")
        output.append(seconds: end.duration)
        output.append(",\"from_client\":")
        output.append(json: end.fromClient)
        output.append(",\"from_server\":")
        output.append(json: end.fromServer)
        output.append(",\"ping_round_trip\":")
        output.append(json: end.pingRoundTrip)
        output.append(",\"tcp\":")
        output.append(json: end.tcp)
        write(end.compression)
    }
}

extension OutputBuffer {
    fileprivate mutating func append(json endpoint: Endpoint) {
        append("{\"ip\":")
        append(jsonString: String(describing: endpoint.address))
        append(",\"port\":")
        append(decimal: UInt64(endpoint.port))
        append("}")
    }

    fileprivate mutating func append(json header: borrowing HTTPFields) {
        append("[")
        var separator: StaticString = "["
        header.forEach { name, value in
            append(separator)
            append(jsonText: name)
            append(",")
            append(jsonText: value)
            append("]")
            separator = ",["
        }
        append("]")
    }

    fileprivate mutating func append(json extensions: [WebSocketExtension]) {
        append("[")
        var separator: StaticString = ""
        for element in extensions {
            append(separator)
            append(json: element)
            separator = ","
        }
        append("]")
    }

    private mutating func append(json element: WebSocketExtension) {
        append("{\"name\":")
        append(jsonString: element.name)
        append(",\"parameters\":[")
        var separator: StaticString = "["
        for parameter in element.parameters {
            append(separator)
            append(jsonString: parameter.name)
            append(",")
            append(jsonString: parameter.value)
            append("]")
            separator = ",["
        }
        append("]}")
    }

    fileprivate mutating func append(json verdict: SessionEnd.Verdict) {
        append("{\"by\":")
        append(jsonString: verdict.by.rawValue)
        append(",\"layer\":")
        append(jsonString: verdict.layer.rawValue)
        append(",\"clean\":")
        append(boolean: verdict.isClean)
        append(",\"code\":")
        append(code: verdict.code, nameKey: ",\"name\":")
        append(",\"reason\":")
        append(jsonString: verdict.reason)
        append(",\"client_sees\":")
        append(decimalOrNull: verdict.clientSees.map { UInt64($0.rawValue) })
        append(",\"server_sees\":")
        append(decimalOrNull: verdict.serverSees.map { UInt64($0.rawValue) })
        append(",\"silence\":")
        append(secondsOrNull: verdict.silence)
        append(",\"unanswered_pings\":")
        append(decimal: verdict.unansweredPings)
        append(",\"failed_by\":")
        append(json: verdict.failure?.by)
        append(",\"failed_over\":")
        append(jsonString: verdict.failure?.violation?.rule)
        append("}")
    }

    fileprivate mutating func append(json role: Role?) {
        switch role {
        case .client: append("\"client\"")
        case .server: append("\"server\"")
        case nil: append("null")
        }
    }

    fileprivate mutating func append(json event: CloseEvent?) {
        guard let event else {
            append("null")
            return
        }
        append("{\"code\":")
        append(code: event.code, nameKey: ",\"name\":")
        append(",\"reason\":")
        append(jsonString: event.reason)
        append(",\"was_clean\":")
        if let wasClean = event.wasClean { append(boolean: wasClean) } else { append("null") }
        append("}")
    }

    fileprivate mutating func append(json changes: [SessionEnd.ReadyStateChange]) {
        append("[")
        var separator: StaticString = "{\"state\":"
        for change in changes {
            append(separator)
            append(jsonString: change.state.rawValue)
            append(",\"elapsed\":")
            append(seconds: change.elapsed)
            append("}")
            separator = ",{\"state\":"
        }
        append("]")
    }

    /// The six opcodes of RFC 6455 always stand in `frames_by_opcode`, reserved ones when there were any.
    fileprivate mutating func append(json traffic: SessionEnd.Traffic) {
        append("{\"frames\":")
        append(decimal: traffic.frames)
        append(",\"messages\":")
        append(decimal: traffic.messages)
        append(",\"payload_bytes\":")
        append(decimal: traffic.payloadBytes)
        append(",\"wire_bytes\":")
        append(decimal: traffic.wireBytes)
        append(",\"frames_by_opcode\":")
        var separator: StaticString = "{\""
        for value in traffic.framesByOpcode.indices {
            let opcode = Opcode(rawValue: UInt8(value))
            guard !opcode.isReserved || traffic.framesByOpcode[value] > 0 else { continue }
            append(separator)
            append(name: opcode)
            append("\":")
            append(decimal: traffic.framesByOpcode[value])
            separator = ",\""
        }
        append("},\"message_interval\":")
        append(json: traffic.messageInterval)
        append("}")
    }

    fileprivate mutating func append(json durations: SessionEnd.Durations?) {
        append("{\"count\":")
        append(decimal: durations?.count ?? 0)
        append(",\"min\":")
        append(secondsOrNull: durations?.min)
        append(",\"p50\":")
        append(secondsOrNull: durations?.p50)
        append(",\"p90\":")
        append(secondsOrNull: durations?.p90)
        append(",\"p99\":")
        append(secondsOrNull: durations?.p99)
        append(",\"max\":")
        append(secondsOrNull: durations?.max)
        append("}")
    }

    fileprivate mutating func append(json health: SessionEnd.TCPHealth) {
        append("{\"retransmitted_segments\":")
        append(decimal: health.retransmittedSegments)
        append(",\"out_of_order_segments\":")
        append(decimal: health.outOfOrderSegments)
        append(",\"gap_bytes\":")
        append(decimal: health.gapBytes)
        append(",\"fin_packets\":[")
        var separator: StaticString = ""
        for packet in health.finPackets {
            append(separator)
            append(decimal: packet)
            separator = ","
        }
        append("],\"rst_packet\":")
        append(decimalOrNull: health.resetPacket)
        append(",\"rst_from\":")
        append(json: health.resetFrom)
        append(",\"unanswered_from\":")
        append(json: health.unanswered?.from)
        append(",\"unanswered_segments\":")
        append(decimal: health.unanswered?.segments ?? 0)
        append(",\"unanswered_for\":")
        append(secondsOrNull: health.unanswered?.span)
        append("}")
    }
}
