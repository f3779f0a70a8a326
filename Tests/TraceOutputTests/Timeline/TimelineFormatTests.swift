import PacketDecoding
import Testing
import WebSocketProtocol

@testable import CaptureAnalysis
@testable import TraceOutput

struct TimelineFormatTests {
    @Test func `A request has the method that it was sent with`() {
        guard case .handshake(var handshake) = Samples.handshake() else { return }
        handshake.method = "POST"
        let page = printed([Call(5, 1130, .handshake(handshake))], as: TimelineFormat())
        #expect(page.contains("HTTP →  POST /room?id=7      upgrade: websocket 13\n"))
    }

    @Test func `A session from SYN to FIN`() {
        let expected = #"""
            a.pcap  from 2026-11-20 17:24:00.000000 UTC
            #1 10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/room?id=7  subprotocol chat  permessage-deflate
                0.000000      1  TCP  →  SYN
                0.000112      2  TCP  ←  SYN ACK
                0.000131      3  TCP  →  ACK                  open in 0.13 ms
                0.000402      4  HTTP →  GET /room?id=7       upgrade: websocket 13
                0.001130      5  HTTP ←  101                  accept valid after 0.73 ms
                0.001377      6  WS   →  TEXT   FIN     12 B  "hello, world"
                0.001604      7  WS   ←  TEXT           64 B  first fragment
                0.001700      8  WS   ←  PING   FIN      4 B  "ping"
                0.001790      9  WS   →  PONG   FIN      4 B  answers in 0.09 ms
                0.001900     10  WS   ←  CONT           64 B  fragment 2
                0.001900     10  WS   ←  CONT   FIN     40 B  message of 168 B (3 frames): "lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ip…"
                5.002210     11  WS   →  CLOSE  FIN      5 B  1000 normal closure "bye"
                5.002400     12  WS   ←  CLOSE  FIN      2 B  1000 normal closure
                5.002520     13  TCP  ←  FIN ACK
                5.002530     14  END     closed cleanly by the client, 1000 "bye", after 5.000 s of silence

            """#
        #expect(printed(Scenes.chat, as: TimelineFormat()) == expected)
    }

    @Test func `Three connections in trouble`() {
        let expected = #"""
            a.pcap  from 2026-11-20 17:24:00.000000 UTC
            #1 10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/room?id=7  permessage-deflate
                0.000000      1  TCP  →  SYN
                0.000112      2  TCP  ←  SYN ACK
                0.000131      3  TCP  →  ACK                  open in 0.13 ms
                0.000402      4  HTTP →  GET /room?id=7       upgrade: websocket 13
                0.001130      5  HTTP ←  101                  accept valid after 0.73 ms
                0.002000      6  WS   →  TEXT   FIN      7 B  inflates to 40 B: "{"name":"\x1b]0;evil\x07","n":1}"
                0.003000      7  WS   →  BINARY FIN      6 B  RSV2  48 69 00 01 02 ff  |Hi....|
                0.003000      7  ERR  →  A reserved bit is set without an extension.  [frame.reserved-bits, RFC 6455 5.1]
            #2 [::1]:40000 → 10.0.0.9:8080  ws://chat.example/admin\x1b[2J
            #2     0.000000      1  TCP  →  SYN
            #2     0.000112      2  TCP  ←  SYN ACK
            #2     0.000131      3  TCP  →  ACK                  open in 0.13 ms
            #2     0.000402      4  HTTP →  GET /admin\x1b[2J    upgrade: websocket 13
            #2     0.004000      8  HTTP ←  403                  refused after 0.73 ms
            #2     0.004100      9  END     upgrade refused with 403; TCP closed by the server
            #1     0.005000     10  TCP  ←  GAP           300 B  not captured
            #1     0.005000     10  WS   ←  decoding resumes, inferred, 10 B skipped
            #1     0.005000     10  WS   ←  TEXT   FIN      9 B  inferred  compressed, withheld: cannot be inflated
            #3 10.0.0.7:53412 → 10.0.0.9:8080  began before the capture
            #3     0.006000     11  TCP  →  GAP                  earlier bytes not captured
            #3     0.007000     12  WS   →  CLOSE  FIN      0 B  no code
            #3     0.007000     12  WARN    No Close came back.  [close.unanswered, RFC 6455 5.1]
            #1     0.008000     13  WS   →  TEXT            5 B  first fragment
            #1     0.008000     13  WS   →  TEXT            5 B  incomplete message of unknown length (1 frame), withheld: bytes missing
            #1     0.008000     13  TCP  ←  RST
            #1     0.008000     13  END     reset by the server without a Close frame (both ends see 1006), after 0.003 s of silence, 2 pings unanswered
            #3     0.008000     13  END     still open when the capture ended, after 0.001 s of silence
            sessions:
              #1 10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/room?id=7  reset by the server without a Close frame (both ends see 1006), after 0.003 s of silence, 2 pings unanswered  (→ 3 frames, ← 4)
              #2 [::1]:40000 → 10.0.0.9:8080  ws://chat.example/admin\x1b[2J  upgrade refused with 403; TCP closed by the server  (→ 3 frames, ← 4)
              #3 10.0.0.7:53412 → 10.0.0.9:8080  still open when the capture ended, after 0.001 s of silence  (→ 3 frames, ← 4)

