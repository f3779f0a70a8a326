import PacketDecoding
import WireFormat

/// One of several parts of an analysis, each of which follows some of the connections and can have its own thread.
///
/// It does the work after the decoder in a ``Pipeline``. Give it the blocks that ``Pipeline/deal(_:to:parts:)`` fills
/// for it, in order; merge the events of all parts with an ``EventMerge``; then pass it to
/// ``Pipeline/join(_:_:of:_:)``. The results do not depend on the number of parts.
package struct PipelinePart: ~Copyable {
    var shards: PerShard<Shard>
    var workspace: Workspace

    /// Creates a part.
    ///
    /// - Parameter options: The same as the pipeline's.
    package init(options: AnalysisOptions) {
        workspace = Workspace(options: options, isPart: true)
        shards = PerShard { _ in Shard(options: options) }
    }

    /// Takes the packets of a block, as long as there is room for their events.
    ///
    /// - Parameters:
    ///   - block: The block, perhaps taken in part.
    ///   - sink: The receiver of the events; their connections have the part's own numbers, which are reused.
    /// - Returns: Whether all packets were taken.
    package mutating func receive(_ block: inout PacketBlock, into sink: inout some PartSink & ~Copyable) -> Bool {
        workspace.begin(firstTime: block.firstTime)
        while block.taken < block.count {
            guard sink.hasRoom else { return false }
            let batch = block.taken..<min(block.count, block.taken &+ PacketBatch.capacity)
            for place in batch { block.withPacket(at: place) { shards[$0.shard].approach(&$0) } }
            shards.prepare(batch, of: &block)
            for place in batch { receive(place, of: &block, into: &sink) }
            block.taken = batch.upperBound
        }
        return true
    }

    @inline(__always)
    private mutating func receive(
        _ place: Int, of block: inout PacketBlock, into sink: inout some EventSink & ~Copyable
    ) {
        block.withItem(place) { item, bytes, interfaceName in
            workspace.begin(item.number, time: item.time, item.linkType, interfaceName: interfaceName)
            workspace.enter(item.prepared.shard)
            shards[item.prepared.shard].receive(&item.prepared, in: bytes, &workspace, &sink)
        }
    }
}

/// The receiver of the events of a part of an analysis.
package protocol PartSink: EventSink, ~Copyable {
    /// Whether there is room for more; the events of a few more packets must be accepted in any case.
    var hasRoom: Bool { get }
}
