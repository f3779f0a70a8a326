import PacketDecoding
import Testing
import WireFormat

@testable import CaptureAnalysis
@testable import TraceOutput
@testable import WebSocketProtocol

struct JSONLinesFormatTests {
    private static let common = #""time":"2026-11-20T17:24:00.001377000Z","elapsed":0.001377000,"packet":6"#
    private static let frameKeys = #""from":"client","stream_offset":180,"index":3"#
    /// The first 16 bytes of the SHA-1 that docs/trace-format.md defines, computed with Python's hashlib.
    private static let sessionID = "83b10ac867565e25451ba76effd82e0e"

    private static let endKeys =
        #""url":"ws://chat.example/room?id=7","client":{"ip":"10.0.0.7","port":53412},"server":{"ip":"10.0.0.9","#
        + #""port":8080},"community_id":"1:UfmReSlpuLOyewvEJZYkdiZEDI0=","session_id":"\#(sessionID)""#

    /// A line without the braces and the keys that all events share.
    private func keys(
        _ event: Event, _ payload: [UInt8] = [], options: JSONLinesFormat.Options = .init(), connection: UInt64 = 1
    ) -> String {
        let call = Call(6, 1377, event, bytes: payload, connection: connection)
        let line = printed([call], as: JSONLinesFormat(options: options))
        let start = #"{"event":"\#(EventKind(event).rawValue)",\#(Self.common),"#
        #expect(line.hasPrefix(start) && line.hasSuffix("}\n"), "\(line)")
        return String(line.dropFirst(start.count).dropLast(2))
    }

    @Test func `The capture line names format, version and sources`() {
        #expect(
            keys(
                .capture(CaptureStart(sources: ["a.pcap", "b\n.pcap"], start: Samples.time(1))), connection: 0)
                == #""format":"wstap-trace","version":1,"sources":["a.pcap","b\n.pcap"],"start":1795195440.000001000"#)
        #expect(keys(.capture(CaptureStart(sources: [])), connection: 0).hasSuffix(#""sources":[],"start":null"#))
    }

