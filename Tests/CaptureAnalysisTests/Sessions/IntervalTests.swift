import CaptureAnalysis
import TestSupport
import Testing

@testable import struct CaptureAnalysis.IntervalHistogram

@Suite("Time between messages")
struct IntervalTests {
    @Test("Time between messages is reported for each end by itself, from one complete message to the next")
    func eachEnd() throws {
        var talk = TCPConversation()
        talk.openWebSocket()
        for wait in [10, 30, 20] as [Int64] {
            talk.sendText("tick", from: .server)
            talk.wait(milliseconds: wait - 1)
        }
        talk.sendText("tock", from: .client)
        talk.sendPing("no message", from: .server)
        talk.sendText("tick", from: .server)
        let end = try Analysis(talk).end
        let server = try #require(end.fromServer.messageInterval)
        #expect(server.count == 3 && server.min == 10_000_000 && server.max == 30_000_000)
        #expect(server.p99 == 30_000_000 && (22_000_000...24_750_000).contains(server.p50))
        #expect(end.fromClient.messageInterval == nil)
    }

    @Test(
        "Time between messages has percentiles at most an eighth above those of a sorted list",
        arguments: 1...20 as ClosedRange<UInt64>)
    func model(seed: UInt64) throws {
        var state = seed &* 0x9e37_79b9_7f4a_7c15
        var histogram = IntervalHistogram()
        var sorted: [Int64] = []
        for _ in 0..<(seed * 40) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let interval = Int64(state >> 16) >> Int64(state % 40)
            sorted.append(interval)
            histogram.record(interval)
        }
        sorted.sort()
        let found = histogram.durations
        let durations = try #require(found)
        #expect(durations.count == UInt64(sorted.count))
        #expect(durations.min == sorted.first && durations.max == sorted.last)
        for (percent, value) in [(50, durations.p50), (90, durations.p90), (99, durations.p99)] {
            let exact = sorted[(sorted.count * percent + 99) / 100 - 1]
            #expect(value >= exact && value <= exact + max(exact / 8, 1024), "\(percent) %: \(value), not \(exact)")
        }
    }

    @Test(
        "Time between messages counts what is out of order in time as nothing, and has one bucket for what is very long"
    )
    func edges() throws {
        var histogram = IntervalHistogram()
        for interval in [-5, 0, .max, .max - 1] as [Int64] { histogram.record(interval) }
        let found = histogram.durations
        let durations = try #require(found)
        #expect(durations.min == 0 && durations.p50 == 1023 && durations.p90 == .max && durations.max == .max)
    }
}
