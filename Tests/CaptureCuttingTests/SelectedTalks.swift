import CaptureAnalysis
import CaptureCutting
import TestSupport
import WireFormat

/// Passes events on to a selection of all sessions.
struct SelectionSink: EventSink, ~Copyable {
    private var selection: SessionSelection

    /// Selects into `selected`.
    init(into selected: SelectedConnections) {
        selection = SessionSelection(SessionFilter(), into: selected)
    }

    mutating func receive(_ event: borrowing Event, at context: borrowing EventContext, payload: Span<UInt8>) {
        selection.receive(event, at: context, payload: payload)
    }
}

/// Analyses conversations one after another.
///
/// - Returns: The number of the first packet of each.
@discardableResult
func analyse(
    _ talks: [TCPConversation], _ demand: EventDemand, into sink: inout some EventSink & ~Copyable
) -> [UInt64] {
    analyse(talks.flatMap(\.packets), demand, into: &sink)
    var firsts: [UInt64] = []
    var number: UInt64 = 1
    for talk in talks {
        firsts.append(number)
        number += UInt64(talk.packets.count)
    }
    return firsts
}

/// Analyses packets.
func analyse(_ packets: [TimedPacket], _ demand: EventDemand, into sink: inout some EventSink & ~Copyable) {
    var pipeline = Pipeline(options: AnalysisOptions(demand: demand))
    for (index, packet) in packets.enumerated() {
        packet.bytes.withPacket(number: UInt64(index + 1), time: packet.time) { pipeline.receive($0, into: &sink) }
    }
    pipeline.finish(into: &sink)
}
