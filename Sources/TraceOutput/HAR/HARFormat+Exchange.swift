import CaptureAnalysis
import PacketDecoding
import WireFormat

/// The HTTP part of an entry: request, answer, and how long they took.
extension HARFormat where Storage: ~Copyable {
    /// Begins a session's entry if its upgrade was accepted; otherwise prints an entry of its own.
    mutating func write(_ handshake: borrowing Handshake, of session: HARSession, at context: borrowing EventContext) {
        var timings = HARTimings()
        let request = Timestamp(nanoseconds: context.captureStart.adding(handshake.requestElapsed))
        let opening = session.isConnectionUsed ? nil : session.tcp.syn?.time
        if opening != nil, let connect = session.tcp.connectTime, connect >= 0, let ack = session.tcp.ack?.time {
            timings.connect = connect
            timings.send = max(0, request.nanoseconds(since: ack))
        }
        timings.wait = max(0, handshake.responseTime ?? 0)
        let start = timings.connect == nil ? request : opening ?? request
        session.isConnectionUsed = true
        guard handshake.isAccepted, !session.hasBegun else {
            return writePlain(handshake, of: session, context.session, started: start, timings)
        }
        session.isAccepted = true
        session.timings = timings
        session.answered = Timestamp(nanoseconds: request.adding(timings.wait))
        record.append("{")
        Self.write(session, context.session, started: start, &clock, to: &record)
        record.append(#","_resourceType":"websocket""#)
        record.append(handshake.heads, withoutRequest: session.unknownURL)
        beginMessages(of: session)
    }

    /// Begins the entry of a session whose upgrade was not captured.
    mutating func beginWithoutUpgrade(_ session: HARSession, _ id: SessionID) {
        record.append("{")
        Self.write(session, id, started: session.firstSeen, &clock, to: &record)
        record.append(#","_resourceType":"websocket","_urlUnknown":true"#)
        record.append(unseenExchangeWith: session.unknownURL)
        beginMessages(of: session)
    }

    /// Prints an upgrade that opened no session.
    private mutating func writePlain(
        _ handshake: borrowing Handshake, of session: HARSession, _ id: SessionID, started start: Timestamp,
        _ timings: HARTimings
    ) {
        finishPrinting()
        beginEntry()
        output.append("{")
        Self.write(session, id, started: start, &clock, to: &output)
        output.append(#","_resourceType":"other""#)
        output.append(handshake.heads, withoutRequest: session.unknownURL)
        output.append(timings)
        if handshake.isAnswerMissing {
            output.append(#","comment":""#)
            output.append(verbatim: handshake.missingAnswer)
            output.append("\"")
        } else if handshake.status == nil {
            output.append(#","comment":"never answered""#)
        }
        output.append("}")
    }

    /// Prints a request that polls, or one for an event stream, and its answer.
    mutating func write(_ exchange: borrowing HTTPExchange, at context: borrowing EventContext) {
        var timings = HARTimings()
        timings.wait = max(0, exchange.responseTime)
        let start = Timestamp(nanoseconds: context.captureStart.adding(exchange.requestElapsed))
        finishPrinting()
        beginEntry()
        output.append("{")
        // Its connection has no number.
        let connection = String(describing: exchange.client)
        Self.write(from: exchange.client, to: exchange.server, connection, started: start, &clock, to: &output)
        output.append(#","_resourceType":"#)
        output.append(exchange.isEventStream ? #""eventsource""# : #""xhr""#)
        output.append(exchange.heads, withoutRequest: "")
        output.append(timings)
        output.append("}")
    }

    private mutating func beginMessages(of session: HARSession) {
        session.hasBegun = true
        record.append(#","_webSocketMessages":["#)
        // With key 0 it comes first, even if later records have earlier times.
        keep(of: session, asControl: false, key: 0)
        record.append(#"],"_webSocketControl":["#)
        keep(of: session, asControl: true, key: 0)
    }

    private static func write(
        _ session: HARSession, _ id: SessionID, started start: Timestamp, _ clock: inout RFC3339Clock,
        to output: inout OutputBuffer
    ) {
        write(from: session.client, to: session.server, id.description, started: start, &clock, to: &output)
    }

    private static func write(
        from client: Endpoint, to server: Endpoint, _ connection: String, started start: Timestamp,
        _ clock: inout RFC3339Clock, to output: inout OutputBuffer
    ) {
        output.append(#""pageref":"page_1","startedDateTime":""#)
        clock.append(start, to: &output)
        output.append(#"","_connectionId":"#)
        output.append(jsonString: connection)
        output.append(#","connection":""#)
        output.append(decimal: UInt64(server.port))
        output.append(#"","serverIPAddress":"#)
        output.append(jsonString: String(describing: server.address))
        output.append(#","_clientAddress":"#)
        output.append(jsonString: String(describing: client))
    }
}

extension EventContext {
    /// The time of the capture's first packet.
    fileprivate var captureStart: Timestamp { Timestamp(nanoseconds: time.nanoseconds &- elapsed) }
}

extension Timestamp {
    fileprivate func adding(_ duration: Int64) -> Int64 { nanoseconds &+ duration }
}

extension OutputBuffer {
    /// Appends `time`, `timings` and the empty `cache`.
    mutating func append(_ timings: HARTimings) {
        append(#","time":"#)
        append(milliseconds: timings.total)
        append(#","timings":{"blocked":-1,"dns":-1,"connect":"#)
        if let connect = timings.connect { append(milliseconds: connect) } else { append("-1") }
        append(#","ssl":-1,"send":"#)
        append(milliseconds: timings.send)
        append(#","wait":"#)
        append(milliseconds: timings.wait)
        append(#","receive":"#)
        append(milliseconds: timings.receive)
        append(#"},"cache":{}"#)
    }

    /// Appends nanoseconds, which must not be negative, as milliseconds with six decimals.
    private mutating func append(milliseconds nanoseconds: Int64) {
        let (whole, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        append(decimal: whole)
        append(".")
        append(decimal: rest, digits: 6)
    }
}