    @Test func `The connection line has both ends, the TCP handshake and the link type`() {
        #expect(
            keys(Samples.connection())
                == #""connection":1,"client":{"ip":"10.0.0.7","port":53412},"server":{"ip":"10.0.0.9","port":8080},"#
                + #""community_id":"1:UfmReSlpuLOyewvEJZYkdiZEDI0=","session_id":"\#(Self.sessionID)","opened":"handshake","link_type":"Ethernet","interface":null,"#
                + #""tcp":{"syn_packet":1,"syn_ack_packet":2,"ack_packet":3,"connect_time":0.000131000},"encrypted":null,"proxied":null"#
        )
        #expect(
            keys(Samples.connection(opening: .midstream)).hasSuffix(
                #""tcp":{"syn_packet":null,"syn_ack_packet":null,"ack_packet":null,"connect_time":null},"encrypted":null,"proxied":null"#
            ))
    }

    @Test func `The handshake line has both heads and what was negotiated`() {
        #expect(
            keys(Samples.handshake())
                == #""connection":1,"session_id":"\#(Self.sessionID)","accepted":true,"status":101,"answer_missing":false,"method":"GET","#
                + #""url":"ws://chat.example/room?id=7","http_version":"1.1","response_http_version":"1.1","#
                + #""request_headers":[["Host","chat.example"]],"response_headers":[],"subprotocol":"chat","#
                + #""extensions_offered":[{"name":"permessage-deflate","parameters":[]}],"#
                + #""extensions":[{"name":"permessage-deflate","parameters":[["server_no_context_takeover",null]]}],"#
                + #""accept_valid":true,"request_packet":4,"response_packet":5,"response_time":0.000728000"#)
        #expect(
            keys(Samples.handshake(status: nil, fields: []))
                == #""connection":1,"session_id":"\#(Self.sessionID)","accepted":false,"status":null,"answer_missing":false,"method":"GET","#
                + #""url":"ws://chat.example/room?id=7","http_version":"1.1","response_http_version":null,"request_headers":[],"response_headers":[],"subprotocol":null,"#
                + #""extensions_offered":[{"name":"permessage-deflate","parameters":[]}],"extensions":[],"#
                + #""accept_valid":null,"request_packet":4,"response_packet":null,"response_time":null"#)
    }

    @Test func `An answer that the capture lacks is reported from none`() throws {
        guard case .handshake(var handshake) = Samples.handshake(status: nil) else { return }
        handshake.isAnswerMissing = true
        #expect(keys(.handshake(handshake)).contains(#""accepted":false,"status":null,"answer_missing":true,"#))
    }

    @Test func `A data frame has no payload unless requested: its message has it`() {
        let frame = Samples.frame(.client, .text, length: 5)
        let line =
            #""connection":1,\#(Self.frameKeys),"message_index":2,"fin":true,"rsv1":false,"rsv2":false,"rsv3":false,"opcode":"text","#
            + #""opcode_value":1,"masked":true,"masking_key":"37fa213d","length":5,"first_packet":6"#
        #expect(keys(frame) == line)
        let options = JSONLinesFormat.Options(framePayloads: true)
        #expect(keys(frame, Array("hello".utf8), options: options) == line + #","payload":"hello""#)
        #expect(keys(frame, [0xff, 0xfe], options: options) == line + #","payload_base64":"//4=""#)
    }

    @Test func `A compressed text frame is not text`() {
        let frame = Samples.frame(.client, .text, length: 1, rsv: 0x40)
        #expect(
            keys(frame, [0x41], options: .init(framePayloads: true)).hasSuffix(
                #""first_packet":6,"payload_base64":"QQ==""#))
    }

    @Test func `A server's frame is unmasked, and counts the bytes lost in a gap`() {
        let frame = Samples.frame(.server, Opcode(rawValue: 11), length: 4, fin: false, rsv: 0x30, missing: 4)
        #expect(
            keys(frame)
                == #""connection":1,"from":"server","stream_offset":180,"index":3,"fin":false,"rsv1":false,"rsv2":true,"#
                + #""rsv3":true,"opcode":"reserved-11","opcode_value":11,"masked":false,"masking_key":null,"length":4,"#
                + #""first_packet":6,"missing":4,"payload_base64":"""#)
    }

    @Test func `A Close frame has code, name and reason in addition to its bytes`() {
        let close = CloseBody(code: .normalClosure, reason: "bye")
        #expect(
            keys(Samples.frame(.client, .close, length: 5, close: close), [3, 232, 98, 121, 101]).hasSuffix(
                #""payload_base64":"A+hieWU=","close":{"code":1000,"name":"normal closure","reason":"bye"}"#))
        let empty = CloseBody(code: nil, reason: "")
        #expect(
            keys(Samples.frame(.client, .close, length: 0, close: empty)).hasSuffix(
                #""payload_base64":"","close":{"code":null,"name":null,"reason":""}"#))
    }

    @Test func `A Pong names the Ping it answers`() {
        let answer = FrameEvent.Answer(pingPacket: 5, roundTrip: 90_000)
        #expect(
            keys(Samples.frame(.client, .pong, length: 4, answer: answer, isInferred: true), [1, 2, 3, 4]).hasSuffix(
                #""payload_base64":"AQIDBA==","answers_packet":5,"round_trip":0.000090000,"inferred":true"#))
    }

    @Test func `The message line has the decoded payload`() {
        #expect(
            keys(
                Samples.message(.server, length: 7, frames: 2, isCompressed: true, wireLength: 9),
                Array("h\u{202e}\té".utf8))
                == #""connection":1,"from":"server","stream_offset":180,"message_index":2,"opcode":"text","complete":true,"frames":2,"#
                + #""compressed":true,"wire_length":9,"length":7,"payload":"h\u202e\té","first_packet":6"#)
        #expect(
            keys(Samples.message(.server, isText: false, length: 3), Array("abc".utf8)).contains(
                #""opcode":"binary","complete":true,"frames":1,"compressed":false,"wire_length":3,"length":3,"payload_base64":"YWJj","#
            ))
    }

    @Test func `What waited names the packet that brought it`() {
        let origin = Origin(packet: 4, time: Samples.time(1300))
        let keys = #","origin_packet":4,"origin_time":"2026-11-20T17:24:00.001300000Z""#
        #expect(self.keys(Samples.message(.client, length: 0, origin: origin)).hasSuffix(keys))
        #expect(self.keys(Samples.frame(.client, .text, length: 0, origin: origin)).contains(keys))
        #expect(!self.keys(Samples.message(.client, length: 0)).contains("origin"))
    }

    @Test func `Text that is not UTF-8 is base64`() {
        #expect(
            keys(Samples.message(.client, length: 2, isValidUTF8: false), [0x61, 0xff]).contains(
                #""payload_base64":"Yf8=""#))
    }

    @Test(arguments: [PayloadWithheld.contextLost, .bomb, .incomplete])
    func `A withheld payload has its reason`(reason: PayloadWithheld) {
        let line = keys(
            Samples.message(.client, length: nil, isComplete: false, payload: .withheld(reason), isInferred: true))
        #expect(
            line.hasSuffix(
                #""length":null,"payload_withheld":"\#(reason.rawValue)","first_packet":6,"inferred":true"#))
        #expect(!line.contains(#""payload":"#))
    }

    @Test(arguments: [
        ("aé", 3, PayloadStatus.whole, #""payload":"aé","#),
        ("aé", 2, .whole, #""payload":"a","payload_truncated":true"#),
        ("a漢", 3, .whole, #""payload":"a","payload_truncated":true"#),
        ("a😀b", 4, .whole, #""payload":"a","payload_truncated":true"#),
        ("a😀b", 5, .whole, #""payload":"a😀","payload_truncated":true"#),
        ("abc", 9, .truncated, #""payload":"abc","payload_truncated":true"#),
        ("abc", 0, .whole, #""payload":"","payload_truncated":true"#),
    ])
    func `Text that is cut ends with a whole character`(
        text: String, limit: Int, status: PayloadStatus, keys expected: String
    ) {
        let options = JSONLinesFormat.Options(payload: limit == 0 ? .none : .atMost(limit))
        let line = keys(Samples.message(.client, length: 100, payload: status), Array(text.utf8), options: options)
        #expect(line.contains(expected))
    }

    @Test func `Text cut inside a character loses that character`() {
        let bytes = Array("a漢".utf8.dropLast())
        #expect(
            keys(Samples.message(.client, length: 9, payload: .truncated), bytes).contains(
                #""payload":"a","payload_truncated":true"#))
    }

    @Test func `Gaps, resyncs and findings`() {
        #expect(
            keys(.gap(Gap(from: .server, streamOffset: 9, length: nil)))
                == #""connection":1,"from":"server","stream_offset":9,"length":null"#)
        #expect(
            keys(.resync(Resync(from: .client, streamOffset: 9, gapPacket: 4, confidence: .inferred, skipped: 3)))
                == #""connection":1,"from":"client","stream_offset":9,"gap_packet":4,"confidence":"inferred","skipped":3"#
        )
        #expect(
            keys(Samples.finding())
                == #""connection":1,"rule":"masking.client-unmasked","severity":"error","reference":"RFC 6455 5.1","#
                + #""text":"The client did not mask a frame.","from":"client","stream_offset":180,"index":null"#)
        #expect(keys(Samples.finding(from: nil), connection: 0).hasPrefix(#""connection":null,"#))
    }

    @Test func `Deliveries, with null if unacknowledged`() {
        #expect(
            keys(.delivery(Samples.delivery()))
                == #""connection":1,"from":"client","message_packet":9,"last_byte_packet":8,"outcome":"acknowledged","#
                + #""acknowledged_packet":12,"acknowledged_after":0.043000000,"retransmissions":0"#)
        #expect(
            keys(.delivery(Samples.delivery(.reset, retransmissions: 2))).hasSuffix(
                #""outcome":"reset","acknowledged_packet":null,"acknowledged_after":null,"retransmissions":2"#))
    }

    @Test func `The end line has the verdict, the states and the counts of both sides`() {
        #expect(
            keys(Samples.end())
                == #""connection":1,\#(Self.endKeys),"verdict":{"by":"client","layer":"close-frame","clean":true,"code":1000,"name":"normal closure","#
                + #""reason":"bye","client_sees":1000,"server_sees":1000,"silence":5.000000000,"message_silence":null,"unanswered_pings":0,"#
                + #""failed_by":null,"failed_over":null},"#
                + #""close_events":{"client":{"code":1000,"name":"normal closure","reason":"bye","was_clean":true},"#
                + #""server":{"code":1000,"name":"normal closure","reason":"bye","was_clean":true}},"#
                + #""ready_states":{"client":[{"state":"connecting","elapsed":0.000402000},{"state":"open","elapsed":0.001130000}],"#
                + #""server":[{"state":"open","elapsed":0.001130000}]},"duration":5.002520000,"#
                + #""from_client":{"frames":3,"messages":1,"payload_bytes":12,"wire_bytes":40,"frames_by_opcode":"#
                + #"{"continuation":0,"text":1,"binary":0,"close":1,"ping":0,"pong":1},"message_interval":{"count":0,"min":null,"p50":null,"p90":null,"p99":null,"max":null}},"#
                + #""from_server":{"frames":4,"messages":1,"payload_bytes":168,"wire_bytes":180,"frames_by_opcode":"#
                + #"{"continuation":0,"text":0,"binary":0,"reserved-3":4,"close":0,"ping":0,"pong":0},"message_interval":{"count":2,"min":0.001000000,"p50":0.001000000,"#
                + #""p90":0.003000000,"p99":0.003000000,"max":0.003000000}},"#
                + #""ping_round_trip":{"count":1,"min":0.000090000,"p50":0.000090000,"p90":0.000090000,"#
                + #""p99":0.000090000,"max":0.000090000},"tcp":{"retransmitted_segments":1,"out_of_order_segments":2,"#
                + #""duplicate_segments":3,"gap_bytes":0,"fin_packets":[13,14],"rst_packet":null,"rst_from":null,"unanswered_from":null,"#
                + #""unanswered_segments":0,"unanswered_for":null},"compression":null"#)
        #expect(
            keys(
                Samples.end(
                    by: .network, .timeout, isClean: false, code: nil, reason: nil, sees: (nil, 1006), silence: nil)
            )
            .hasPrefix(
                #""connection":1,\#(Self.endKeys),"verdict":{"by":"network","layer":"timeout","clean":false,"code":null,"name":null,"#
                    + #""reason":null,"client_sees":null,"server_sees":1006,"silence":null,"message_silence":null,"unanswered_pings":0,"#
            ))
    }

    @Test func `The summary line has the totals`() {
        #expect(
            keys(Samples.summary(), connection: 0)
                == #""packets":14,"bytes":1234,"tcp_connections":2,"websocket_connections":1,"frames":7,"messages":2,"#
                + #""payload_bytes":180,"findings":{"note":0,"warning":0,"error":1},"findings_by_rule":{},"gaps":0,"unreadable_packets":0,"#
                + #""duration":5.002520000,"refused_upgrades":0,"unanswered_upgrades":0,"#
                + #""others":{"tls":1,"http2":0,"http":0,"event_streams":0,"polling":0,"silent":0,"refused":0,"unanswered":0,"#
                + #""unknown":0,"midstream":0,"packets_not_tcp":0,"quic_packets":0,"fragments":0,"tunnels":{}},"#
                + #""compression":{"sessions":0,"compressed_messages":0,"uncompressed_messages":0,"withheld_messages":0,"#
                + #""compressed_bytes":0,"inflated_bytes":0},"endings":[],"servers":[],"proxied_sessions":[],"patterns":[]"#
        )
        var summary = Summary()
        summary.findingsByRule = [RuleCount(rule: "a.a", findings: 1), RuleCount(rule: "b.b", findings: 2)]
        summary.endings = [
            EndingCount(
                by: .client, layer: .closeFrame, isClean: true, code: .normalClosure, clientSees: nil,
                serverSees: .normalClosure, sessions: 3)
        ]
        var server = ServerTraffic(server: Samples.server)
        server.refusedConnections = 4
        (summary.servers, summary.otherServers) = ([server], 5)
        summary.proxiedSessions = [
            ProxiedSession(connections: [2, 7]), ProxiedSession(connections: [8, 9], endedBy: Samples.server),
            ProxiedSession(connections: [3, 4], isTranslated: true),
        ]
        let line = keys(.summary(summary), connection: 0)
        #expect(line.contains(#""findings_by_rule":{"a.a":1,"b.b":2},"#))
        let endings =
            #""endings":[{"by":"client","layer":"close-frame","clean":true,"code":1000,"client_sees":null,"#
            + #""server_sees":1000,"sessions":3}],"#
        let servers =
            #""servers":[{"ip":"10.0.0.9","port":8080,"sessions":0,"refused_upgrades":0,"unanswered_upgrades":0,"#
            + #""refused_connections":4,"unanswered_connections":0,"polling":0,"event_streams":0}],"other_servers":5,"#
        let proxied =
            #""proxied_sessions":[{"connections":[2,7]},"#
            + #"{"connections":[8,9],"ended_by":{"ip":"10.0.0.9","port":8080}},"#
            + #"{"connections":[3,4],"translated":true}],"#
        #expect(line.contains(endings + servers + proxied))
    }

    @Test func `A failed connection and a timeout are named`() {
        let line = keys(
            Samples.end(
                isClean: false, sees: (nil, 1006), failure: .init(by: .client, rule: Rule(.serverMasked)),
                timeout: .init(from: .server, segments: 5, span: 3_811_993_000)))
        #expect(line.contains(#""failed_by":"client","failed_over":"masking.server-masked"}"#))
        #expect(line.contains(#""close_events":{"client":null,"server":{"code":1006,"name":"abnormal closure","#))
        #expect(
            line.hasSuffix(
                #""unanswered_from":"server","unanswered_segments":5,"unanswered_for":3.811993000},"compression":null"#)
        )
    }

    @Test func `The summary line has the patterns`() {
        var summary = Summary()
        summary.patterns = [Samples.pattern(silentEnd: .client), Samples.pattern(silence: nil, isAtOnce: true)]
        let line = keys(.summary(summary), connection: 0)
        #expect(
            line.hasSuffix(
                #""patterns":[{"server":"10.0.0.9","by":"server","layer":"rst","sessions":14,"ended":15,"#
                    + #""silence_min":59.900000000,"silence_max":60.140000000,"silent_end":"client","message_silence_min":null,"message_silence_max":null,"lifetime_min":null,"lifetime_max":null},"#
                    + #"{"server":"10.0.0.9","by":"server","layer":"rst","sessions":14,"ended":15,"#
                    + #""silence_min":null,"silence_max":null,"message_silence_min":null,"message_silence_max":null,"lifetime_min":null,"lifetime_max":null,"at_once":true}]"#
            ))
    }

    @Test func `The summary line has what was dropped at a limit, if anything`() {
        var summary = Summary()
        summary.others.proxyChains = 2
        summary.others.searchesAbandoned = 1
        summary.uncomparedSessions = 5
        summary.forgottenTimes = 70
        let line = keys(.summary(summary), connection: 0)
        #expect(line.contains(#","connections_given_up":3,"duration":"#))
        #expect(line.hasSuffix(#","patterns":[],"uncompared_sessions":5,"forgotten_times":70"#))
    }

    @Test func `TCP segments are not in a trace`() {
        let segment = Event.segment(ControlSegment(from: .client, flags: [.fin], payloadLength: 0))
        #expect(printed([Call(1, 1, segment)], as: JSONLinesFormat()) == "")
    }

    @Test func `The demand follows the options`() {
        #expect(JSONLinesFormat().demand.payload == PayloadDemand(bytes: .max, includesFrames: false))
        let options = JSONLinesFormat.Options(payload: .atMost(9), framePayloads: true)
        #expect(JSONLinesFormat(options: options).demand.payload == PayloadDemand(bytes: 9, includesFrames: true))
        #expect(JSONLinesFormat(options: .init(payload: .none)).demand.payload.bytes == 0)
    }
}
