import CaptureAnalysis
import Foundation
import PacketCapture
import PacketDecoding
import TestSupport
import Testing
import TraceOutput
import WireFormat

@testable import ParallelAnalysis

@Suite("An analysis on several threads", .timeLimit(.minutes(30)))
struct ThreadedAnalysisTests {
    @Test(
        "prints the same however small the queues, with lines formatted by the parts or the merge", arguments: 1...4,
        [1, 2])
    func tinyQueues(parts: Int, room: Int) throws {
        let folder = try ScratchFolder()
        let capture = try folder.write("floods.pcap", Self.floods.pcap())
        let one = folder.path("one")
        try Self.run(capture, DirectAnalysis(Self.options, EventWriter(JSONLinesFormat(), to: OutputFile(path: one))))
        let expected = try Data(contentsOf: URL(filePath: one))
        #expect(expected.count > 1_000_000)
        for workers in 0...3 {
            let size = Self.size(parts, workers, room)
            for keepsEvents in [false, true] {
                let many = folder.path("many")
                let writer = try EventWriter(JSONLinesFormat(), to: OutputFile(path: many))
                if keepsEvents {
                    try Self.run(capture, ThreadedAnalysis(Self.options, size, writer, batch: EventBatch.init))
                } else {
                    let analysis = ThreadedAnalysis(Self.options, size, writer) { LineBatch(options: .init()) }
                    try Self.run(capture, analysis)
                }
                #expect(try Data(contentsOf: URL(filePath: many)) == expected, "\(workers) workers")
            }
        }
    }

    @Test(
        "ends when nothing more can be written", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")),
        arguments: 1...4)
    func fullDisk(parts: Int) throws {
        let folder = try ScratchFolder()
        let capture = try folder.write("floods.pcap", Self.floods.pcap())
        #expect(throws: OutputFile.Failure.self) {
            let writer = try EventWriter(JSONLinesFormat(), to: OutputFile(path: "/dev/full"))
            let analysis = ThreadedAnalysis(Self.options, Self.size(parts, 1, 1), writer) {
                LineBatch(options: .init())
            }
            try Self.run(capture, analysis)
        }
    }

    @Test(
        "prints the same when one packet yields megabytes of events, and holds only a fraction of them",
        arguments: [1, 3])
    func filledGaps(room: Int) throws {
        let folder = try ScratchFolder()
        let capture = try folder.write("gaps.pcap", Self.filledGaps.pcap())
        let one = folder.path("one")
        try Self.run(capture, DirectAnalysis(Self.options, EventWriter(JSONLinesFormat(), to: OutputFile(path: one))))
        let expected = try Data(contentsOf: URL(filePath: one))
        #expect(expected.count > 10_000_000)
        for (parts, workers) in [(1, 0), (2, 0), (2, 1), (4, 3), (4, 6)] {
            let many = folder.path("many")
            let writer = try EventWriter(JSONLinesFormat(), to: OutputFile(path: many))
            let analysis = ThreadedAnalysis(Self.options, Self.size(parts, workers, room), writer) {
                LineBatch(options: .init())
            }
            try Self.run(capture, analysis)
            #expect(try Data(contentsOf: URL(filePath: many)) == expected, "\(parts) parts, \(workers) workers")
        }
    }

    private static func size(_ parts: Int, _ workers: Int, _ room: Int) -> CrewSize {
        var size = CrewSize(jobs: workers + 1)
        (size.parts, size.workers, size.blocks, size.batches) = (parts, workers, room, room)
        return size
    }

    private static func run(_ path: String, _ analysis: consuming some FileAnalysis & ~Copyable) throws {
        var capture = try MergedCapture(paths: [path], turns: CrewSize.turns)
        while capture.readBatch(), try analysis.receive(&capture) {}
        _ = try analysis.finish()
    }

    private static var options: AnalysisOptions {
        var options = AnalysisOptions()
        options.demand.includesFrames = true
        return options
    }

    /// Sessions whose first packet arrives last, before many other sessions full of small messages.
    private static var filledGaps: [TimedPacket] {
        let messages = Array(repeatElement(WireFrame.text("a", from: .server), count: 430).joined())
        return (0..<UInt16(4)).flatMap { place in
            var talk = TCPConversation(from: Endpoint("10.0.0.7:\(40_000 + place)"))
            talk.openWebSocket()
            let first = talk.packets.count
            for _ in 0..<30 { talk.send(messages, from: .server) }
            var packets = talk.packets
            var late = packets.remove(at: first)
            late.time = packets[packets.count - 1].time
            packets.append(late)
            return packets
        }.sorted { $0.time < $1.time }
    }

    /// Sessions in long turns: thousands of frames from one while the others are silent.
    private static var floods: [TimedPacket] {
        var talks = (0..<UInt16(8)).map { TCPConversation(from: Endpoint("10.0.0.7:\(40_000 + $0)")) }
        for place in talks.indices { talks[place].openWebSocket() }
        let frames = Array((0..<200).map { WireFrame.text("\($0)", from: .server) }.joined())
        for round in 0..<40 {
            let place = round * 3 % talks.count
            for _ in 0..<5 {
                talks[place].send(frames, from: .server)
                talks[place].acknowledge(from: .client)
            }
            for other in talks.indices { talks[other].wait(milliseconds: 100) }
        }
        return talks.flatMap(\.packets).sorted { $0.time < $1.time }
    }
}
