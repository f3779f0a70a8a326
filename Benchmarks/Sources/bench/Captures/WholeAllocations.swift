import CaptureAnalysis
import GeneratedCaptures
import PacketCapture
import TraceOutput
import WebSocketProtocol

/// How often the whole way from a file to a format asks for memory.
struct WholeAllocations {
    let capture: String
    let format: String
    let perPacket: Allocations
    let frames: UInt64

    var perFrame: Double? { frames == 0 ? nil : Double(perPacket.count) / Double(frames) }

    init(_ capture: CaptureOnDisk, _ format: consuming some OutputFormat & ~Copyable, name: String, limit: Double)
        throws
    {
        self.capture = capture.name
        self.format = name
        frames = capture.truth.frames
        let before = Allocations.now
        try Self.read(capture, format)
        perPacket = Allocations(count: Allocations.now - before, units: capture.truth.packets, limit: limit)
    }

    private static func read(
        _ capture: CaptureOnDisk, _ format: consuming some OutputFormat & ~Copyable
    ) throws {
        var merged = try MergedCapture(paths: [capture.path])
        var pipeline = Pipeline(options: AnalysisOptions(demand: format.demand))
        while merged.readBatch() {
            pipeline.receive(merged.batch, into: &format)
            if format.output.count >= 128 << 10 { format.output.removeAll() }
        }
        pipeline.finish(into: &format)
        try WrongCount.check("frames", pipeline.summary.frames, is: capture.truth.frames)
    }
}
