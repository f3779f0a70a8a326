import CaptureAnalysis
import TraceOutput
import WebSocketProtocol
import WireFormat

/// Analyses packets up to the trace.
///
/// Input: packets as ``InputPackets`` reads them.
struct PipelineRun {
    private let packets: InputPackets

    init(_ input: [UInt8]) { packets = InputPackets(input) }

    /// Analyses the packets.
    ///
    /// The trace must consist of whole lines without control characters, and be the same with or without batches and
    /// fast paths, and in one part or several; the summary must be the same whether frames are reported or not.
    func check() throws(Disagreement) {
        let plain = try trace(isBatched: true, tracksStates: false)
        // With states tracked, sessions are off the fast path.
        let long = try trace(isBatched: false, tracksStates: true)
        guard plain == long else {
            throw Disagreement(
                words: """
                    \(String(decoding: plain, as: UTF8.self)) is, on the long way, \(String(decoding: long, as: UTF8.self))
                    """)
        }
        let report = String(decoding: printed(HTMLFormat(options: .init(payloadBudget: 1 << 12))), as: UTF8.self)
        guard report.hasSuffix("</html>\n"), report.split(separator: "<script type=\"module\">").count == 2 else {
            throw Disagreement(words: "the report is not whole, or has scripts of others: \(report.suffix(2000))")
        }
        guard printed(SVGFormat()).suffix(7).elementsEqual("</svg>\n".utf8) else {
            throw Disagreement(words: "the picture is not whole")
        }
        let (reported, passed) = (page(reportsFrames: true), page(reportsFrames: false))
        guard reported == passed else {
            throw Disagreement(
                words: "\(String(decoding: reported, as: UTF8.self)) is not \(String(decoding: passed, as: UTF8.self))")
        }
        let parted = try partedTrace(parts: 2 + packets.packets.count % 3)
        guard plain == parted else {
            throw Disagreement(
                words: """
                    \(String(decoding: plain, as: UTF8.self)) is, in parts, \(String(decoding: parted, as: UTF8.self))
                    """)
        }
    }

    private func partedTrace(parts: Int) throws(Disagreement) -> [UInt8] {
        var format = JSONLinesFormat(options: JSONLinesFormat.Options(framePayloads: true))
        var pipeline = PartedPipeline(options: Self.options, parts: parts, blockLength: 5 * parts)
        var batch = PacketBatch()
        for index in packets.packets.indices {
            withCaptured(index) { batch.append(CapturedRecord($0)) }
            // Batches of all lengths, which depend on the packets.
            guard batch.count > packets.packets[index].bytes.count % PacketBatch.capacity || batch.isFull else {
                continue
            }
            pipeline.receive(batch, into: &format)
            batch.removeAll()
        }
        pipeline.receive(batch, into: &format)
        pipeline.finish(into: &format)
        return try check(&format.output)
    }

    /// The output of a format.
    private func printed(_ format: consuming some OutputFormat & ~Copyable) -> [UInt8] {
        var format = format
        var options = Self.options
        options.demand = format.demand
        var pipeline = Pipeline(options: options)
        for index in packets.packets.indices {
            withCaptured(index) { pipeline.receive($0, into: &format) }
        }
        pipeline.finish(into: &format)
        return format.output.withBytes { Array(copying: $0) }
    }

    /// The summary, with frames reported or, as usual for a summary, skipped.
    private func page(reportsFrames: Bool) -> [UInt8] {
        var format = SummaryFormat()
        var options = Self.options
        options.demand.payload = PayloadDemand(bytes: 0, includesFrames: false)
        options.demand.includesFrames = reportsFrames
        var pipeline = Pipeline(options: options)
        for index in packets.packets.indices {
            withCaptured(index) { pipeline.receive($0, into: &format) }
        }
        pipeline.finish(into: &format)
        return format.output.withBytes { Array(copying: $0) }
    }

    private func trace(isBatched: Bool, tracksStates: Bool) throws(Disagreement) -> [UInt8] {
        var format = JSONLinesFormat(options: JSONLinesFormat.Options(framePayloads: true))
        var options = Self.options
        options.demand.includesStates = tracksStates
        var pipeline = Pipeline(options: options)
        var trace: [UInt8] = []
        var batch = PacketBatch()
        for index in packets.packets.indices {
            withCaptured(index) {
                if isBatched { batch.append(CapturedRecord($0)) } else { pipeline.receive($0, into: &format) }
            }
            if batch.isFull || index == packets.packets.indices.last {
                pipeline.receive(batch, into: &format)
                batch.removeAll()
            }
            trace += try check(&format.output)
        }
        pipeline.finish(into: &format)
        trace += try check(&format.output)
        return trace
    }

    private static var options: AnalysisOptions {
        var options = AnalysisOptions()
        options.demand.payload.includesFrames = true
        options.secret = 7
        options.limits.heldBytes = 1 << 20
        options.limits.keptPayload = 1 << 20
        options.limits.stream.inflatedMessage = 1 << 18
        options.limits.stream.inflateRatio = 64
        options.limits.stream.ratioThreshold = 1 << 14
        return options
    }

    private func withCaptured(_ index: Int, _ body: (borrowing CapturedPacket) -> Void) {
        let packet = packets.packets[index]
        body(
            CapturedPacket(
                number: UInt64(index + 1), time: packet.time, linkType: packets.linkType,
                originalLength: packet.originalLength, bytes: packet.bytes.span))
    }

    private func check(_ output: inout OutputBuffer) throws(Disagreement) -> [UInt8] {
        guard !output.isEmpty else { return [] }
        let trace = output.withBytes { Array(copying: $0) }
        output.removeAll()
        guard trace.first == UInt8(ascii: "{"), trace.last == UInt8(ascii: "\n") else {
            throw Disagreement(words: "not whole lines: \(String(decoding: trace, as: UTF8.self))")
        }
        guard trace.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\n") }),
            String(validating: trace, as: UTF8.self) != nil
        else {
            throw Disagreement(words: "not safe text: \(String(decoding: trace, as: UTF8.self))")
        }
        return trace
    }
}
