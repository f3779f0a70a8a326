import PacketDecoding
import TCPReassembly
public import WireFormat

/// What a live capture needs beside packets: time that passes without any, what was lost, and whose a packet was.
extension Pipeline {
    /// Takes note that it is `time`, while packets are still to come: their clock's, for the pipeline has none.
    ///
    /// Holes that were acknowledged long enough ago count as gaps, and what lies behind them is told; connections that are
    /// over are forgotten, as are those without WebSocket that were silent for an hour. Nothing that was captured
    /// before `time` may be on its way: call it when no packet waits, else with the last packet's time. About once a
    /// second is enough; it looks at every connection.
    public mutating func advance(to time: Timestamp, into sink: inout some EventSink & ~Copyable) {
        for shard in 0..<Limits.shards {
            workspace.enter(shard)
            shards[shard].advance(to: time, &workspace, &sink)
        }
    }

    /// Tells what the capture has lost up to now, for the summary.
    public mutating func note(_ losses: CaptureLosses) {
        workspace.summary.losses = losses
    }

    /// What is known of the packet that was received last, where it was not one of a batch.
    ///
    /// Asking mutates, although nothing changes: see ``TCPReassembly/ConnectionTable``.
    public mutating func latestPacket() -> PacketStanding {
        guard workspace.packet > 0 else { return .other }
        switch ahead[0].packet {
        case .segment, .reassembled: break
        case .fragment: return .fragment
        case .notTCP, .truncated, .malformed, .unsupportedLinkType: return .other
        }
        let shard = ahead[0].shard
        let ends = ConnectionEnds(ahead[0].segment.source, ahead[0].segment.destination)
        let place = shards[shard].table.find(&ahead[0].segment, hash: ahead[0].hash)
        return .segment(of: ends, place.map { shards[shard].standing(of: $0.slot) } ?? .nothing)
    }
}
