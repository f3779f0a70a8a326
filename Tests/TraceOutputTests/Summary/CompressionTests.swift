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

    @Test func `The end line has the compression of both directions`() {
        let line = printed(calls, as: JSONLinesFormat()).split(separator: "\n")[3]
        let expected =
            #""compression":{"from_client":{"no_context_takeover":true,"max_window_bits":12,"compressed_messages":12,"#
            + #""uncompressed_messages":2,"withheld_messages":0,"compressed_bytes":1000,"inflated_bytes":4205,"#
            + #""ratio":4.205,"contexts_lost":0,"contexts_regained":0},"from_server":{"no_context_takeover":null,"#
            + #""max_window_bits":null,"compressed_messages":3,"uncompressed_messages":0,"withheld_messages":2,"#
            + #""compressed_bytes":0,"inflated_bytes":0,"ratio":null,"contexts_lost":2,"contexts_regained":1}}}"#
        #expect(line.hasSuffix(expected))
    }

    @Test func `The timeline shows compression after the end, and names declined extensions`() {
        let lines = printed(calls, as: TimelineFormat()).split(separator: "\n")
        #expect(lines[1].hasSuffix("permessage-deflate  x-webkit-deflate-frame declined"))
        let expected =
            "    5.002530     14  END     compression: → 12 of 14 messages compressed, to 23.7 %, window 2^12, no context takeover; "
            + "← 3 of 3 messages compressed, 2 not inflated, context lost 2 times, recovered once"
        #expect(lines.last.map(String.init) == expected)
    }

    @Test func `The summary adds up all sessions`() {
        var summary = Summary()
        summary.compressedSessions = 1
        summary.compression.add(Self.ends.client)
        summary.compression.add(Self.ends.server)
        let page = printed(
            calls.dropLast() + [Call(14, 5_002_530, .summary(summary), connection: 0)], as: SummaryFormat())
        #expect(
            page.contains(
                "\ncompression  in 1 session: 15 of 17 messages compressed, to 23.7 %, 2 not inflated\n"))
        #expect(!printed(Scenes.chat, as: SummaryFormat()).contains("compression "))
    }

    @Test func `-v shows the frame of a finding`() {
        var event = Samples.finding()
        if case .finding(var finding) = event {
            finding.frameIndex = 3
            event = .finding(finding)
        }
        let calls = [Call(6, 2000, event)]
        #expect(printed(calls, as: TimelineFormat()).contains("[masking.client-unmasked, RFC 6455 5.1]\n"))
        #expect(
            printed(calls, as: TimelineFormat(options: .init(isVerbose: true)))
                .contains("[masking.client-unmasked, RFC 6455 5.1, frame 3 at byte 180]  seq 1001"))
        #expect(printed(calls, as: JSONLinesFormat()).contains(#""stream_offset":180,"index":3}"#))
    }
}
