import Testing
import WireFormat

@testable import CaptureAnalysis
@testable import TraceOutput

struct EventTimesTests {
    /// The RST of six sessions.
    private static let reset = Origin(packet: 60, time: Samples.time(2_314_000))

    /// Six sessions whose end is reported after 9 s.
    private static func calls(_ origin: Origin?) -> [Call] {
        let connections: [UInt64] = [1, 2, 3, 4, 5, 6]
        return [.capture] + connections.map { Call(5, 1130, Samples.connection(), connection: $0) }
            + connections.map {
                Call(
                    80, 9_000_000,
                    Samples.end(
                        by: .server, .rst, isClean: false, code: nil, reason: nil, sees: (1006, 1006), origin: origin),
                    connection: $0)
            } + [.summary]
    }

    @Test func `Sessions that a RST ended have ended then, however late that is reported`() throws {
        let timeline = printed(Self.calls(Self.reset), as: TimelineFormat())
        let end = try #require(timeline.split(separator: "\n").first { $0.contains("END ") })
        #expect(end.contains("9.000000") && end.hasSuffix(", at 2.314 s"))
        #expect(printed(Self.calls(Self.reset), as: SummaryFormat()).contains(", at 2.314 s: #1, #2"))
        let line = try #require(
            printed(Self.calls(Self.reset), as: JSONLinesFormat()).split(separator: "\n").first {
                $0.contains(#""event":"end""#)
            })
        #expect(line.contains(#","packet":80,"#) && line.contains(#","origin_packet":60,"origin_time":""#))
        let rows = UnpackedReport(printed(Self.calls(Self.reset), as: HTMLFormat())).rows
        #expect(rows.filter { $0[0] & 63 == ReportRow.Kind.end }.allSatisfy { $0[3] == 2_314_000_000 })
    }

    @Test func `Others end when that is reported`() {
        #expect(printed(Self.calls(nil), as: SummaryFormat()).contains(", at 9.000 s: #1, #2"))
        #expect(!printed(Self.calls(nil), as: TimelineFormat()).contains(", at "))
        #expect(!printed(Self.calls(nil), as: JSONLinesFormat()).contains("origin_packet"))
    }
}
