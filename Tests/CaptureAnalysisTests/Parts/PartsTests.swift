import CaptureAnalysis
import FuzzTargets
import PacketDecoding
import TestSupport
import Testing
import WireFormat

@Suite("An analysis in parts")
struct PartsTests {
    @Test("An analysis in parts reports the same as one, however many parts and blocks there are", arguments: 1...8)
    func sameEvents(parts: Int) throws {
        for seed in 0..<6 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let packets = Self.sessions(&random)
            var options = AnalysisOptions()
            options.demand.includesStates = seed % 3 == 0
            var one = Recorder()
            var pipeline = Pipeline(options: options)
            for index in packets.indices { packets.withPacket(index) { pipeline.receive($0, into: &one) } }
            pipeline.finish(into: &one)

            var many = Recorder()
            let length = Int.random(in: 1...100, using: &random)
            var parted = PartedPipeline(options: options, parts: parts, blockLength: length)
            for index in packets.indices { packets.withPacket(index) { parted.receive($0, into: &many) } }
            parted.finish(into: &many)
            #expect(many.reported.count > 100)
            #expect(many.reported.map(Self.words) == one.reported.map(Self.words), "seed \(seed)")
        }
    }

    @Test("An analysis in parts is over at once if no packet came")
    func empty() {
        var recorder = Recorder()
        var parted = PartedPipeline(options: AnalysisOptions(), parts: 3, blockLength: 1)
        parted.finish(into: &recorder)
        #expect(recorder.reported.count == 2)
        guard case .capture = recorder.reported.first?.event, case .summary = recorder.reported.last?.event else {
            Issue.record("not a beginning and an end")
            return
        }
    }

    /// Everything in an event, as text.
    private static func words(_ reported: ReportedEvent) -> String {
        "\(reported.event) \(reported.context) \(reported.payload)"
    }

    /// Concurrent sessions, refused upgrades, unanswered requests and other traffic, some of which end.
    private static func sessions(_ random: inout SeededGenerator) -> [TimedPacket] {
        let packets = (0..<UInt16(40)).flatMap { number in
            var talk = TCPConversation(
                from: Endpoint("10.0.0.\(number % 5 + 1):\(40_000 + number % 30)"),
                at: 1_700_000_000 + Int64(number) * 20, initialSequence: UInt32(number) * 100_000)
            switch Int.random(in: 0..<5, using: &random) {
            case 0:
                talk.open()
                talk.send(TCPConversation.upgradeRequest("/refused"), from: .client)
                talk.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", from: .server)
                talk.finish(first: .server)
            case 1:
                talk.open()
                talk.send(TCPConversation.upgradeRequest("/unanswered"), from: .client)
            default:
                talk.openWebSocket()
                for _ in 0..<Int.random(in: 1...20, using: &random) {
                    talk.sendText("message \(number)", from: .client)
                    talk.wait(milliseconds: .random(in: 0...3000, using: &random))
                    talk.sendPing("p", from: .server)
                    talk.acknowledge(from: .client)
                }
                guard Bool.random(using: &random) else { break }
                talk.sendClose(1000, from: .client)
                talk.sendClose(1000, from: .server)
                talk.finish(first: .server)
            }
            return talk.packets
        }
        return packets.sorted { $0.time < $1.time }
    }
}
