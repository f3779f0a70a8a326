import Testing

@testable import CaptureAnalysis
@testable import TraceOutput
@testable import WebSocketProtocol

struct CompressionTests {
    private static let ends: (client: SessionEnd.Compression, server: SessionEnd.Compression) = {
        var client = SessionEnd.Compression(parameters: DeflateParameters(noContextTakeover: true, maxWindowBits: 12))
        client.compressedMessages = 12
        client.uncompressedMessages = 2
        client.compressedBytes = 1000
        client.inflatedBytes = 4205
        var server = SessionEnd.Compression(parameters: nil)
        server.compressedMessages = 3
        server.withheldMessages = 2
        server.contextsLost = 2
        server.contextsRegained = 1
        return (client, server)
    }()

    private let calls = [
        Call.capture, Call(5, 1130, Samples.connection()),
        Call(5, 1130, Samples.handshake(offered: ["x-webkit-deflate-frame", "permessage-deflate"])),
        Call(14, 5_002_530, Samples.end(compression: ends)), Call.summary,
    ]

    @Test func `A trace tells of both directions at the end`() {
        let line = printed(calls, as: JSONLinesFormat()).split(separator: "\n")[3]
        let expected =
            #""compression":{"from_client":{"no_context_takeover":true,"max_window_bits":12,"compressed_messages":12,"#
            + #""uncompressed_messages":2,"withheld_messages":0,"compressed_bytes":1000,"inflated_bytes":4205,"#
            + #""ratio":4.205,"contexts_lost":0,"contexts_regained":0},"from_server":{"no_context_takeover":null,"#
            + #""max_window_bits":null,"compressed_messages":3,"uncompressed_messages":0,"withheld_messages":2,"#
            + #""compressed_bytes":0,"inflated_bytes":0,"ratio":null,"contexts_lost":2,"contexts_regained":1}}}"#
        #expect(line.hasSuffix(expected))
    }

    @Test func `A timeline has a line for it behind the end, and names what was refused`() {
        let lines = printed(calls, as: TimelineFormat()).split(separator: "\n")
        #expect(lines[0].hasSuffix("permessage-deflate  without x-webkit-deflate-frame"))
        let expected =
            "  compression: → 12 of 14 messages at 23.7 % of their size, window 2^12, no context takeover; "
            + "← 3 of 3 messages, 2 not inflated, context lost 2 times, found again once"
        #expect(lines.last.map(String.init) == expected)
    }

    @Test func `A summary adds all sessions up`() {
        let page = printed(calls, as: SummaryFormat())
        #expect(
            page.contains(
                "\ncompression  in 1 session: 15 of 17 messages at 23.7 % of their size, 2 not inflated\n"))
        #expect(!printed(Scenes.chat, as: SummaryFormat()).contains("compression "))
    }

    @Test func `A finding tells its frame with -v`() {
        var event = Samples.finding()
        if case .finding(var finding) = event {
            finding.frameIndex = 3
            event = .finding(finding)
        }
        let calls = [Call(6, 2000, event)]
        #expect(printed(calls, as: TimelineFormat()).contains("[masking.client-unmasked, RFC 6455 5.1]\n"))
        #expect(
            printed(calls, as: TimelineFormat(options: .init(isVerbose: true)))
                .contains("[masking.client-unmasked, RFC 6455 5.1, frame 3 at byte 180]\n"))
        #expect(printed(calls, as: JSONLinesFormat()).contains(#""stream_offset":180,"index":3}"#))
    }
}
