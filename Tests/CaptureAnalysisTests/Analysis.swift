import CaptureAnalysis
import TestSupport
import Testing
import WebSocketProtocol
import WireFormat

/// The analysis of some packets.
struct Analysis {
    /// Every event, in order.
    let reported: [ReportedEvent]

    /// Analyses packets to the capture's end; `isBatched` selects batches, as large as possible, and `tracksStates`
    /// keeps sessions off the fast path.
    init(
        _ packets: [TimedPacket], limits: Limits = Limits(), linkType: LinkType = .ethernet,
        deliveries: EventDemand.Deliveries = .troubled, reportsFrames: Bool = true, isBatched: Bool = true,
        tracksStates: Bool = false
    ) {
        var options = AnalysisOptions()
        options.limits = limits
        options.demand.deliveries = deliveries
        options.demand.includesFrames = reportsFrames
        options.demand.includesStates = tracksStates
        self.init(packets, options: options, linkType: linkType, isBatched: isBatched)
    }

    /// Analyses packets with these options.
    init(
        _ packets: [TimedPacket], options: AnalysisOptions, linkType: LinkType = .ethernet, isBatched: Bool = true
    ) {
        var pipeline = Pipeline(options: options)
        var recorder = Recorder()
        if isBatched {
            packets.forEachBatch(linkType) { pipeline.receive($0, into: &recorder) }
        } else {
            for index in packets.indices {
                packets.withPacket(index, linkType) { pipeline.receive($0, into: &recorder) }
            }
        }
        pipeline.finish(into: &recorder)
        reported = recorder.reported
    }

    /// Analyses a conversation.
    init(_ conversation: TCPConversation) {
        self.init(conversation.packets)
    }

    /// The packets that completed the ends of sessions.
    var endPackets: [UInt64] {
        reported.compactMap { if case .end = $0.event { $0.context.packet } else { nil } }
    }

    var connections: [ConnectionStart] {
        reported.compactMap { if case .connection(let start) = $0.event { start } else { nil } }
    }

    var handshakes: [Handshake] {
        reported.compactMap { if case .handshake(let handshake) = $0.event { handshake } else { nil } }
    }

    var frames: [FrameEvent] {
        reported.compactMap { if case .frame(let frame) = $0.event { frame } else { nil } }
    }

    var messages: [MessageEvent] {
        reported.compactMap { if case .message(let message) = $0.event { message } else { nil } }
    }

    /// The texts of the messages, in order.
    var texts: [String] {
        reported.compactMap { if case .message = $0.event { $0.text } else { nil } }
    }

    var gaps: [Gap] {
        reported.compactMap { if case .gap(let gap) = $0.event { gap } else { nil } }
    }

    var resyncs: [Resync] {
        reported.compactMap { if case .resync(let resync) = $0.event { resync } else { nil } }
    }

    var deliveries: [Delivery] {
        reported.compactMap { if case .delivery(let delivery) = $0.event { delivery } else { nil } }
    }

    var findings: [Finding] {
        reported.compactMap { if case .finding(let finding) = $0.event { finding } else { nil } }
    }

    /// The rules of the findings, in order.
    var rules: [String] {
        reported.compactMap { if case .finding(let finding) = $0.event { finding.rule } else { nil } }
    }

    var ends: [SessionEnd] {
        reported.compactMap { if case .end(let end) = $0.event { end } else { nil } }
    }

    /// The end of the only session.
    var end: SessionEnd {
        get throws {
            try #require(ends.count == 1)
            return ends[0]
        }
    }

    var summary: Summary {
        get throws {
            guard case .summary(let summary) = reported.last?.event else {
                throw NoSummary()
            }
            return summary
        }
    }

    private struct NoSummary: Error {}
}

extension [TimedPacket] {
    /// Passes the packets on in batches, as large as possible.
    func forEachBatch(_ linkType: LinkType = .ethernet, _ body: (borrowing PacketBatch) -> Void) {
        // Their bytes, one packet after another, in a buffer that stays in place.
        let all = flatMap(\.bytes)
        all.withUnsafeBufferPointer { all in
            var batch = PacketBatch()
            var start = 0
            for index in indices {
                let end = start + self[index].bytes.count
                batch.append(
                    CapturedRecord(
                        time: self[index].time, linkType: linkType, originalLength: self[index].originalLength,
                        bytes: UnsafeBufferPointer(rebasing: all[start..<end]), number: UInt64(index + 1)))
                start = end
                guard batch.isFull || index == indices.last else { continue }
                body(batch)
                batch.removeAll()
            }
        }
    }

    func withPacket(
        _ index: Int, _ linkType: LinkType = .ethernet, _ body: (borrowing CapturedPacket) -> Void
    ) {
        self[index].bytes.withPacket(
            number: UInt64(index + 1), time: self[index].time, linkType: linkType,
            originalLength: self[index].originalLength, body)
    }
}
