import CaptureAnalysis
import TraceOutput
import WebSocketProtocol
import WireFormat

/// One way from packets to the trace.
///
/// Input: packets as ``InputPackets`` reads them.
struct PipelineRun {
    private let packets: InputPackets

    init(_ input: [UInt8]) { packets = InputPackets(input) }

    /// Analyses the packets: the trace must be whole lines without control characters.
    func check() throws(Disagreement) {
        var format = JSONLinesFormat(options: JSONLinesFormat.Options(framePayloads: true))
        var options = AnalysisOptions()
        options.payload.includesFrames = true
        options.tracksStates = true
        options.secret = 7
        options.limits.heldBytes = 1 << 20
        options.limits.keptPayload = 1 << 20
        options.limits.stream.inflatedMessage = 1 << 18
        options.limits.stream.inflateRatio = 64
        options.limits.stream.ratioThreshold = 1 << 14
        var pipeline = Pipeline(options: options)
        for (index, packet) in packets.packets.enumerated() {
            let captured = CapturedPacket(
                number: UInt64(index + 1), time: packet.time, linkType: packets.linkType,
                originalLength: packet.originalLength, bytes: packet.bytes.span)
            pipeline.receive(captured, into: &format)
            try check(&format.output)
        }
        pipeline.finish(into: &format)
        try check(&format.output)
    }

    private func check(_ output: inout OutputBuffer) throws(Disagreement) {
        guard !output.isEmpty else { return }
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
    }
}
