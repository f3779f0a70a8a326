import CaptureAnalysis
import GeneratedCaptures
import PacketCapture
import TraceOutput
import WireFormat

/// From events to lines of the trace; the reference copies these lines.
struct JSONStage: Stage {
    private struct Recorder: EventSink {
        var reported: [(event: Event, context: EventContext, payload: [UInt8])] = []

        mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
            reported.append((copy event, copy context, payload.withUnsafeBufferPointer { [UInt8]($0) }))
        }
    }

    private let recorder: Recorder
    private let lines: [UInt8]

    var name: String { "JSON" }
    var referenceName: String { "copy" }
    var unit: String { "event" }
    var unitCount: UInt64 { UInt64(recorder.reported.count) }
    /// Strings of upgrades and community IDs are created when they are printed: two dozen for each of 2,000 sessions.
    var mostAllocations: Double { 0.2 }

    /// Records the events of a capture's first packets.
    init(_ capture: CaptureOnDisk, packets: Int = 200_000) throws {
        var merged = try MergedCapture(paths: [capture.path])
        var pipeline = Pipeline(options: AnalysisOptions())
        var recorder = Recorder()
        for _ in 0..<packets {
            guard let packet = merged.next() else { break }
            pipeline.receive(packet, into: &recorder)
        }
        self.recorder = recorder
        var lines: [UInt8] = []
        Self.write(recorder) { $0.withBytes { lines += $0.withUnsafeBufferPointer { [UInt8]($0) } } }
        self.lines = lines
    }

    func runReference() throws { copyAll(lines, pieceLength: 128 << 10) }

    func run() throws {
        var count: UInt64 = 0
        Self.write(recorder) { count += UInt64($0.count) }
        try WrongCount.check("bytes of JSON", count, is: UInt64(lines.count))
    }

    private static func write(_ recorder: Recorder, _ drain: (inout OutputBuffer) -> Void) {
        var format = JSONLinesFormat()
        for reported in recorder.reported {
            format.receive(reported.event, at: reported.context, payload: reported.payload.span)
            if format.output.count >= 128 << 10 {
                drain(&format.output)
                format.output.removeAll()
            }
        }
        drain(&format.output)
    }
}

/// A format of the whole program.
public enum WholeFormat: String, Sendable, CaseIterable {
    /// The page.
    case summary
    /// The trace.
    case jsonl

    /// Analyses a capture from the file to this format, and checks the number of frames.
    ///
    /// - Throws: ``WrongCount``, or an error if the capture cannot be read.
    public func read(_ capture: CaptureOnDisk) throws {
        switch self {
        case .summary: try Self.read(capture, SummaryFormat())
        case .jsonl: try Self.read(capture, JSONLinesFormat())
        }
    }

    private static func read(
        _ capture: CaptureOnDisk, _ format: consuming some OutputFormat & ~Copyable
    ) throws {
        var merged = try MergedCapture(paths: [capture.path])
        var pipeline = Pipeline(options: AnalysisOptions(demand: format.demand))
        while merged.readBatch() {
            pipeline.receive(merged.batch, into: &format)
            if format.outputCount >= 128 << 10 { format.output.removeAll() }
        }
        pipeline.finish(into: &format)
        try WrongCount.check("frames", pipeline.summary.frames, is: capture.truth.frames)
    }
}