            """#
        #expect(printed(Scenes.trouble, as: TimelineFormat()) == expected)
    }

    @Test func `-v shows packets, numbers and states`() {
        let expected = #"""
            a.pcap  from 2026-11-20 17:24:00.000000 UTC
            #1 10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/room?id=7  subprotocol chat  permessage-deflate; server_no_context_takeover
                0.000000      1  TCP  →  SYN  seq 1000  client SYN-SENT  server LISTEN
                0.000112      2  TCP  ←  SYN ACK  seq 5000 ack 1001  client SYN-SENT  server SYN-RECEIVED
                0.000131      3  TCP  →  ACK                  open in 0.13 ms  seq 1001 ack 5001  client ESTABLISHED  server ESTABLISHED
                0.000402      4  HTTP →  GET /room?id=7       upgrade: websocket 13
                0.001130      5  HTTP ←  101                  accept valid after 0.73 ms  seq 1001 ack 5001  client ESTABLISHED open  server ESTABLISHED open
                0.001377      6  WS   →  TEXT   FIN     12 B  "hello, world"  seq 1001 ack 5001  client ESTABLISHED open  server ESTABLISHED open
                0.001604      7  WS   ←  TEXT           64 B  first fragment  seq 1001 ack 5001  client ESTABLISHED open  server ESTABLISHED open
                0.001700      8  WS   ←  PING   FIN      4 B  "ping"  seq 1001 ack 5001  client ESTABLISHED open  server ESTABLISHED open
                0.001790      9  WS   →  PONG   FIN      4 B  answers in 0.09 ms  seq 1001 ack 5001  client ESTABLISHED open  server ESTABLISHED open

