import CaptureAnalysis
import TestSupport
import WebSocketProtocol
import WireFormat

/// The result of an analysis: texts, rules, gaps and totals.
struct Outcome: EventSink {
    /// The messages shown, as text.
    private(set) var texts: [String] = []
    /// The rules of the findings, in order.
    private(set) var rules: [String] = []
    /// The packets at which gaps were reported, in order.
    private(set) var gapPackets: [UInt64] = []
    /// The totals.
    private(set) var summary: Summary

    /// Analyses conversations one after another.
    init(_ talks: [TCPConversation], limits: Limits = Limits()) {
        self.init(talks.flatMap(\.packets), limits: limits)
    }

    /// Analyses packets.
    ///
    /// - Parameters:
    ///   - packets: The packets.
    ///   - pause: The packet before which time passes as in a live capture; ``rules`` then has the findings after it.
    ///   - limits: The bounds.
    init(_ packets: [TimedPacket], pause: Int? = nil, limits: Limits = Limits()) {
        var options = AnalysisOptions()
        options.limits = limits
        var pipeline = Pipeline(options: options)
        summary = pipeline.summary
        for (index, packet) in packets.enumerated() {
            if index == pause {
                pipeline.advance(to: packet.time, into: &self)
                rules = []
            }
            packet.bytes.withPacket(
                number: UInt64(index + 1), time: packet.time, linkType: .ethernet,
                originalLength: packet.originalLength
            ) {
                pipeline.receive($0, into: &self)
            }
        }
        pipeline.finish(into: &self)
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        switch event {
        case .message: texts.append(String(decoding: payload.indices.map { payload[$0] }, as: UTF8.self))
        case .gap: gapPackets.append(context.packet)
        case .finding(let finding): rules.append(finding.rule)
        case .summary(let summary): self.summary = summary
        default: break
        }
    }
}
