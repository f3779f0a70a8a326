import PacketDecoding

@testable import CaptureAnalysis
@testable import WebSocketProtocol

/// Sequences of events as in small captures.
enum Scenes {
    /// One session from SYN to FIN: text, fragments around a Ping, a clean close.
    static let chat: [Call] = [
        .capture,
        Call(5, 1130, Samples.connection()),
        Call(5, 1130, Samples.handshake()),
        Call(6, 1377, Samples.frame(.client, .text, length: 12)),
        Call(6, 1377, Samples.message(.client, length: 12), "hello, world"),
        Call(7, 1604, Samples.frame(.server, .text, length: 64, fin: false)),
        Call(8, 1700, Samples.frame(.server, .ping, length: 4), "ping"),
        Call(
            9, 1790, Samples.frame(.client, .pong, length: 4, answer: .init(pingPacket: 8, roundTrip: 90_000)), "ping"),
        Call(10, 1900, Samples.frame(.server, .continuation, length: 64, fin: false, fragment: 2)),
        Call(10, 1900, Samples.frame(.server, .continuation, length: 40, fragment: 3)),
        Call(10, 1900, Samples.message(.server, length: 168, frames: 3), String(repeating: "lorem ipsum ", count: 14)),
        Call(
            11, 5_002_210, Samples.frame(.client, .close, length: 5, close: .init(code: .normalClosure, reason: "bye")),
            bytes: [3, 232, 98, 121, 101]),
        Call(
            12, 5_002_400, Samples.frame(.server, .close, length: 2, close: .init(code: .normalClosure, reason: "")),
            bytes: [3, 232]),
        Call(13, 5_002_520, .segment(ControlSegment(from: .server, flags: [.fin, .ack], payloadLength: 0))),
        Call(14, 5_002_530, .segment(ControlSegment(from: .client, flags: [.ack], payloadLength: 0))),
        Call(14, 5_002_530, Samples.end()),
        .summary,
    ]

    /// Three connections with problems: a compressed session with gaps and findings, a refused upgrade, and one that
    /// began before the capture.
    static let trouble: [Call] = [
        .capture,
        Call(5, 1130, Samples.connection()),
        Call(5, 1130, Samples.handshake(subprotocol: nil)),
        Call(6, 2000, Samples.frame(.client, .text, length: 7, rsv: 0x40)),
        Call(
            6, 2000, Samples.message(.client, length: 40, isCompressed: true, wireLength: 7),
            "{\"name\":\"\u{1b}]0;evil\u{7}\",\"n\":1}"),
        Call(7, 3000, Samples.frame(.client, .binary, length: 6, rsv: 0x20)),
        Call(
            7, 3000, Samples.finding(text: "A reserved bit is set without an extension.", rule: "frame.reserved-bits")),
        Call(7, 3000, Samples.message(.client, isText: false, length: 6), bytes: [0x48, 0x69, 0, 1, 2, 0xff]),
        Call(8, 4000, Samples.connection(client: Endpoint(address: IPAddress(ipv6: 1), port: 40000)), connection: 2),
        Call(8, 4000, Samples.handshake(status: 403, target: "/admin\u{1b}[2J"), connection: 2),
        Call(
            9, 4100,
            Samples.end(
                by: .server, .fin, isClean: false, code: nil, reason: nil, sees: (1006, nil),
                silence: nil), connection: 2),
        Call(10, 5000, .gap(Gap(from: .server, streamOffset: 200, length: 300))),
        Call(
            10, 5000,
            .resync(Resync(from: .server, streamOffset: 510, gapPacket: 10, confidence: .inferred, skipped: 10))),
        Call(10, 5000, Samples.frame(.server, .text, length: 9, rsv: 0x40, isInferred: true)),
        Call(
            10, 5000,
            Samples.message(
                .server, length: nil, isCompressed: true, wireLength: 9,
                payload: .withheld(.contextLost), isInferred: true)),
        Call(11, 6000, Samples.connection(opening: .midstream), connection: 3),
        Call(11, 6000, .gap(Gap(from: .client, streamOffset: 0, length: nil)), connection: 3),
        Call(12, 7000, Samples.frame(.client, .close, length: 0, close: .init(code: nil, reason: "")), connection: 3),
        Call(
            12, 7000, Samples.finding(.warning, text: "No Close came back.", from: nil, rule: "close.unanswered"),
            connection: 3),
        Call(13, 8000, Samples.frame(.client, .text, length: 5, fin: false)),
        Call(
            13, 8000,
            Samples.message(
                .client, length: nil, isComplete: false, wireLength: 5,
                payload: .withheld(.incomplete))),
        Call(13, 8000, .segment(ControlSegment(from: .server, flags: [.rst], payloadLength: 0))),
        Call(
            13, 8000,
            Samples.end(
                by: .server, .rst, isClean: false, code: nil, reason: nil, sees: (1006, 1006),
                silence: 3_000_000, unansweredPings: 2)),
        Call(
            13, 8000,
            Samples.end(
                by: .unknown, .captureEnd, isClean: false, code: nil, reason: nil, sees: (nil, nil),
                silence: 1_000_000), connection: 3),
        .summary,
    ]
}
