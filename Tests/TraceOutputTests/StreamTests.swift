import Testing
import WebSocketProtocol

@testable import CaptureAnalysis
@testable import TraceOutput

@Suite("Sessions that share a connection")
struct StreamTests {
    /// Two sessions on streams of one connection; the second is reset.
    private static let calls: [Call] = [
        .capture,
        Call(5, 1130, Samples.connection(), connection: 3, stream: 1),
        Call(5, 1130, Samples.handshake(), connection: 3, stream: 1),
        Call(6, 1300, Samples.connection(), connection: 3, stream: 5),
        Call(6, 1300, Samples.handshake(target: "/other"), connection: 3, stream: 5),
        Call(7, 1400, Samples.frame(.client, .text, length: 5), connection: 3, stream: 1),
        Call(8, 1500, Samples.end(), connection: 3, stream: 1),
        Call(
            9, 1600, Samples.end(by: .server, .rst, isClean: false, code: nil, reason: nil, sees: (1006, 1006)),
            connection: 3, stream: 5),
        .summary,
    ]

    @Test("have a stream after the connection in the trace")
    func trace() {
        let lines = printed(Self.calls, as: JSONLinesFormat()).split(separator: "\n")
        #expect(lines[1].contains(#","connection":3,"stream":1,"client""#))
        #expect(lines[3].contains(#","connection":3,"stream":5,"client""#))
        #expect(!lines[0].contains("\"stream\"") && !(lines.last ?? "\"stream\"").contains("\"stream\""))
        #expect(!printed(Scenes.chat, as: JSONLinesFormat()).contains(#""stream":"#))
    }

    @Test("are tagged with connection and stream in the timeline")
    func timeline() {
        let timeline = printed(Self.calls, as: TimelineFormat())
        #expect(timeline.contains("\n#3.1 10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/room?id=7"))
        #expect(timeline.contains("\n#3.5 10.0.0.7:53412 → 10.0.0.9:8080  ws://chat.example/other"))
        #expect(timeline.contains("\n#3.1   0.001400      7  WS   →  TEXT "))
        #expect(timeline.contains("\n#3.5   0.001600      9  END     reset by the server"))
        #expect(timeline.contains("\n  #3.1 10.0.0.7:53412"))
    }

    @Test("are rows of their own in the summary")
    func summary() {
        let page = printed(Self.calls, as: SummaryFormat())
        #expect(page.contains("\n 3.1   5.003 s") && page.contains("\n 3.5   5.003 s"))
    }

    @Test("are filtered one by one by path, and together by connection")
    func filter() throws {
        var filter = EventFilter()
        filter.path = Glob("/other")
        #expect(
            try printed(Self.calls, as: KindsFormat(), filter: filter)
                == "capture 0\nconnection 3\nhandshake 3\nend 3\nsummary 0\n")
        filter.path = nil
        filter.connections = [3]
        #expect(try printed(Self.calls, as: KindsFormat(), filter: filter).split(separator: "\n").count == 9)
    }
}