            """#
        let options = TimelineFormat.Options(isVerbose: true)
        #expect(printed(Array(Scenes.chat.prefix(8)), as: TimelineFormat(options: options)) == expected)
    }

    @Test func `Events of one packet share a line of -v`() {
        let lines = printed(Array(Scenes.chat[8...10]), as: TimelineFormat(options: .init(isVerbose: true)))
        #expect(lines.split(separator: "\n").map { $0.contains("  seq 1001 ack 5001  client ") } == [true, false])
    }

    @Test func `Colours change nothing but colours`() {
        for scene in [Scenes.chat, Scenes.trouble] {
            let colored = printed(scene, as: TimelineFormat(options: .init(hasColor: true)))
            #expect(colored.contains("\u{1b}[36m→\u{1b}[0m"))
            #expect(colored.replacing(/\u{1b}\[[0-9;]*m/, with: "") == printed(scene, as: TimelineFormat()))
        }
    }

    @Test(arguments: [
        (TimeStyle.elapsed, ["0.001377", "0.001604", "0.001700"]),
        (.absolute, ["2026-11-20 17:24:00.001377", "2026-11-20 17:24:00.001604", "2026-11-20 17:24:00.001700"]),
        (.delta, ["0.000000", "0.000227", "0.000096"]),
    ])
    func `Times are elapsed, absolute or since the line before`(style: TimeStyle, times: [String]) {
        let frames = Array(Scenes.chat[3...6])
        let lines = printed(frames, as: TimelineFormat(options: .init(time: style))).split(separator: "\n")
        #expect(zip(lines, times).allSatisfy { $0.contains(" \($1)  ") } && lines.count == times.count, "\(lines)")
    }

    @Test func `Long URLs are shortened to the width`() {
        let target = "/room?token=" + String(repeating: "x", count: 300) + "end"
        let calls = [
            Call.capture, Call(5, 1130, Samples.connection()), Call(5, 1130, Samples.handshake(target: target)),
        ]
        let lines = printed(calls, as: TimelineFormat(options: .init(width: 120))).split(separator: "\n")
        #expect(lines[1].count == 120 && lines[1].hasSuffix("xend  subprotocol chat  permessage-deflate"))
        #expect(lines.allSatisfy { $0.count <= 120 } && lines.count == 7)
        #expect(printed(calls, as: TimelineFormat()).contains("  ws://chat.example\(target)  subprotocol"))
    }

    @Test func `Sessions without a heading have their number on every line`() throws {
        var filter = EventFilter()
        filter.events = [.message, .end]
        let lines = try printed(Scenes.chat, as: TimelineFormat(), filter: filter).split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("#1  ") } && lines.last?.contains("  END     closed cleanly") == true)
    }

    @Test func `A flush prints what is held back`() {
        var format = TimelineFormat()
        format.receive([Call(1, 1, Samples.frame(.client, .text, length: 5, payload: .whole), "hello")])
        #expect(format.output.text == "")
        format.flush()
        #expect(format.output.text == "#1     0.000001      1  WS   →  TEXT   FIN      5 B\n")
        format.output.removeAll()
        format.receive([Call(1, 1, Samples.connection())])
        #expect(format.output.text == "")
        format.flush()
        #expect(format.output.text.hasPrefix("#1 10.0.0.7:53412 → 10.0.0.9:8080\n"))
    }

    @Test(arguments: [
        (PayloadLimit.none, ""), (.atMost(4), "  \"abcd…\""), (.all, "  \"abcdefgh\""), (.atMost(8), "  \"abcdefgh\""),
    ])
    func `Payloads are cut to the limit`(limit: PayloadLimit, preview: String) {
        let call = Call(1, 1, Samples.message(.client, length: 8), "abcdefgh")
        #expect(
            printed([call], as: TimelineFormat(options: .init(payload: limit)))
                == "#1     0.000001      1  WS   →  TEXT            8 B" + preview + "\n")
    }

    @Test(arguments: [
        (PayloadLimit.atMost(8), "61 00 … |a.|"), (.all, "61 00 1b  |a..|"), (.atMost(1), "61 … |a|"),
    ])
    func `Binary payloads are hexadecimal and ASCII`(limit: PayloadLimit, preview: String) {
        let call = Call(1, 1, Samples.message(.server, isText: false, length: 3), bytes: [0x61, 0x00, 0x1b])
        #expect(
            printed([call], as: TimelineFormat(options: .init(payload: limit)))
                == "#1     0.000001      1  WS   ←  BINARY          3 B  " + preview + "\n")
    }

    @Test(arguments: [
        (Samples.frame(.client, Opcode(rawValue: 3), length: 0, rsv: 0x70), "OP 3   FIN      0 B  RSV1  RSV2  RSV3"),
        (Samples.frame(.client, .ping, length: 2), "PING   FIN      2 B"),
        (
            Samples.frame(.client, .text, length: 9, fin: false, missing: 7),
            "TEXT            9 B  7 B not captured  first fragment"
        ),
        (
            Samples.frame(.client, .continuation, length: 12_345_678, fin: false, fragment: 2),
            "CONT       12345678 B  fragment 2"
        ),
        (
            Samples.frame(.client, .close, length: 9, close: CloseBody(code: .goingAway, reason: nil)),
            "CLOSE  FIN      9 B  1001 going away  reason is not UTF-8"
        ),
    ])
    func `Odd frames are shown unchanged`(event: Event, text: String) {
        var format = TimelineFormat()
        format.receive([Call(1, 1, event)])
        format.flush()
        #expect(format.output.text == "#1     0.000001      1  WS   →  \(text)\n")
    }

    @Test(arguments: [
        (
            Samples.delivery(retransmissions: 1),
            "←  ACK                  message of packet 9 acknowledged after 43.00 ms, 1 retransmission"
        ),
        (
            Samples.delivery(.reset),
            "→  NO ACK               message of packet 9 not acknowledged when the connection was reset"
        ),
        (
            Samples.delivery(.closed),
            "→  NO ACK               message of packet 9 not acknowledged when the connection was closed"
        ),
        (
            Samples.delivery(.captureEnd, retransmissions: 3),
            "→  NO ACK               message of packet 9 not acknowledged when the capture ended, 3 retransmissions"
        ),
    ])
    func `Deliveries are described`(delivery: Delivery, text: String) {
        #expect(
            printed([Call(1, 1, .delivery(delivery))], as: TimelineFormat()) == "#1     0.000001      1  TCP  \(text)\n"
        )
    }

    @Test func `The list of sessions ends with the number not listed`() {
        var calls: [Call] = []
        for connection in UInt64(1)...150 {
            calls.append(Call(connection, 1, Samples.connection(opening: .midstream), connection: connection))
            calls.append(Call(connection, 1, Samples.end(), connection: connection))
        }
        let lines = printed(calls + [.summary], as: TimelineFormat()).split(separator: "\n")
        #expect(lines.count == 300 + 1 + TimelineFormat.maximumSessionLines + 1)
        #expect(lines.last == "  … and 50 more")
    }

    @Test(arguments: [
        (Samples.end(), "closed cleanly by the client, 1000 \"bye\", after 5.000 s of silence"),
        (
            Samples.end(by: .server, isClean: false, code: 1001, reason: "", sees: (1001, 1006), silence: nil),
            "closed by the server, never answered, 1001 going away (the client sees 1001, the server 1006)"
        ),
        (
            Samples.end(by: .server, code: nil, reason: "", sees: (1005, 1005), silence: 250_000_000),
            "closed cleanly by the server, no code (both ends see 1005), after 0.250 s of silence"
        ),
        (
            Samples.end(by: .server, .rst, isClean: false, code: nil, reason: nil, sees: (1006, 1006), silence: nil),
            "reset by the server without a Close frame (both ends see 1006)"
        ),
        (
            Samples.end(by: .client, .fin, isClean: false, code: nil, reason: nil, sees: (nil, 1006), silence: nil),
            "TCP closed by the client, no Close frame captured (the server sees 1006)"
        ),
        (
            Samples.end(
                by: .network, .timeout, isClean: false, code: nil, reason: nil, sees: (nil, nil),
                silence: 60_000_000_000,
                unansweredPings: 1, timeout: .init(from: .server, segments: 5, span: 3_811_993_000)),
            "timed out, 5 segments from the server unanswered for 3.812 s, after 60.000 s of silence, 1 ping unanswered"
        ),
        (
            Samples.end(isClean: false, sees: (nil, 1000), silence: nil),
            "closed by the client, answer not captured, 1000 \"bye\" (the server sees 1000)"
        ),
        (
            Samples.end(isClean: false, sees: (nil, 1000), silence: nil, tls: Samples.undecrypted(.server)),
            "closed by the client, answer not decrypted, 1000 \"bye\" (the server sees 1000)"
        ),
        (
            Samples.end(
                by: .server, .fin, isClean: false, code: nil, reason: nil, sees: (nil, 1006), silence: nil,
                tls: Samples.undecrypted(.server)),
            "TCP closed by the server, no Close frame decrypted (the server sees 1006)"
        ),
        (
            Samples.end(
                by: .unknown, isClean: false, sees: (nil, 1000), silence: nil, tls: Samples.undecrypted(.server)),
            "closed, which end first not decrypted, 1000 \"bye\" (the server sees 1000)"
        ),
        (
            Samples.end(
                by: .server, isClean: false, code: 1002, reason: "mask!", sees: (1002, 1006), silence: nil,
                failure: .init(by: .server, rule: Rule(.clientUnmasked))),
            "failed by the server, 1002 \"mask!\" over the client's masking.client-unmasked "
                + "(the client sees 1002, the server 1006)"
        ),
        (
            Samples.end(
                by: .client, isClean: false, code: 5000, reason: "", sees: (1002, 1006), silence: nil,
                failure: .init(by: .server, rule: Rule(.closeCodeNotAllowed))),
            "closed by the client, 5000 unassigned, failed by the server over the client's close.code-not-allowed "
                + "(the client sees 1002, the server 1006)"
        ),
        (
            Samples.end(
                by: .server, .fin, isClean: false, code: nil, reason: nil, sees: (1006, 1006), silence: nil,
                failure: .init(by: .server, rule: Rule(.clientUnmasked))),
            "TCP closed by the server without a Close frame, failed by the server over the client's "
                + "masking.client-unmasked (both ends see 1006)"
        ),
        (
            Samples.end(
                by: .server, isClean: false, code: 1009, reason: "", sees: (1009, 1006), silence: nil,
                failure: .init(by: .server, rule: nil)),
            "failed by the server, 1009 message too big (the client sees 1009, the server 1006)"
        ),
        (
            Samples.end(
                by: .unknown, .captureEnd, isClean: false, code: nil, reason: nil, sees: (nil, nil), silence: 999_999),
            "still open when the capture ended"
        ),
        (
            Samples.end(
                by: .client, .captureEnd, isClean: false, code: 1000, reason: nil, sees: (nil, nil), silence: nil),
            "still closing when the capture ended, 1000 (reason not UTF-8)"
        ),
    ])
    func `Endings are described`(event: Event, text: String) {
        #expect(printed([Call(1, 1, event)], as: TimelineFormat()) == "#1     0.000001      1  END     \(text)\n")
    }
}
