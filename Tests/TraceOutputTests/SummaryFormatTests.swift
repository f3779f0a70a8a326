import CaptureAnalysis
import Testing

@testable import TraceOutput

struct SummaryFormatTests {
    @Test func `Totals, sessions and findings fit a hundred columns`() {
        let expected = #"""
            capture      a.pcap
            packets      14, 1.2 kB in 5.003 s
            connections  2 TCP, 1 with WebSocket; 1 TLS
            WebSocket    7 frames, 2 messages of 180 B
            findings     1 error, 0 warnings, 0 notes; 0 gaps

                 #    duration  frames →      ←   payload →         ←   ping p50
                 1     5.003 s         3      4        12 B     168 B    0.09 ms
                  10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/room?id=7
                  reset by the server without a Close frame (both ends see 1006), after 0.003 s of silence, 2 p…
                 2     5.003 s         3      4        12 B     168 B    0.09 ms
                  [::1]:40000 → 10.0.0.9:8080  ws://chat.example/admin\x1b[2J
                  upgrade refused with 403; TCP closed by the server without a Close frame
                 3     5.003 s         3      4        12 B     168 B    0.09 ms
                  10.0.0.7:53412 → 10.0.0.9:8080
                  still open when the capture ended, after 0.001 s of silence

            findings
                 1 × error    frame.reserved-bits (RFC 6455 5.1)
                     #1, packet 7: A reserved bit is set without an extension.
                 1 × warning  close.unanswered (RFC 6455 5.1)
                     #3, packet 12: No Close came back.

            """#
        #expect(printed(Scenes.trouble, as: SummaryFormat()) == expected)
    }

    @Test(arguments: [72, 80, 100, 140])
    func `No line is wider than the terminal`(width: Int) {
        for scene in [Scenes.chat, Scenes.trouble] {
            let page = printed(scene, as: SummaryFormat(options: .init(width: width)))
            #expect(page.split(separator: "\n").allSatisfy { $0.unicodeScalars.count <= width })
        }
    }

    @Test func `A wide terminal shows who beside the numbers`() {
        let page = printed(Scenes.chat, as: SummaryFormat(options: .init(width: 140)))
        #expect(page.contains("0.09 ms  10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/room?id=7\n"))
    }

    @Test func `Colours change nothing but colours`() {
        let colored = printed(Scenes.trouble, as: SummaryFormat(options: .init(hasColor: true)))
        #expect(colored.contains("\u{1b}[1;31merror\u{1b}[0m"))
        #expect(colored.replacing(/\u{1b}\[[0-9;]*m/, with: "") == printed(Scenes.trouble, as: SummaryFormat()))
    }

    @Test func `Long lists are cut with a count`() {
        var calls: [Call] = []
        for number in UInt64(1)...1003 {
            calls.append(Call(number, 1, Samples.connection(opening: .midstream), connection: number))
            calls.append(Call(number, 1, Samples.finding(rule: "rule.\(number)"), connection: number))
            calls.append(Call(number, 1, Samples.end(), connection: number))
        }
        let page = printed(calls + [.summary], as: SummaryFormat())
        #expect(page.contains("\n     … and 3 more\n"))
        #expect(page.contains("\n         … and 803 of further rules\n"))
    }

    @Test func `Findings of one rule are one group, with its worst severity and its first`() {
        let calls = [
            Call(1, 1, Samples.finding(.note, text: "First.")), Call(2, 2, Samples.finding(.warning, text: "Second.")),
            .summary,
        ]
        let page = printed(calls, as: SummaryFormat())
        #expect(
            page.contains("     2 × warning  masking.client-unmasked (RFC 6455 5.1)\n         #1, packet 1: First.\n"))
    }
}
