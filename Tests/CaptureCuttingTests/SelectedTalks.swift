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
    var pipeline = Pipeline(options: AnalysisOptions(demand: demand))
    var (number, firsts): (UInt64, [UInt64]) = (0, [])
    for talk in talks {
        firsts.append(number + 1)
        for packet in talk.packets {
            number += 1
            packet.bytes.withPacket(number: number, time: packet.time) { pipeline.receive($0, into: &sink) }
        }
    }
    pipeline.finish(into: &sink)
    return firsts
}
